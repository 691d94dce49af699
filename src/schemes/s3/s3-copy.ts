import type { ObjectFacts, ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { Upload } from "../../drivers/aws-sdk-uploads.ts";
import type { Operation } from "../../transport/operation.ts";
import type { SendPart } from "./s3-upload.ts";
import { clearUp, uploadAll } from "./s3-upload.ts";

/** What one request copies at most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
export const mostCopiedBytes: number = 5 * 1024 ** 3;

/** Parts of a larger object: of 5 TiB they are 5,120. */
const copiedPartBytes = 1024 ** 3;

/** Copies an object, as it is now, on the server; one that is longer than `wholeBytes` in parts of `partBytes`. */
export async function copyObject(
  objects: S3Objects,
  from: ObjectName,
  { sizeBytes, etag }: ObjectFacts,
  to: ObjectName,
  operation: Operation,
  { wholeBytes = mostCopiedBytes, partBytes = copiedPartBytes }: { wholeBytes?: number; partBytes?: number } = {},
): Promise<void> {
  if (sizeBytes <= wholeBytes) return await objects.copy(from, to, etag, operation);
  await clearUp(objects);
  const upload = await Upload.begin(objects, to, operation);
  const parts = async function* (): AsyncGenerator<SendPart> {
    for (let number = 1, offset = 0; offset < sizeBytes; number++, offset += partBytes) {
      const [part, range] = [number, { offset, length: Math.min(partBytes, sizeBytes - offset) }];
      yield (inUpload) => upload.copyPart(part, from, range, etag, inUpload);
    }
  };
  await uploadAll(objects, upload, parts(), operation);
}
