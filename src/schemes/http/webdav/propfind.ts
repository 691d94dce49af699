import type { HttpAnswer } from "../../../drivers/http-answer.ts";
import { statusError } from "../../../drivers/http-failure.ts";
import { HttpHeaders, parseHttpDate } from "../../../drivers/http-message.ts";
import { TransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { Stat } from "../../../transport/stat.ts";
import type { Location } from "../../../url/location.ts";
import type { Found, HttpRequests } from "../http-requests.ts";
import type { DavResponse } from "./multistatus.ts";
import { childOf, isSuccess, readMultistatus } from "./multistatus.ts";

/** By name: what a server has beside may be costly to find out. */
const wanted: Uint8Array = Buffer.from(
  '<?xml version="1.0" encoding="utf-8"?>\n<propfind xmlns="DAV:"><prop>' +
    "<resourcetype/><getcontentlength/><getlastmodified/><getetag/></prop></propfind>",
);

export const xmlType = "application/xml; charset=utf-8";

/** Asks for a resource's properties, or those of what is in it as well. Never for all below: servers differ in what they do then. */
export function propfind(
  requests: HttpRequests,
  at: Location,
  depth: "0" | "1",
  operation: Operation,
  body: Uint8Array = wanted,
): Promise<Found> {
  const headers = { depth, "content-type": xmlType };
  return requests.find(requests.place(at), { method: "PROPFIND", headers, body }, operation);
}

/** Reads the answer to a PROPFIND. Rejects with what its status means where that is not 207. */
export async function readProperties(answer: HttpAnswer, each: (response: DavResponse) => void): Promise<void> {
  const { status, headers } = answer;
  if (status === 207) return await readMultistatus(answer, each);
  await answer.discard();
  if (!isSuccess(status)) throw statusError(status, headers);
  throw new TransportError("unsupported", `the server does not speak WebDAV here (HTTP ${status})`, {
    hint: "To read what a web server shows, use http: or https:",
  });
}

/**
 * What the properties of a resource say; undefined for a file whose length is not told.
 *
 * @throws TransportError what the server says instead of them
 */
export function statOf({ href, status, properties, missing }: DavResponse): Stat | undefined {
  if (status !== undefined && !isSuccess(status)) throw refusal(status);
  const type = properties.get("resourcetype");
  const whyNoType = missing.get("resourcetype");
  if (type === undefined && whyNoType !== undefined && whyNoType !== 404) throw refusal(whyNoType);
  if (type !== undefined && childOf(type, "locknull") !== undefined)
    throw new TransportError("not-found", "there is nothing but a lock");
  const mtime = parseHttpDate(textOf(properties, "getlastmodified"));
  const etag = textOf(properties, "getetag");
  const common = { ...(mtime === undefined ? undefined : { mtime }), ...(etag === "" ? undefined : { etag }) };
  const isDirectory = type === undefined ? href.endsWith("/") : childOf(type, "collection") !== undefined;
  if (isDirectory) return { type: "directory", sizeBytes: 0, ...common };
  const length = textOf(properties, "getcontentlength");
  return /^\d{1,15}$/.test(length) ? { type: "file", sizeBytes: Number(length), ...common } : undefined;
}

function textOf(properties: DavResponse["properties"], name: string): string {
  return properties.get(name)?.text.trim() ?? "";
}

function refusal(status: number): TransportError {
  const told = "the server tells of it, but not what it is";
  return status < 300 ? new TransportError("protocol-error", told) : statusError(status, new HttpHeaders({}));
}
