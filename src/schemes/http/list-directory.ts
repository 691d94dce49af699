import { statusError } from "../../drivers/http-failure.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import type { Location } from "../../url/location.ts";
import type { HttpRequests } from "./http-requests.ts";
import { isThere, statAt } from "./http-stat.ts";
import { entriesOf } from "./index-entries.ts";
import { readIndexPage } from "./index-page.ts";

/** An index page of a hundred thousand entries has some twenty mebibytes. */
const maxPageBytes = 32 * 1024 * 1024;

/** What the server's index page of a directory lists. */
export async function listDirectory(
  requests: HttpRequests,
  at: Location,
  operation: Operation,
): Promise<readonly RawEntry[]> {
  const directory = at.directory ? at : at.with({ directory: true, query: undefined });
  const found = await requests.find(requests.place(directory), { method: "GET" }, operation);
  if (found.kind === "directory") throw noIndex();
  const { answer, place } = found;
  const { status, headers } = answer;
  if (!isThere(status)) {
    await answer.discard();
    throw await whyNotListed(requests, directory, statusError(status, headers), operation);
  }
  if (!isHtml(headers.get("content-type")) || !place.location.directory) {
    await answer.discard();
    throw noIndex();
  }
  const body = await answer.bytes((bytes) => {
    if (bytes > maxPageBytes) throw new TransportError("protocol-error", "the index page is too long");
  });
  const { isIndex, links } = await readIndexPage(body.toString("utf8"));
  if (!isIndex) throw noIndex();
  return entriesOf(links, place.location);
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
