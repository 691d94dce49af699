import { Readable } from "node:stream";

import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import type { HttpAnswer } from "../../drivers/http-answer.ts";
import type { BodyWindow } from "../../drivers/http-body-stream.ts";
import { BodyStream, partWindow } from "../../drivers/http-body-stream.ts";
import type { HttpRange } from "../../drivers/http-range.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import { readAll, tooLarge } from "../../transport/verbs/read-all.ts";
import type { Location } from "../../url/location.ts";
import { objectAt } from "./object-place.ts";
import { isADirectory, isDirectory, statAt } from "./s3-look.ts";

/** The part of an object that an answer holds. */
export interface Part {
  readonly answer: HttpAnswer;
  readonly window: BodyWindow;
}

/** A range of an object as a stream, once the service has begun to answer. */
export async function openStream(
  objects: S3Objects,
  at: Location,
  range: HttpRange,
  operation: Operation,
): Promise<Readable> {
  const part = await openPart(objects, at, range, operation);
  if (part === undefined) return Readable.from([], { objectMode: false });
  return streamOf(objects, at, part, operation);
}

/** A range of an object in memory. What is lost in the middle is read once more. */
export async function readBytes(
  objects: S3Objects,
  at: Location,
  range: HttpRange,
  maxBytes: number,
  operation: Operation,
): Promise<Buffer> {
  return await takenWhole(
    { repeatable: isRepeated("getBytes"), signal: operation.signal },
    () => openPart(objects, at, range, operation),
    (part) => (part === undefined ? Promise.resolve(Buffer.alloc(0)) : bytesOf(objects, at, part, maxBytes, operation)),
  );
}

export async function bytesOf(
  objects: S3Objects,
  at: Location,
  part: Part,
  maxBytes: number,
  operation: Operation,
): Promise<Buffer> {
  const { answer, window } = part;
  // A stream costs more, and leaves out what was not asked for.
  const exact = window.skip === 0 && (window.length === undefined || window.length === answer.length);
  if (!exact) return await readAll(streamOf(objects, at, part, operation), maxBytes);
  return await answer.bytes((bytes) => {
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  });
}

/** Asks for a range; undefined where the object ends before it. */
export async function openPart(
  objects: S3Objects,
  at: Location,
  range: HttpRange,
  operation: Operation,
): Promise<Part | undefined> {
  const name = objectAt(at);
  if (name.key === "" || range.length === 0) {
    const { type } = await statAt(objects, at, operation);
    if (type === "directory") throw isADirectory();
    return undefined;
  }
  const whole = range.offset === 0 && range.length === undefined;
  let answer: HttpAnswer;
  try {
    answer = await objects.get(name, whole ? undefined : range, operation);
  } catch (error) {
    if (isTransportError(error, "range-not-satisfiable") && !whole) return undefined;
    if (isTransportError(error, "not-found") && (await isDirectory(objects, at, operation))) throw isADirectory();
    throw error;
  }
  // Whoever ignores a range sends everything: what is not wanted is passed over.
  if (whole || answer.status !== 206) return { answer, window: { skip: range.offset, length: range.length } };
  return { answer, window: await partWindow(answer, range) };
}

function streamOf(objects: S3Objects, at: Location, { answer, window }: Part, operation: Operation): Readable {
  const { signal, name } = operation;
  const { unreadTimeoutMs } = objects.client.connection.policy;
  const place = (error: TransportError): TransportError => error.with({ operation: name, url: at.redactedUrl });
  return new BodyStream(answer, { window, signal, unreadTimeoutMs, place });
}

/** What nobody can make one file of. */
export function changedMeanwhile(): TransportError {
  return new TransportError("unexpected", "the file changed while it was being read", {
    temporary: true,
    hint: "Read it again",
  });
}
