import { abortedWith } from "../../connection/abort.ts";
import { S3Failure } from "../../drivers/aws-sdk-errors.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import type { Upload } from "../../drivers/aws-sdk-uploads.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { acrossLoss, done, nothing } from "../../transport/across-loss.ts";
import type { Operation } from "../../transport/operation.ts";
import { isMissing } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";

/** Parts on their way at a time, however many connections there are: each of them is in memory. */
const mostInFlight = 4;

/** Sends one part. */
export type SendPart = (operation: Operation) => Promise<void>;

/**
 * Sends parts, several at a time where there are several connections, and completes the upload. Where anything fails, whatever is under way is given up, and
 * so is the upload, before the failure is told. `check` may refuse to complete it.
 */
export async function uploadAll(
  objects: S3Objects,
  upload: Upload,
  parts: AsyncIterable<SendPart>,
  { name, signal, clock }: Operation,
  check: (operation: Operation) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const ending = abortedWith(signal);
  const operation: Operation = { name, clock, signal: ending.signal };
  const inFlight = Math.min(mostInFlight, objects.client.connection.policy.connections);
  const sending = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const send = (part: SendPart): void => {
    const sent = part(operation)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => sending.delete(sent));
    sending.add(sent);
  };
  try {
    for await (const part of parts) {
      if (failures.length > 0) break;
      send(part);
      // The next part is gathered meanwhile.
      if (sending.size >= inFlight) await Promise.race(sending);
    }
    await Promise.all(sending);
    if (failures.length > 0) throw failures[0];
    await check(operation);
    await complete(objects, upload, operation);
  } catch (error) {
    ending.abort();
    await Promise.all(sending);
    throw await afterGivingUp(objects, upload, error, name);
  } finally {
    ending.abort();
  }
}

/** Completes an upload. Where that is not answered, the object tells whether it is made of these parts. */
async function complete(objects: S3Objects, upload: Upload, operation: Operation): Promise<void> {
  const request = "put, parts made one";
  const { etag } = upload;
  const send = (): Promise<void> => upload.complete({ ...operation, repeatable: isRepeated(request) });
  await acrossLoss(request, operation, send, async (looking) => {
    const there = await objects.head(upload.name, looking).catch(unlessMissing);
    // To complete it once more does nothing where it is complete: nobody else has its number.
    return etag !== undefined && there?.etag === etag ? done(undefined) : nothing;
  });
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

/** Uploads that could not be given up when they failed: the next one tries again. */
const leftBehind = new WeakMap<S3Objects, Set<Upload>>();

/** Gives up what was left behind. Never rejects. */
export async function clearUp(objects: S3Objects): Promise<void> {
  const left = [...(leftBehind.get(objects) ?? [])];
  leftBehind.delete(objects);
  for (const upload of left) await giveUp(objects, upload, "put");
}

/** The failure, with what is known once its upload was given up. */
async function afterGivingUp(objects: S3Objects, upload: Upload, error: unknown, name: string): Promise<unknown> {
  const outcome = await giveUp(objects, upload, name);
  if (!isTransportError(error)) return error;
  if (outcome === "left")
    return error.with({ hint: "An unfinished upload is left behind: a lifecycle rule of the bucket can delete such" });
  // What could still be given up was not complete.
  return outcome === "given up" ? error.with({ effect: "none" }) : error;
}

async function giveUp(objects: S3Objects, upload: Upload, name: string): Promise<"given up" | "gone" | "left"> {
  try {
    // Not with the caller's signal: it may be what ended the upload.
    await upload.abort({ name, signal: undefined });
    return "given up";
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof S3Failure && cause.code === "NoSuchUpload") return "gone";
    const left = leftBehind.get(objects) ?? new Set();
    leftBehind.set(objects, left.add(upload));
    return "left";
  }
}
