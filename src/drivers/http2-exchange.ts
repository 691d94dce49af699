import type { ClientHttp2Stream } from "node:http2";
import { constants } from "node:http2";

import { TransportError } from "../errors/transport-error.ts";
import type { AnswerReceiver, Exchange } from "./http-message.ts";
import { HttpHeaders } from "./http-message.ts";

/** One request on an HTTP/2 session. It settles once: with its end, a failure, or being given up. */
export class Http2Exchange implements Exchange {
  readonly #stream: ClientHttp2Stream;
  readonly #receiver: AnswerReceiver;
  readonly #over: (exchange: Http2Exchange) => void;
  #answered = false;
  #ended = false;
  #settled = false;

  /** `explain` says what a stream that broke broke of; `over` is told once it is over, before the receiver is. */
  constructor(
    stream: ClientHttp2Stream,
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
      if (!this.#settled) receiver.head(Number(fields[":status"]), new HttpHeaders(fields));
    });
    stream.on("data", (chunk: Buffer) => {
      if (!this.#settled && !receiver.data(chunk)) stream.pause();
    });
    stream.on("end", () => (this.#ended = true));
    stream.on("error", (error) => (failure = error));
    // A stream that was reset may end as if it were whole: only when it is closed is it certain how it ended.
    stream.on("close", () => {
      const whole = this.#ended && this.#answered && failure === undefined;
      if (whole && stream.rstCode === constants.NGHTTP2_NO_ERROR) this.#finish();
      else if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) this.fail(refused(failure));
      else this.fail(explain(failure));
    });
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
    this.#stream.close(constants.NGHTTP2_CANCEL);
    // What came already is nobody's; unread it would keep the stream open.
    this.#stream.resume();
  }

  fail(error: TransportError): void {
    if (this.#settle()) this.#receiver.fail(error);
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

/** The server did not even look at the request (RFC 9113, 8.7): it is closing the connection, or has too many of them. */
function refused(cause: Error | undefined): TransportError {
  const reason = "the server takes no more requests on this connection";
  return new TransportError("too-many-connections", reason, { temporary: true, cause });
}
