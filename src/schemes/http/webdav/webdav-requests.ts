import type { HttpAnswer } from "../../../drivers/http-answer.ts";
import { effectAfter, statusError } from "../../../drivers/http-failure.ts";
import type { HttpBody, HttpHeaders } from "../../../drivers/http-message.ts";
import { TransportError, isTransportError, toTransportError } from "../../../errors/transport-error.ts";
import { isNoAnswer } from "../../../errors/no-answer.ts";
import type { Operation } from "../../../transport/operation.ts";
import type { Location } from "../../../url/location.ts";
import type { Ask, Found, Place } from "../http-requests.ts";
import { HttpRequests } from "../http-requests.ts";
import { isRedirect } from "../redirect.ts";
import { LockTokens } from "./lock-tokens.ts";
import { locksOn } from "./lock-discovery.ts";
import { isSuccess, readMultistatus } from "./multistatus.ts";
import { look } from "./webdav-stat.ts";

/** A request that changes something. */
export interface Change {
  /** Where else it changes something: what a MOVE or COPY leads to. */
  readonly to?: Location;
  readonly method: "PUT" | "DELETE" | "MKCOL" | "MOVE" | "COPY" | "LOCK" | "UNLOCK";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** Whether it is sent again after a lost connection, as the table of repetition says. Default false: whoever sends it looks what became of it. */
  readonly repeatable?: boolean;
}

/** Says more of a refusal than its status does; undefined where there is no more to say. */
export type Explain = (refusal: TransportError) => Promise<TransportError | undefined>;

/** Statuses that servers give for many reasons: which it is a second look tells. */
const vague: ReadonlySet<number> = new Set([207, 301, 302, 307, 308, 400, 403, 404, 405, 409, 410, 412, 424, 500, 501]);

/** Reads and changes on one connection. A change goes nowhere but where it was sent. */
export class WebdavRequests extends HttpRequests {
  /** What is shown with each change, so that it may be made in spite of our own locks. */
  readonly tokens: LockTokens = new LockTokens();

  /** Sends a change; resolves with its status and headers once the server has made it, all of it. */
  async change(
    at: Location,
    change: Change,
    operation: Operation,
    explain: Explain = () => Promise.resolve(undefined),
  ): Promise<{ readonly status: number; readonly headers: HttpHeaders }> {
    const answer = await this.#send(at, change, operation);
    const { status, headers } = answer;
    const refusal = await refusalIn(answer);
    if (refusal === undefined) {
      if (change.method === "DELETE" || change.method === "MOVE") this.tokens.removeAt(at);
      return { status, headers };
    }
    if (status === 412) await this.#requireHeld([at, change.to ?? at], operation);
    if (!vague.has(status) || isTransportError(refusal, "locked")) throw refusal;
    throw (await explained(explain, refusal)) ?? refusal;
  }

  /** Some servers refuse to show a directory, or show a page for it, with or without a slash: a page of which no version is told may be one. */
  override async find(place: Place, ask: Ask, operation: Operation): Promise<Found> {
    const found = await super.find(place, ask, operation);
    if (ask.method !== "GET" || found.kind === "directory") return found;
    const { answer } = found;
    if (!mayBeDirectory(answer)) return found;
    // The look may need the connection that the answer holds.
    await answer.discard();
    const there = await look(this, found.place.location, operation);
    if (there?.type === "directory") return { kind: "directory", place: found.place };
    return await super.find(place, ask, operation);
  }

  /** Rejects with `locked` where a lock whose token goes with a change is held no longer: somebody broke it, or the server forgot it. */
  async #requireHeld(places: readonly Location[], operation: Operation): Promise<void> {
    for (const [token, place] of this.tokens.shownWith(places)) {
      const found = await locksOn(this, place, operation).catch(() => undefined);
      if (found?.some((lock) => lock.token === token) === false)
        throw new TransportError("locked", "the lock was broken, and may be held by somebody else");
    }
  }

  async #send(at: Location, change: Change, { name, signal }: Operation): Promise<HttpAnswer> {
    const { method, headers = {}, body, repeatable = false, to = at } = change;
    try {
      return await this.place(at).client.send({
        method,
        target: at.target,
        headers: { ...this.tokens.headerFor([at, to]), ...headers },
        body,
        repeatable,
        operation: name,
        signal,
      });
    } catch (error) {
      throw uncertain(error);
    }
  }
}

function mayBeDirectory({ status, headers }: HttpAnswer): boolean {
  if (status !== 200 || headers.get("etag") !== undefined) return status === 405;
  return /^(?:text\/html|application\/xhtml\+xml)\b/i.test(headers.get("content-type") ?? "");
}

/** What an answer to a change says against it. */
async function refusalIn(answer: HttpAnswer): Promise<TransportError | undefined> {
  const { status, headers } = answer;
  if (status === 207) return await failureInside(answer);
  await answer.discard();
  if (status === 202) {
    const reason = "the server has accepted it, and says neither when it is done nor whether";
    return new TransportError("unexpected", reason, { effect: "unknown" });
  }
  if (isSuccess(status)) return undefined;
  if (isRedirect(status)) return elsewhere(headers);
  return statusError(status, headers).with({ effect: effectAfter(status, headers) });
}

/** Of several things that a change is about, some may have failed. What failed because of another says nothing. */
async function failureInside(answer: HttpAnswer): Promise<TransportError | undefined> {
  const failures: number[] = [];
  await readMultistatus(answer, ({ status = 200, missing }) => {
    for (const one of [status, ...missing.values()]) if (!isSuccess(one)) failures.push(one);
  });
  const [first] = failures.toSorted((one, other) => Number(one === 424) - Number(other === 424));
  return first === undefined ? undefined : statusError(first, answer.headers).with({ effect: "unknown" });
}

function elsewhere(headers: HttpHeaders): TransportError {
  const target = headers.get("location");
  return new TransportError("unsupported", "the server sends the writer elsewhere, which no change follows", {
    ...(target === undefined ? {} : { hint: "If you trust that place, use its URL" }),
  });
}

/** What is lost on the way, or given up, may have been done. */
function uncertain(error: unknown): TransportError {
  const failure = toTransportError(error);
  return isTransportError(failure, "connection-lost", "timeout", "protocol-error", "aborted", "closed")
    ? failure.with({ effect: "unknown" })
    : failure;
}

async function explained(explain: Explain, refusal: TransportError): Promise<TransportError | undefined> {
  try {
    return await explain(refusal);
  } catch (error) {
    // A look that is refused tells nothing, and what the server said first stands; one that finds no server is a failure of its own.
    if (!isNoAnswer(error)) return undefined;
    throw error.with({ effect: refusal.effect });
  }
}
