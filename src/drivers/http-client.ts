import type { SharedConnection } from "../connection/shared-connection.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { BodyAttempts } from "./body-attempts.ts";
import { HttpAnswer } from "./http-answer.ts";
import type { HttpAuthentication } from "./http-authentication.ts";
import { HttpDialogue } from "./http-dialogue.ts";
import { HttpPipeline } from "./http-pipeline.ts";
import type { HttpThrottle } from "./http-throttle.ts";
import { wantedPauseMs } from "./http-throttle.ts";
import type { HttpBody, HttpRequest } from "./http-message.ts";
import type { HttpWire } from "./http-wire.ts";

/** A request as its sender sees it. */
export interface HttpCall {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent once more where a server asks for credentials, as long as that can be done: see `BodyAttempts`. */
  readonly body?: HttpBody | undefined;
  /** Whether sending it twice is the same as sending it once. */
  readonly repeatable: boolean;
  /** The verb, for messages. */
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
}

/** A server that takes ten requests on a connection refuses most of a hundred several times. */
const maxRefusals = 16;

/** What the requests to one origin have in common. */
export interface HttpSender {
  readonly authentication: HttpAuthentication;
  readonly throttle: HttpThrottle;
  /** How long a request may wait because the server has enough to do, in milliseconds. */
  readonly patienceMs: number;
  /** For how long a server is left alone that has enough to do and does not say; where it is undefined, that is a failure. */
  readonly unsaidPauseMs?: number;
  /** Go with every request, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends requests on the wires of one shared connection, and proves who is asking. */
export class HttpClient {
  readonly connection: SharedConnection<HttpWire>;
  readonly #sender: () => HttpSender;

  /** `sender` is asked for every request: until it has connected, a connection may take up credentials. */
  constructor(connection: SharedConnection<HttpWire>, sender: () => HttpSender) {
    this.connection = connection;
    this.#sender = sender;
  }

  /**
   * Resolves once the head of an answer has come that is neither a question for credentials nor a wish to be left alone for a while. A request that is
   * repeatable is repeated once after a lost connection.
   *
   * Rejects with `authentication-failed`, with what opening a connection fails with, or with `connection-lost`.
   */
  async send(call: HttpCall): Promise<HttpAnswer> {
    const { authentication, throttle, patienceMs, unsaidPauseMs, headers } = this.#sender();
    const dialogue = new HttpDialogue(authentication, call);
    const body = new BodyAttempts(call.body);
    const attempt: Attempt = { ...call, body };
    const { clock } = this.connection.policy;
    const deadline = clock.now() + patienceMs;
    let refusals = 0;
    let wasLate = false;
    try {
      for (;;) {
        const authorization = await dialogue.authorization();
        const answer = await this.#sendOnce(attempt, throttle, fieldsOf(headers, call.headers, authorization));
        const pauseMs = wantedPauseMs(answer, clock, refusals, unsaidPauseMs);
        if (pauseMs !== undefined && isRepeatable(attempt) && clock.now() + pauseMs < deadline) {
          refusals++;
          throttle.refused(pauseMs);
          await answer.discard();
        } else if (answer.status === 401) {
          await answer.discard();
          await dialogue.challenged(answer.headers);
          if (!body.possible) throw askedTooLate();
        } else if (answer.status === 408 && !wasLate && isRepeatable(attempt)) {
          // It was about to close a connection that nobody used when the request came (RFC 9110, 15.5.9).
          wasLate = true;
          await answer.discard();
        } else {
          throttle.served();
          dialogue.accepted();
          if (!isBelievable(answer)) throw await unbelievable(answer);
          return answer;
        }
      }
    } finally {
      dialogue.end();
      body.end();
    }
  }

