import { takenWhole } from "../../../drivers/taken-whole.ts";
import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { RawEntry } from "../../../transport/primitives.ts";
import { isRepeated } from "../../../transport/repetition.ts";
import type { Stat } from "../../../transport/stat.ts";
import type { Location } from "../../../url/location.ts";
import type { Found, HttpRequests } from "../http-requests.ts";
import { hrefTarget, reportHref } from "./href.ts";
import type { DavResponse } from "./multistatus.ts";
import { propfind, readProperties, statOf } from "./propfind.ts";
import { asDirectory, statAt } from "./webdav-stat.ts";

/** More than any directory has: what goes on for longer will not end. */
const mostEntries = 1_000_000;

/** What is in a directory. Nobody sees an entry before all have come: whoever reads a list wants to use the connection. */
export async function listDirectory(
  requests: HttpRequests,
  at: Location,
  operation: Operation,
): Promise<readonly RawEntry[]> {
  return await takenWhole(
    { repeatable: isRepeated("list"), signal: operation.signal },
    () => propfind(requests, asDirectory(at), "1", operation),
    (found) => entriesOf(requests, at, found, operation),
  );
}

async function entriesOf(
  requests: HttpRequests,
  at: Location,
  found: Found,
  operation: Operation,
): Promise<readonly RawEntry[]> {
  const { answer } = found as Extract<typeof found, { kind: "answer" }>;
  // What servers say of a file with a slash behind it: Apache that it makes no sense, others that it is not there.
  if (answer.status === 400 || answer.status === 404) {
    await answer.discard();
    return await whyNotListed(requests, at, operation);
  }
  const page = found.place.location;
  const entries = new Map<string, RawEntry>();
  let self: Stat | undefined;
  let told = 0;
  await readProperties(answer, (response) => {
    if (++told > mostEntries) throw new TransportError("protocol-error", "the server's listing does not end");
    const target = hrefTarget(response.href, page);
    if (target === undefined) return reportHref(response.href, page);
    if (target.kind === "self") return void (self ??= statOf(response) ?? { type: "file", sizeBytes: 0 });
    if (entries.has(target.name)) return;
    const entry = entryOf(target.name, response);
    if (entry !== undefined) entries.set(target.name, entry);
  });
  if (self === undefined) throw new TransportError("protocol-error", "the server lists another directory");
  if (self.type !== "directory") throw notADirectory();
  return [...entries.values()];
}

/** A member that went meanwhile is none; what the server tells of it, but not what it is, has a name all the same. */
function entryOf(name: string, response: DavResponse): RawEntry | undefined {
  try {
    return { name, stat: statOf(response) };
  } catch (error) {
    return isTransportError(error, "not-found") ? undefined : { name };
  }
}

async function whyNotListed(requests: HttpRequests, at: Location, operation: Operation): Promise<never> {
  const { type } = await statAt(requests, at, operation);
  throw type === "directory"
    ? new TransportError("unexpected", "the server does not list it, although it is there")
    : notADirectory();
}

function notADirectory(): TransportError {
  return new TransportError("not-a-directory", "it is a file");
}
