import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";

import type { HttpOwnAnswer } from "./http-listener.ts";

/** What becomes of an upload once so many bytes of it were taken: the connection is cut, nothing more is taken, or it is answered already. */
export interface UploadFault {
  /** Bytes of the body that are taken first. */
  readonly takes: number;
  /** What happens then. */
  readonly next: "drop" | "silence" | HttpOwnAnswer;
}

/** An answer that a test wants instead of what comes next. */
export class EarlyAnswer extends Error {
  readonly answer: HttpOwnAnswer;

  constructor(answer: HttpOwnAnswer) {
    super("the test answers");
    this.answer = answer;
  }
}

/** The body of a request, which a client that waits to be told so is told to send. Throws where it was cut off. */
export async function* bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  { fault, continues }: { readonly fault: UploadFault | undefined; readonly continues: boolean },
): AsyncGenerator<Buffer> {
  if (continues && request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  // Over HTTP/2 what was cut off looks like its end, but for the stream's own word.
  const { stream = { aborted: false, rstCode: 0 } } = request as IncomingMessage & {
    readonly stream?: { readonly aborted: boolean; readonly rstCode?: number };
  };
  let left = fault?.takes ?? Infinity;
  let taken = 0;
  if (fault !== undefined && left === 0) await happen(fault, request);
  // A refusal in the middle does not end the connection: what else comes is read and dropped.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const piece = chunk.length > left ? chunk.subarray(0, left) : chunk;
    taken += piece.length;
    left -= piece.length;
    yield piece;
    if (fault !== undefined && left === 0) await happen(fault, request);
  }
  if (stream.aborted || stream.rstCode !== 0) throw new Error("it was cut off");
  if (taken !== Number(request.headers["content-length"] ?? taken)) throw new Error("it was cut off");
}

async function happen({ next }: UploadFault, request: IncomingMessage): Promise<void> {
  if (typeof next === "object") throw new EarlyAnswer(next);
  if (next === "silence") {
    request.pause();
    await new Promise((resolve) => request.once("close", resolve));
  }
  cut(request);
  throw new Error("the test cut it off");
}

/** Cuts the connection that a request came on: over HTTP/2 a request's own socket is only its stream. */
export function cut(request: IncomingMessage): void {
  const { stream } = request as IncomingMessage & { readonly stream?: Pick<ServerHttp2Stream, "session"> };
  if (stream?.session === undefined) request.socket.destroy();
  else stream.session.destroy();
}
