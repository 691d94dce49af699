import type { Entry } from "../../transport/stat.ts";
import { sendBody, sendHead } from "../answer.ts";
import { maxEntries } from "../defaults.ts";
import type { GatewayRequest } from "../gateway-request.ts";
import { isDirectory, orderOf, sorted } from "./order.ts";
import { directoryPage } from "./page.ts";
import { pagePolicy } from "./style.ts";

/** Answers with a directory: a page, or JSON for who asks for that. Nothing is sent before all of it could be read. */
export async function sendDirectory(request: GatewayRequest): Promise<void> {
  const { response } = request;
  const json = asksForJson(request.header("accept"));
  const head = {
    "content-type": json ? "application/json" : "text/html; charset=utf-8",
    vary: "accept",
    ...(!json && { "content-security-policy": pagePolicy }),
  };
  // Of a head alone the names do not matter, but whether there are any to be had does.
  const { entries, complete } = await namesIn(request, request.method === "HEAD" ? 1 : maxEntries);
  sendHead(request, 200, head);
  if (request.method === "HEAD") return void response.end();
  const order = orderOf(request.query);
  const page = { path: request.path, entries: sorted(entries, order), complete, order };
  await sendBody(request, json ? jsonListing(page) : directoryPage(page));
}

async function namesIn(
  { transport, path, signal }: GatewayRequest,
  most: number,
): Promise<{ readonly entries: readonly Entry[]; readonly complete: boolean }> {
  const entries: Entry[] = [];
  for await (const entry of transport.list(path, { signal })) {
    if (entries.length === most) return { entries, complete: false };
    entries.push(entry);
  }
  return { entries, complete: true };
}

function asksForJson(accept = ""): boolean {
  return /\bapplication\/json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

/** `{ "complete": true, "entries": [{ "name", "type", "sizeBytes", "mtime" }] }`: what a listing does not say is absent. */
function* jsonListing({
  entries,
  complete,
}: {
  readonly entries: readonly Entry[];
  readonly complete: boolean;
}): Generator<string> {
  yield `{"complete":${complete},"entries":[`;
  for (const [index, entry] of entries.entries()) {
    const { name, stat } = entry;
    const sizeBytes = stat === undefined || isDirectory(entry) ? undefined : stat.sizeBytes;
    yield `${index === 0 ? "\n" : ",\n"}${JSON.stringify({ name, type: stat?.type, sizeBytes, mtime: stat?.mtime })}`;
  }
  yield "\n]}\n";
}
