import type { HttpAnswer } from "../../drivers/http-answer.ts";
import type { HttpHeaders } from "../../drivers/http-message.ts";
import { parseContentRange, parseUnsatisfied } from "../../drivers/http-range.ts";
import { statusError } from "../../drivers/http-failure.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Stat } from "../../transport/stat.ts";
import type { Location } from "../../url/location.ts";
import type { Found, HttpRequests, Place } from "./http-requests.ts";

const directory: Stat = { type: "directory", sizeBytes: 0 };

/** Describes what is there, by its head. A URL that ends in a slash is that of a directory. */
export async function statAt(requests: HttpRequests, place: Place, operation: Operation): Promise<Stat> {
  const found = await requests.find(place, { method: "HEAD" }, operation);
  if (found.kind === "directory") return directory;
  const { answer } = found;
  await answer.discard();
  const isFile = !place.location.directory;
  const isVague = isFile && isThere(answer.status) && answer.length === undefined;
  if (isVague || isRefused(answer, place.location)) return await statByFirstByte(requests, place, operation);
  if (!isThere(answer.status)) throw statusError(answer.status, answer.headers);
  return isFile ? fileStat(answer.headers, answer.length) : directory;
}

export function isThere(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A signature may be for GET alone: then a HEAD is forbidden. */
function isRefused({ status }: HttpAnswer, { query }: Location): boolean {
  return status === 405 || status === 501 || (query !== undefined && (status === 403 || status === 400));
}

/** Where the head is not to be had, or does not say how long the file is, its first byte tells. */
async function statByFirstByte(requests: HttpRequests, place: Place, operation: Operation): Promise<Stat> {
  const found: Found = await requests.find(place, { method: "GET", headers: { range: "bytes=0-0" } }, operation);
  if (found.kind === "directory") return directory;
  const { answer } = found;
  const { status, headers, length } = answer;
  await answer.discard();
  if (place.location.directory && (isThere(status) || status === 416)) return directory;
  if (status === 206) return fileStat(headers, parseContentRange(headers.get("content-range"))?.total);
  // An empty file has no first byte.
  if (status === 416) return fileStat(headers, parseUnsatisfied(headers.get("content-range")) ?? 0);
  if (!isThere(status)) throw statusError(status, headers);
  return fileStat(headers, length);
}

/** What is made up on the way has no length before it is read: it is something, but no file that could be described. */
function fileStat(headers: HttpHeaders, sizeBytes: number | undefined): Stat {
  const mtime = headers.date("last-modified");
  const etag = headers.get("etag");
  return {
    type: sizeBytes === undefined ? "other" : "file",
    sizeBytes: sizeBytes ?? 0,
    ...(mtime === undefined ? undefined : { mtime }),
    ...(etag === undefined ? undefined : { etag }),
  };
}