  /**
   * Sends requests that have no body and change nothing one behind the other on one connection. Nothing that a server may answer is dealt with here, and
   * nothing is repeated. Undefined where that cannot be done: on a connection that carries many at once anyway, or before it is known who is to be shown.
   *
   * Rejects with what opening a connection fails with.
   */
  async pipeline(calls: readonly PipelinedCall[], { operation, signal }: Asking): Promise<HttpPipeline | undefined> {
    const { authentication, throttle, headers } = this.#sender();
    // Whoever gives out tokens is asked for one for each request, and may take their time.
    if (authentication.login.askToken !== undefined) return undefined;
    const dialogues = calls.map((call) => new HttpDialogue(authentication, { ...call, signal }));
    await throttle.enter(signal);
    try {
      const authorizations = dialogues.map((dialogue) => dialogue.authorization());
      for (const authorization of authorizations) {
        if (!(authorization instanceof Promise)) continue;
        authorization.catch(() => undefined); // Nobody waits for it.
        return undefined;
      }
      let pipeline: HttpPipeline | undefined;
      const lease = await this.connection.lease({ operation, signal, expired: (reason) => pipeline?.abort(reason) });
      if (!lease.wire.pipelines) return void lease.release();
      const requests = calls.map((call, index) => ({
        ...call,
        headers: fieldsOf(headers, call.headers, authorizations[index] as string | undefined),
      }));
      return (pipeline = new HttpPipeline(lease, requests, operation, signal));
    } finally {
      throttle.leave();
      for (const dialogue of dialogues) dialogue.end();
    }
  }

  async #sendOnce(call: Attempt, throttle: HttpThrottle, headers: HttpRequest["headers"]): Promise<HttpAnswer> {
    await throttle.enter(call.signal);
    try {
      return await this.#exchange(call, headers);
    } catch (error) {
      if (!isRepeatable(call) || !isTransportError(error, "connection-lost") || call.signal?.aborted) throw error;
      return await this.#exchange(call, headers);
    } finally {
      throttle.leave();
    }
  }

  /** What a server refused unseen is asked again, on whatever connection there is by then. */
  async #exchange(call: Attempt, headers: HttpRequest["headers"]): Promise<HttpAnswer> {
    for (let refusals = 0; ; refusals++) {
      try {
        return await this.#exchangeOnce(call, headers);
      } catch (error) {
        // Nothing has been done of it, whatever it asked for.
        if (!call.body.possible || !isTransportError(error, "too-many-connections") || refusals === maxRefusals)
          throw error;
      }
    }
  }

  async #exchangeOnce(call: Attempt, headers: HttpRequest["headers"]): Promise<HttpAnswer> {
    const { method, target, body, operation, signal } = call;
    let answer: HttpAnswer | undefined;
    const lease = await this.connection.lease({ operation, signal, expired: (reason) => answer?.abort(reason) });
    const request: HttpRequest = { method, target, headers, body: body.next() };
    return await HttpAnswer.request(lease, request, operation, signal, (started) => (answer = started));
  }
}

/** A request among others of its kind. */
export type PipelinedCall = Pick<HttpCall, "method" | "target" | "headers">;

type Asking = Pick<HttpCall, "operation" | "signal">;

/** The header of a request: its own fields, and those that go with every request. */
function fieldsOf(
  usual: HttpSender["headers"],
  own: HttpCall["headers"],
  authorization: string | undefined,
): HttpRequest["headers"] {
  return {
    "user-agent": "samewire",
    ...usual,
    // Files are wanted as they are: a compressed one has another length, and other ranges.
    "accept-encoding": "identity",
    ...own,
    ...(authorization === undefined ? undefined : { authorization }),
  };
}

/** A call on its way. */
interface Attempt extends Omit<HttpCall, "body"> {
  readonly body: BodyAttempts;
}

function isRepeatable({ repeatable, body }: Attempt): boolean {
  return repeatable && body.possible;
}

/** Who has not been sent all of the content cannot have stored it, whatever is said. */
function isBelievable({ status, afterAll }: HttpAnswer): boolean {
  return afterAll || status < 200 || status >= 300;
}

async function unbelievable(answer: HttpAnswer): Promise<TransportError> {
  await answer.discard();
  return new TransportError("protocol-error", "the server says that it is done before it had all of the content");
}

/** The next request shows them at once. */
function askedTooLate(): TransportError {
  return new TransportError("authentication-failed", "the server asked who it is when most of the content was sent", {
    temporary: true,
    hint: "Send it again",
  });
}
