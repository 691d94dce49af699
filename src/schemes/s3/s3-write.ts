import type { ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { Upload } from "../../drivers/aws-sdk-uploads.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { ByteSource } from "../../transport/verb-options.ts";
import type { SendPart } from "./s3-upload.ts";
import { clearUp, uploadAll } from "./s3-upload.ts";
import type { S3Part } from "./source-parts.ts";
import { partsOf } from "./source-parts.ts";

/**
 * Stores all of a source as an object: by one request what is small, else in parts. The object is there when it is complete, and not before. Resolves with
 * its length.
 */
export async function store(
  objects: S3Objects,
  name: ObjectName,
  source: ByteSource,
  operation: Operation,
): Promise<number> {
  const parts = partsOf(source, operation);
  try {
    const first = await parts.next();
    if (first.done === true) throw new TransportError("unexpected", "a source has one part at least");
    if (!first.value.last) return await storeInParts(objects, name, first.value, parts, operation);
    const { bytes } = first.value;
    await objects.put(name, bytes, operation);
    return bytes.length;
  } finally {
    await parts.return(undefined);
  }
}

async function storeInParts(
  objects: S3Objects,
  name: ObjectName,
  first: S3Part,
  rest: AsyncIterable<S3Part>,
  operation: Operation,
): Promise<number> {
  await clearUp(objects);
  const upload = await Upload.begin(objects, name, operation);
  let length = 0;
  const send = ({ number, bytes }: S3Part): SendPart => {
    length += bytes.length;
    return (inUpload) => upload.part(number, bytes, inUpload);
  };
  const parts = async function* (): AsyncGenerator<SendPart> {
    yield send(first);
    for await (const part of rest) yield send(part);
  };
  await uploadAll(objects, upload, parts(), operation);
  return length;
}
