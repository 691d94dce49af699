import { isTransportError } from "../../errors/transport-error.ts";
import { tempName } from "../../transport/temp-name.ts";
import type { PutOptions } from "../../transport/verb-options.ts";
import { checkConditions } from "../conditions.ts";
import type { Found } from "./find-at.ts";
import { findAt } from "./find-at.ts";
import { requireMembership, requireUnlocked } from "./lock-conditions.ts";
import { memberOf, parentOf } from "./paths.ts";
import { refusal } from "./reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

/**
 * RFC 9110, 9.3.4, and RFC 4918, 9.7. Whoever reads sees the old content or the new: an upload that is cut off changes nothing. It is read as fast as the transport
 * takes it.
 */
export const put: WebdavMethod = async (request) => {
  const { transport } = request;
  // A part of a file would replace the whole of it: RFC 9110, 14.5.
  if (request.header("content-range") !== undefined) throw refusal(400);
  // Nobody who reads the file would be told that it is coded: RFC 9110, 8.4.
  if (!/^(?:identity)?$/i.test(request.header("content-encoding") ?? "")) throw refusal(415);
  const before = await check(request);
  const mtime = transport.capabilities.setsMtime ? mtimeOf(request) : undefined;
  const upload = new Upload(request);
  try {
    await store(request, upload.content(), { mtime, isNew: before.kind === "missing" });
  } catch (error) {
    throw upload.failure ?? placeless(error);
  } finally {
    upload.end();
  }
  const headers = mtime === undefined ? {} : { "x-oc-mtime": "accepted" };
  return { status: before.kind === "missing" ? 201 : 204, headers };
};

/** The body of an upload. Before its end is told, what was checked before it came is checked again, and nobody else changes the same file from then on. */
class Upload {
  readonly #request: WebdavRequest;
  #giveBack: () => void = () => undefined;
  #ended = false;
  /** Why it did not come to its end, where it was not the transport that failed. */
  failure: unknown;

  constructor(request: WebdavRequest) {
    this.#request = request;
  }

  async *content(): AsyncGenerator<Buffer> {
    try {
      yield* this.#request.body();
      await this.#last();
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  end(): void {
    this.#ended = true;
    this.#giveBack();
  }

  /** What happens at the last moment at which it may still be refused. */
  async #last(): Promise<void> {
    const request = this.#request;
    const { site, place, transport } = request;
    // An upload that holds the only connection, as on FTP, must wait for nobody who waits for that: there what was looked at before it has to do.
    if (!transport.capabilities.concurrent) return requireUnlocked(request, place.path);
    const giveBack = await site.turns.take(place.path);
    if (this.#ended) return giveBack(); // The transport has given up meanwhile.
    this.#giveBack = giveBack;
    if (conditions.some((name) => request.header(name) !== undefined)) await check(request);
    else requireUnlocked(request, place.path);
  }
}

const conditions = ["if-match", "if-none-match", "if-unmodified-since"];

async function check(request: WebdavRequest): Promise<Found> {
  const { place } = request;
  const found = await findAt(request, place.path);
  if (found.kind === "directory" || place.slash) throw refusal(405);
  checkConditions(request.gateway, found.kind === "file" ? found.stat : undefined);
  if (found.kind === "missing") requireMembership(request, place.path);
  else requireUnlocked(request, place.path);
  return found;
}

async function store(
  { transport, place, gateway: { closing: signal } }: WebdavRequest,
  content: AsyncIterable<Uint8Array>,
  options: Pick<PutOptions, "mtime" | "isNew">,
): Promise<void> {
  const { atomicReplace, rename } = transport.capabilities;
  if (atomicReplace || !rename) {
    await transport.put(below(place.path), content, { ...options, atomic: atomicReplace, signal });
    return;
  }
  // Where a rename replaces nothing the old file goes at the last moment, and not when the upload begins.
  const temporary = below(memberOf(parentOf(place.path), tempName()));
  try {
    await transport.put(temporary, content, { mtime: options.mtime, atomic: false, signal });
    await transport.move(temporary, below(place.path));
  } catch (error) {
    // What cannot be removed either has a name that tells what it is.
    await transport.delete(temporary).catch(() => undefined);
    throw error;
  }
}

/** Seconds since 1970, as Nextcloud's clients and rclone send them. */
function mtimeOf(request: WebdavRequest): Date | undefined {
  const seconds = /^\d{1,11}(?:\.\d{1,9})?$/.exec(request.header("x-oc-mtime") ?? "")?.[0];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}

/** Where nothing can be put because of what is above it: RFC 4918, 9.7.1. */
function placeless(error: unknown): unknown {
  if (isTransportError(error, "not-found", "not-a-directory")) return refusal(409);
  return isTransportError(error, "is-a-directory") ? refusal(405) : error;
}
