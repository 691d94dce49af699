import { TransportError, isTransportError } from "../../../errors/transport-error.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { WriteRequest } from "../../../transport/primitives.ts";
import { isRepeated, putRequest, writeRequest } from "../../../transport/repetition.ts";
import { isTempName } from "../../../transport/temp-name.ts";
import type { ByteSource } from "../../../transport/verb-options.ts";
import { chunksOf, isInMemory } from "../../../transport/verbs/source.ts";
import type { Location } from "../../../url/location.ts";
import { whyNotWritten } from "./second-look.ts";
import type { Change, WebdavRequests } from "./webdav-requests.ts";

/** What no server of WebDAV can do to a file is refused before anything is sent. */
export function checkRequest({ mode, fsync }: Pick<WriteRequest, "mode" | "fsync">): void {
  if (mode !== undefined) throw new TransportError("unsupported", "WebDAV knows no permission bits");
  if (fsync) throw new TransportError("unsupported", "no web server can be asked whether a file is on its disk");
}

/** Writes a file under its own name: one PUT. Resolves with the bytes written once the server has all of them. */
export async function writeFile(
  requests: WebdavRequests,
  at: Location,
  source: ByteSource,
  { how, mtime }: Pick<WriteRequest, "how" | "mtime">,
  operation: Operation,
): Promise<number> {
  // Nobody else has the name of a temporary. Elsewhere some servers look, and the others replace what is there.
  const isNew = how === "create" && !isTempName(at.name);
  const body = new CountedBody(source, operation);
  const change: Change = {
    method: "PUT",
    headers: {
      "content-type": "application/octet-stream",
      ...(isNew ? { "if-none-match": "*" } : undefined),
      ...(mtime === undefined ? undefined : { "x-oc-mtime": String(Math.floor(mtime.getTime() / 1000)) }),
    },
    body: body.content,
    repeatable: isRepeated(isTempName(at.name) ? putRequest(source) : writeRequest(how, source)),
  };
  const explain = whyNotWritten({ requests, operation }, at);
  const { headers } = await requests.change(at, change, operation, explain).catch((error: unknown) => {
    // The file is there, perhaps, with what was sent before the failure.
    throw body.failed && isTransportError(error) ? error.with({ effect: "unknown" }) : error;
  });
  if (mtime !== undefined && headers.get("x-oc-mtime")?.toLowerCase() !== "accepted") {
    const reason = "the server does not set the modification time of a file";
    throw new TransportError("unsupported", reason, { effect: "done", hint: "Leave mtime out" });
  }
  return body.sent;
}

/** A source as what is sent, counted. */
class CountedBody {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  sent = 0;
  /** Whether it was the source that failed. */
  failed = false;

  constructor(source: ByteSource, operation: Operation) {
    if (!isInMemory(source)) {
      this.content = this.#counted(chunksOf(source, operation));
      return;
    }
    this.content = typeof source === "string" ? Buffer.from(source, "utf8") : source;
    this.sent = this.content.length;
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        this.sent += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }
}
