import { setImmediate } from "node:timers/promises";

import { statusError } from "../../drivers/http-failure.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import { isRepeated } from "../../transport/repetition.ts";
import type { Location } from "../../url/location.ts";
import type { Found, HttpRequests } from "./http-requests.ts";
import { isThere, statAt } from "./http-stat.ts";
import { entriesOf } from "./index-entries.ts";
import { readIndexPage } from "./index-page.ts";

/** An index page of a hundred thousand entries has some twenty mebibytes. */
const maxPageBytes = 32 * 1024 * 1024;

/** What the server's index page of a directory lists, once it was read to its end. */
export async function* listDirectory(
  requests: HttpRequests,
  at: Location,
  operation: Operation,
): AsyncGenerator<readonly RawEntry[]> {
  const directory = at.directory ? at : at.with({ directory: true, query: undefined });
  const { text, location } = await takenWhole(
    { repeatable: isRepeated("list"), signal: operation.signal },
    () => requests.find(requests.place(directory), { method: "GET" }, operation),
    (found) => pageOf(requests, directory, found, operation),
  );
  const { isIndex, links } = await readIndexPage(text);
  if (!isIndex) throw noIndex();
  let first = true;
  for (const entries of entriesOf(links, location)) {
    // Between the entries of a long list others have their turn.
    if (!first) await setImmediate();
    first = false;
    yield entries;
  }
}

/** The page that came for a directory, and what it is the page of. */
async function pageOf(
  requests: HttpRequests,
  directory: Location,
  found: Found,
  operation: Operation,
): Promise<{ readonly text: string; readonly location: Location }> {
  if (found.kind === "directory") throw noIndex();
  const { answer, place } = found;
  const { status, headers } = answer;
  if (!isThere(status)) {
    await answer.discard();
    throw await whyNotListed(requests, directory, statusError(status, headers), operation);
  }
  const contentType = headers.get("content-type");
  if (!isHtml(contentType) || !place.location.directory) {
    await answer.discard();
    throw noIndex();
  }
  const body = await answer.bytes((bytes) => {
    if (bytes > maxPageBytes) throw new TransportError("protocol-error", "the index page is too long");
  });
  return { text: textOf(body, contentType), location: place.location };
}

/** A page in the encoding that its server names; in UTF-8 where that is none. */
function textOf(body: Buffer, contentType: string | undefined): string {
  const label = /;\s*charset\s*=\s*"?([^\s;"]{1,40})/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(label).decode(body);
  } catch {
    return body.toString("utf8"); // Nobody knows that encoding.
  }
}

/** With a slash behind it a file is not found: what it is without tells one from the other. */
async function whyNotListed(
  requests: HttpRequests,
  directory: Location,
  failure: TransportError,
  operation: Operation,
): Promise<TransportError> {
  if (failure.code === "permission-denied")
    return failure.with({ hint: "The server may have no index page of this directory, or not for you" });
  if (failure.code !== "not-found" || directory.name === "") return failure;
  try {
    const { type } = await statAt(requests, requests.place(directory.with({ directory: false })), operation);
    return type === "directory" ? failure : new TransportError("not-a-directory", "it is a file", { cause: failure });
  } catch (error) {
    if (isTransportError(error, "not-found")) return failure;
    throw error;
  }
}

function isHtml(contentType: string | undefined): boolean {
  const [type = ""] = (contentType ?? "").split(";");
  return ["text/html", "application/xhtml+xml"].includes(type.trim().toLowerCase());
}

function noIndex(): TransportError {
  return new TransportError("unsupported", "the server has a page here, but no index of a directory", {
    hint: "Only what the server lists can be listed; a file can be read all the same if its name is known",
  });
}
