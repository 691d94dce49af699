import type { Stat } from "../transport/stat.ts";
import { answer, sendBody, sendHead } from "./answer.ts";
import { checkConditions } from "./conditions.ts";
import { confirmed } from "./file-content.ts";
import { factsOf, planOf } from "./file-plan.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { look } from "./look.ts";
import { Refusal } from "./refusal.ts";

/**
 * Answers with a file, or why not. False where it was changed between the look at it, which is `stat`, and the opening: then nothing was sent. On the `last` try a file that
 * only grows is one that is written to at its end, and is sent as long as it was.
 */
export async function sendFile(request: GatewayRequest, stat: Stat, last: boolean): Promise<boolean> {
  // To open a pipe may take for ever, and on a server that does one thing after another so does everything else.
  if (stat.type === "other" && stat.mode !== undefined)
    throw new Refusal(403, "this is neither a file nor a directory");
  const headers = factsOf(request, stat);
  if (checkConditions(request, stat) === "not-modified") {
    // What it says holds for the client's copy from now on, the policy among it (RFC 9111, 3.2).
    const { "content-type": _type, "accept-ranges": _ranges, ...facts } = headers;
    answer(request, 304, "", facts);
    return true;
  }
  if (request.method === "HEAD") {
    const lengthBytes = stat.type === "file" ? { "content-length": stat.sizeBytes } : undefined;
    sendHead(request, 200, { ...headers, ...lengthBytes });
    request.response.end();
    return true;
  }
  const plan = planOf(request, stat, headers);
  try {
    const first = await plan.content.next();
    const opened = await again(request, stat);
    if (!isSame(stat, opened) && !(last && hasGrown(stat, opened))) return false;
    const { "content-length": length, "accept-ranges": _ranges, ...others } = plan.headers;
    sendHead(request, plan.status, length === 0 && first.done !== true ? others : plan.headers);
    await sendBody(
      request,
      confirmed(first, plan.content, Number(length ?? 0), async () => {
        // What a server gives one answer with one tag for is of one version.
        if (plan.opensOnce && opened.etag !== undefined) return true;
        const ended = await again(request, opened);
        return isSame(opened, ended) || (plan.opensOnce && hasGrown(opened, ended));
      }),
    );
    return true;
  } finally {
    await plan.content.return();
  }
}

/** Another look at what is no file in the making, where that does not have to wait for the stream that is open. */
async function again(request: GatewayRequest, stat: Stat): Promise<Stat> {
  return stat.type === "file" && request.transport.capabilities.concurrent ? await look(request) : stat;
}

function isSame(a: Stat, b: Stat): boolean {
  return (
    a.type === b.type && a.sizeBytes === b.sizeBytes && a.mtime?.getTime() === b.mtime?.getTime() && a.etag === b.etag
  );
}

function hasGrown(before: Stat, after: Stat): boolean {
  return after.type === before.type && after.sizeBytes > before.sizeBytes;
}
