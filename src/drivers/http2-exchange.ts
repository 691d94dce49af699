import type { ClientHttp2Stream } from "node:http2";
import { constants } from "node:http2";

import { TransportError } from "../errors/transport-error.ts";
import type { AnswerReceiver, Exchange, HttpBody } from "./http-message.ts";
import { HttpHeaders } from "./http-message.ts";

/** One request on an HTTP/2 session. It settles once: with its end, a failure, or being given up. */
export class Http2Exchange implements Exchange {
  readonly #stream: ClientHttp2Stream;
  readonly #receiver: AnswerReceiver;
  readonly #over: (exchange: Http2Exchange) => void;
  /** How often something came of the answer, or was taken of the body. */
  steps = 0;
  #answered = false;
  #ended = false;
  #settled = false;
  /** Whether all of the body was handed to the session. */
  #sent = false;
  /** Whether the rest of the body is not sent, since no more is to come of the server. */
  #cut = false;

  /** `explain` says what a stream that broke broke of; `over` is told once it is over, before the receiver is. */
  constructor(
    stream: ClientHttp2Stream,
    body: HttpBody | undefined,
    receiver: AnswerReceiver,
    explain: (error: Error | undefined) => TransportError,
    over: (exchange: Http2Exchange) => void,
  ) {
    this.#stream = stream;
    this.#receiver = receiver;
    this.#over = over;
    let failure: Error | undefined;
    stream.on("response", (fields) => {
      this.#answered = true;
      this.steps++;
      if (!this.#settled) receiver.head(Number(fields[":status"]), new HttpHeaders(fields));
    });
    stream.on("data", (chunk: Buffer) => {
      this.steps++;
      if (!this.#settled && !receiver.data(chunk)) stream.pause();
    });
    stream.on("end", () => {
      this.#ended = true;
      if (!this.#sent || !this.#answered) this.#cutShort();
    });
    stream.on("error", (error) => (failure = error));
    // A stream that was reset may end as if it were whole: only when it is closed is it certain how it ended.
    stream.on("close", () => {
      const whole = this.#ended && this.#answered && failure === undefined;
      if (whole && (this.#cut || stream.rstCode === constants.NGHTTP2_NO_ERROR)) this.#finish();
      else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) this.fail(refused(failure));
      else this.fail(explain(failure));
    });
    void this.#send(body);
  }

  /** Whether the server has something to say: the answer is not held back by a slow reader. */
  get awaited(): boolean {
    return !this.#stream.isPaused();
  }

  resume(): void {
    if (!this.#settled) this.#stream.resume();
  }

  abort(reason: TransportError): void {
    this.fail(reason);
    // To close a stream properly is to say that its body is whole.
    if (!this.#sent) return void this.#stream.destroy(reason);
    this.#stream.close(constants.NGHTTP2_CANCEL);
    // What came already is nobody's; unread it would keep the stream open.
    this.#stream.resume();
  }

  fail(error: TransportError): void {
    if (this.#settle()) this.#receiver.fail(error);
  }

  /** Sends the body as fast as the server takes it. Where it fails its source tells whoever made it; a stream that closes tells by itself. */
  async #send(body: HttpBody | undefined): Promise<void> {
    const stream = this.#stream;
    try {
      if (body instanceof Uint8Array) {
        // What waits for the server to take it is not sent: a server that wants no more of it ends the stream, and takes none.
        stream.end(body, () => (this.#sent = true));
        return;
      }
      if (body !== undefined) {
        for await (const piece of body) {
          this.steps++;
          if (!stream.write(piece)) await writable(stream);
        }
        stream.end();
      }
      this.#sent = true;
    } catch {
      // The exchange is over by now.
    }
  }

  #cutShort(): void {
    this.#cut = true;
    this.#stream.destroy();
  }

  #finish(): void {
    if (this.#settle()) this.#receiver.end();
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#over(this);
    return true;
  }
}

/** Resolves once a stream takes more, or is closed. */
async function writable(stream: ClientHttp2Stream): Promise<void> {
  if (stream.destroyed || stream.closed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      stream.off("drain", settle);
      stream.off("close", settle);
      resolve();
    };
    stream.on("drain", settle);
    stream.on("close", settle);
  });
}

/** The server did not even look at the request (RFC 9113, 8.7): it is closing the connection, or has too many of them. */
function refused(cause: Error | undefined): TransportError {
  const reason = "the server takes no more requests on this connection";
  return new TransportError("too-many-connections", reason, { temporary: true, cause });
}
