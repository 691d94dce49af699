import { Readable } from "node:stream";

import type { HttpAnswer } from "../../drivers/http-answer.ts";
import type { BodyWindow } from "../../drivers/http-body-stream.ts";
import { BodyStream, partWindow } from "../../drivers/http-body-stream.ts";
import { statusError } from "../../drivers/http-failure.ts";
import type { HttpRange } from "../../drivers/http-range.ts";
import { formatRanges } from "../../drivers/http-range.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import { readAll, tooLarge } from "../../transport/verbs/read-all.ts";
import type { HttpRequests, Place } from "./http-requests.ts";
import { isThere, statAt } from "./http-stat.ts";

/** A range of a file as a stream, once the server has begun to answer. */
export async function openStream(
  requests: HttpRequests,
  place: Place,
  range: HttpRange,
  operation: Operation,
): Promise<Readable> {
  const part = await openPart(requests, place, range, operation);
  if (part === undefined) return Readable.from([], { objectMode: false });
  const url = place.location.redactedUrl;
  const { unreadTimeoutMs } = place.client.connection.policy;
  return new BodyStream(part.answer, {
    window: part.window,
    signal: operation.signal,
    unreadTimeoutMs,
    place: (error) => error.with({ operation: operation.name, url }),
  });
}

/** A range of a file in memory. What is lost in the middle is read once more. */
export async function readBytes(
  requests: HttpRequests,
  place: Place,
  range: HttpRange,
  maxBytes: number,
  operation: Operation,
): Promise<Buffer> {
  return await takenWhole(
    { repeatable: isRepeated("getBytes"), signal: operation.signal },
    () => openPart(requests, place, range, operation),
    (part) => partBytes(part, maxBytes, operation),
  );
}

async function partBytes(part: Part | undefined, maxBytes: number, operation: Operation): Promise<Buffer> {
  if (part === undefined) return Buffer.alloc(0);
  const { answer, window } = part;
  if (window.skip > 0 || (window.length !== undefined && window.length !== answer.length))
    return await windowBytes(part, maxBytes, operation);
  return await answer.bytes((bytes) => {
    if (bytes > maxBytes) throw tooLarge(maxBytes);
  });
}

interface Part {
  readonly answer: HttpAnswer;
  readonly window: BodyWindow;
}

async function windowBytes({ answer, window }: Part, maxBytes: number, { signal }: Operation): Promise<Buffer> {
  const stream = new BodyStream(answer, { window, signal, unreadTimeoutMs: Infinity, place: (error) => error });
  return await readAll(stream, maxBytes);
}

/** Asks for a range; undefined where the file ends before it. */
async function openPart(
  requests: HttpRequests,
  place: Place,
  range: HttpRange,
  operation: Operation,
): Promise<Part | undefined> {
  if (place.location.directory || range.length === 0) {
    const { type } = await statAt(requests, place, operation);
    if (type === "directory") throw isADirectory();
    return undefined;
  }
  const whole = range.offset === 0 && range.length === undefined;
  const headers = whole ? {} : { range: formatRanges([range]) };
  const found = await requests.find(place, { method: "GET", headers }, operation);
  if (found.kind === "directory") throw isADirectory();
  const { answer } = found;
  if (answer.status === 206 && !whole) return { answer, window: await partWindow(answer, range) };
  // Whoever ignores a range sends everything: what is not wanted is passed over.
  if (isThere(answer.status) && answer.status !== 206)
    return { answer, window: { skip: range.offset, length: range.length } };
  await answer.discard();
  if (answer.status === 416 && !whole) return undefined;
  throw statusError(answer.status, answer.headers);
}

export function isADirectory(): TransportError {
  return new TransportError("is-a-directory", "it is a directory", { hint: "List it, or name a file in it" });
}
