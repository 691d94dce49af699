import type { ObjectName, S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { Upload } from "../../drivers/aws-sdk-uploads.ts";
import type { Operation } from "../../transport/operation.ts";
import { changedMeanwhile } from "./s3-read.ts";
import type { SendPart } from "./s3-upload.ts";
import { clearUp, uploadAll } from "./s3-upload.ts";

/** What one request copies at most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
const mostCopiedBytes = 5 * 1024 ** 3;

/** Parts of a larger object: of 5 TiB they are 5,120. */
const copiedPartBytes = 1024 ** 3;

/** Copies an object, as it is now, on the server; one that is longer than `wholeBytes` in parts of `partBytes`, of one version of it or not at all. */
export async function copyObject(
  objects: S3Objects,
  from: ObjectName,
  sizeBytes: number,
  to: ObjectName,
  operation: Operation,
  { wholeBytes = mostCopiedBytes, partBytes = copiedPartBytes }: { wholeBytes?: number; partBytes?: number } = {},
): Promise<void> {
  if (sizeBytes <= wholeBytes) return await objects.copy(from, to, operation);
  await clearUp(objects);
  // Not by what a listing said: there some services have other tags.
  const { etag } = await objects.head(from, operation);
  const upload = await Upload.begin(objects, to, operation);
  const parts = async function* (): AsyncGenerator<SendPart> {
    for (let number = 1, offset = 0; offset < sizeBytes; number++, offset += partBytes) {
      const [part, range] = [number, { offset, length: Math.min(partBytes, sizeBytes - offset) }];
      yield (inUpload) => upload.copyPart(part, from, range, inUpload);
    }
  };
  await uploadAll(objects, upload, parts(), operation, async (inUpload) => {
    const now = await objects.head(from, inUpload);
    if (now.etag !== etag || now.sizeBytes !== sizeBytes) throw changedMeanwhile();
  });
}
