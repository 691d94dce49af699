import { takenWhole } from "../../../drivers/taken-whole.ts";
import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import { isRepeated } from "../../../transport/repetition.ts";
import type { Stat } from "../../../transport/stat.ts";
import type { Location } from "../../../url/location.ts";
import type { Found, HttpRequests } from "../http-requests.ts";
import { statAt as statByHead } from "../http-stat.ts";
import { hrefTarget } from "./href.ts";
import type { DavResponse } from "./multistatus.ts";
import { propfind, readProperties, statOf } from "./propfind.ts";

/** A location as that of a file: servers differ in what they make of a slash behind one. A root has no other name. */
export function asFile(at: Location): Location {
  return at.directory && at.segments.length > 0 ? at.with({ directory: false }) : at;
}

/** A location as that of a directory: with the slash that nearly every server wants. */
export function asDirectory(at: Location): Location {
  return at.directory ? at : at.with({ directory: true });
}

/** Describes what is there. Rejects with `not-found`, or `not-a-directory` behind a file where the server can tell. */
export async function statAt(requests: HttpRequests, at: Location, operation: Operation): Promise<Stat> {
  return await takenWhole(
    { repeatable: isRepeated("stat"), signal: operation.signal },
    () => propfind(requests, asFile(at), "0", operation),
    (found) => describe(requests, at, found, operation),
  );
}

async function describe(requests: HttpRequests, at: Location, found: Found, operation: Operation): Promise<Stat> {
  if (found.kind === "directory") return { type: "directory", sizeBytes: 0 };
  const { answer } = found;
  // Apache says that of what is behind a file.
  if (answer.status === 400 && at.segments.length > 1) {
    await answer.discard();
    await requireDirectory(requests, at.parent(), operation);
    throw new TransportError("not-found", "there is nothing there (HTTP 400)");
  }
  const responses: DavResponse[] = [];
  await readProperties(answer, (response) => responses.push(response));
  const here = found.place.location;
  const [only] = responses;
  const own = responses.length === 1 ? only : responses.find(({ href }) => hrefTarget(href, here)?.kind === "self");
  if (own === undefined) throw new TransportError("protocol-error", "the server describes something else");
  return statOf(own) ?? (await statByHead(requests, found.place, operation));
}

/** What is there; undefined where nothing is. */
export async function look(requests: HttpRequests, at: Location, operation: Operation): Promise<Stat | undefined> {
  try {
    return await statAt(requests, at, operation);
  } catch (error) {
    if (isTransportError(error, "not-found", "not-a-directory")) return undefined;
    throw error;
  }
}

/** Rejects with `not-found` or `not-a-directory` where nothing can be made in it. */
export async function requireDirectory(requests: HttpRequests, at: Location, operation: Operation): Promise<void> {
  const { type } = await statAt(requests, at, operation);
  if (type !== "directory") throw new TransportError("not-a-directory", "what it should be in is not a directory");
}
