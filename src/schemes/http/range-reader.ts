import { abortedWith } from "../../connection/abort.ts";
import type { HttpAnswer } from "../../drivers/http-answer.ts";
import { boundaryOf, maxPartHeadBytes, parseByteranges } from "../../drivers/http-byteranges.ts";
import { statusError } from "../../drivers/http-failure.ts";
import type { HttpHeaders } from "../../drivers/http-message.ts";
import type { HttpPipeline } from "../../drivers/http-pipeline.ts";
import { checkedRange, formatRanges, parseContentRange, parseUnsatisfied } from "../../drivers/http-range.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { PartReader, ReadLimits } from "../../transport/primitives.ts";
import { isRepeated } from "../../transport/repetition.ts";
import type { Location } from "../../url/location.ts";
import { FileVersion } from "./file-version.ts";
import { isADirectory } from "./http-read.ts";
import type { HttpRequests, Place } from "./http-requests.ts";
import { isThere, statAt } from "./http-stat.ts";
import type { Read } from "./range-delivery.ts";
import {
  atMost,
  bytesOf,
  covers,
  deliver,
  deliverFrom,
  deliverMissing,
  distribute,
  inOrder,
  isAffordable,
  keptBytes,
  wantedBytes,
} from "./range-delivery.ts";

/** Ranges in one request: as many as Apache allows, and the header stays below the 8 KiB that servers take. */
const rangesPerRequest = 200;
/** Bytes in one answer to several ranges, which is held in memory. */
const bytesPerRequest = 2 * 1024 * 1024;
/** Requests on their way: more of them only wait. */
const inFlight = 8;
/** What a server was seen to do with several ranges at once. Remembered for its connection. */
export interface ServerMemory {
  ranges: "unknown" | "many" | "one";
  /** Whether it answers requests that were sent one behind the other; undefined where that was not seen. */
  pipelines?: boolean;
}

/**
 * Reads parts of a file: many ranges in one request where the server can, one in each of several requests where it cannot, all of the file
 * where it knows no ranges. Whatever it does, all parts are of one version of the file.
 */
export class RangeReader implements PartReader {
  readonly limits: ReadLimits = {
    // What a part's head costs, and what a server is bothered with, is worth some bytes more.
    mergeGapBytes: 2 * 1024,
    maxReadBytes: 1024 * 1024,
    aheadBytes: 8 * 1024 * 1024,
    aheadReads: 1024,
  };
  readonly #requests: HttpRequests;
  readonly #memory: ServerMemory;
  readonly #operation: Operation;
  readonly #ending: AbortController;
  #place: Place;
  #version: FileVersion | undefined;
  /** The server sent everything where a part was asked for: it may do otherwise with another file. */
  #rangeless = false;
  #whole: Buffer | undefined;
  #queue: Read[] = [];
  #running = 0;
  #isClosed = false;
  #scheduled = false;
  /** Something that was asked for among others did not come: from then on each request waits for its own answer. */
  #oneAtATime = false;

  constructor(requests: HttpRequests, memory: ServerMemory, location: Location, operation: Operation) {
    this.#requests = requests;
    this.#memory = memory;
    this.#place = requests.place(location);
    this.#ending = abortedWith(operation.signal);
    this.#operation = { name: operation.name, signal: this.#ending.signal };
  }

  read(offset: number, length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ offset, length, resolve, reject });
      if (this.#scheduled) return;
      // Whoever asks for many asks for them in one go.
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#send();
      });
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#ending.abort();
    this.#queue = [];
    return Promise.resolve();
  }

  #send(): void {
    if (this.#running === 0 && this.#mayPipeline()) return this.#sendTogether();
    // What the server can do is found out by one request.
    const most = this.#memory.ranges === "unknown" || this.#version === undefined ? 1 : inFlight;
    while (this.#queue.length > 0 && this.#running < most) {
      // A few that are wanted while others are on their way wait for more of their kind.
      if (this.#running > 0 && this.#memory.ranges === "many" && !this.#fillsRequest()) return;
      const reads = this.#next();
      this.#running++;
      void this.#serve(reads).finally(() => {
        this.#running--;
        this.#send();
      });
    }
  }

  /** Whether so much is wanted that a request of its own is worth it. */
  #fillsRequest(): boolean {
    return this.#queue.length >= rangesPerRequest || wantedBytes(this.#queue) >= bytesPerRequest;
  }

  /** Where there is more than one request can ask for, and nothing speaks against it. */
  #mayPipeline(): boolean {
    const { ranges, pipelines = true } = this.#memory;
    if (!pipelines || this.#oneAtATime || this.#rangeless || this.#queue.length <= rangesPerRequest) return false;
    return ranges === "many" || (ranges === "unknown" && this.#requests.offersRanges(this.#place));
  }

  #sendTogether(): void {
    const groups: (readonly Read[])[] = [];
    while (this.#queue.length > 0 && groups.length < inFlight) groups.push(this.#next());
    this.#running++;
    void this.#serveTogether(groups).finally(() => {
      this.#running--;
      this.#send();
    });
  }

  /** Asks for groups one behind the other on one connection. What does not come as it should is asked for again, where whatever is wrong is dealt with. */
  async #serveTogether(groups: readonly (readonly Read[])[]): Promise<void> {
    let answered = 0;
    let pipeline: HttpPipeline | undefined;
    try {
      pipeline = await this.#askTogether(groups);
      for (const answer of pipeline?.answers ?? []) {
        const head = await answer;
        if (head.status !== 206) break;
        await this.#take(groups[answered] as readonly Read[], head);
        answered++;
      }
    } catch {
      // It is met again, or it was the server's trouble with this way of asking.
    }
    if (answered === groups.length) return;
    pipeline?.abort(new TransportError("aborted", "the rest is asked for again"));
    this.#oneAtATime = true;
    if (pipeline !== undefined && answered < 2) this.#memory.pipelines = false;
    if (!this.#isClosed) this.#queue.unshift(...groups.slice(answered).flat());
  }

  async #askTogether(groups: readonly (readonly Read[])[]): Promise<HttpPipeline | undefined> {
    const { client, location } = this.#place;
    if (location.directory) return undefined;
    const calls = groups.map((reads) => ({
      method: "GET",
      target: location.target,
      headers: this.#headersFor(formatRanges(inOrder(reads))),
    }));
    const { name, signal } = this.#operation;
    return await client.pipeline(calls, { operation: name, signal });
  }

  /** The reads for one request. */
  #next(): Read[] {
    if (this.#rangeless) return this.#queue.splice(0);
    if (this.#memory.ranges === "one") return this.#queue.splice(0, 1);
    let [count, bytes] = [0, 0];
    for (const { length } of this.#queue) {
      if (count === rangesPerRequest || (count > 0 && bytes + length > bytesPerRequest)) break;
      count++;
      bytes += length;
    }
    return this.#queue.splice(0, count);
  }

  async #serve(reads: readonly Read[]): Promise<void> {
    let answer: HttpAnswer | undefined;
    try {
      if (this.#whole !== undefined) return deliver(reads, this.#whole);
      await takenWhole(
        { repeatable: isRepeated("readv"), signal: this.#operation.signal },
        async () => (answer = await this.#ask(this.#rangeless ? undefined : formatRanges(inOrder(reads)))),
        (taken) => this.#take(reads, taken),
      );
    } catch (error) {
      await answer?.discard();
      const failure = toTransportError(error);
      for (const { reject } of reads) reject(failure);
    }
  }

  async #take(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
    const { status, headers } = answer;
    if (status === 416) return await this.#takeEnd(reads, answer);
    if (status !== 206) return await this.#takeWhole(reads, answer);
    const boundary = boundaryOf(headers.get("content-type"));
    if (boundary !== undefined) return await this.#takeParts(reads, answer, boundary);
    const [only] = reads;
    if (reads.length > 1 || only === undefined) return await this.#takeMerged(reads, answer);
    const { length, total } = checkedRange(headers, only);
    this.#sameVersion(headers, total);
    if (this.#memory.ranges === "unknown") this.#memory.ranges = "many";
    only.resolve(await bytesOf(answer, length));
  }

  async #takeParts(reads: readonly Read[], answer: HttpAnswer, boundary: string): Promise<void> {
    const body = await answer.bytes(atMost(wantedBytes(reads) + reads.length * maxPartHeadBytes));
    this.#memory.ranges = "many";
    const parts = parseByteranges(body, boundary);
    for (const total of new Set(parts.map((part) => part.total))) this.#sameVersion(answer.headers, total);
    const byOffset = new Map(parts.map((part) => [part.offset, part]));
    for (const read of reads) {
      // Servers may join what is near; most do not.
      const part = byOffset.get(read.offset) ?? parts.find((one) => covers(one, read));
      if (part !== undefined) deliverFrom(read, part.bytes, part);
      else deliverMissing(read, parts[0]?.total);
    }
  }

  /** One part came where several were asked for: all of them in one, or the first alone. */
  async #takeMerged(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
    const range = parseContentRange(answer.headers.get("content-range"));
    if (range === undefined) throw new TransportError("protocol-error", "the server does not say which part it sends");
    this.#sameVersion(answer.headers, range.total);
    if (!isAffordable(range.length, reads)) return await this.#askOneByOne(reads, answer);
    const bytes = await bytesOf(answer, range.length);
    const [here, left] = [reads.filter((read) => covers(range, read)), reads.filter((read) => !covers(range, read))];
    for (const read of here) deliverFrom(read, bytes, range);
    if (left.length > 0) await this.#askOneByOne(left, answer);
  }

  /** Everything came where parts were asked for: the server knows no ranges, or not several at once. */
  async #takeWhole(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
    this.#sameVersion(answer.headers, answer.length);
    if (!this.#rangeless && reads.length > 1 && !isAffordable(answer.length ?? Infinity, reads))
      return await this.#askOneByOne(reads, answer);
    this.#rangeless = true;
    if ((answer.length ?? Infinity) > keptBytes) return await distribute(reads, answer);
    this.#whole = await answer.bytes();
    deliver(reads, this.#whole);
  }

  /** The file ends before any of the parts. */
  async #takeEnd(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
    await answer.discard();
    this.#version?.requireSame(answer.headers, parseUnsatisfied(answer.headers.get("content-range")));
    for (const { resolve } of reads) resolve(Buffer.alloc(0));
  }

  async #askOneByOne(reads: readonly Read[], answer: HttpAnswer): Promise<void> {
    await answer.discard();
    this.#memory.ranges = "one";
    this.#queue.unshift(...reads);
  }

  async #ask(range: string | undefined): Promise<HttpAnswer> {
    if (this.#place.location.directory) await this.#refuseDirectory();
    const headers = range === undefined ? {} : this.#headersFor(range);
    const found = await this.#requests.find(this.#place, { method: "GET", headers }, this.#operation);
    if (found.kind === "directory") throw isADirectory();
    // Where a redirect led once, all parts are read: another mirror may have another version.
    this.#place = found.place;
    const { answer } = found;
    if (isThere(answer.status) || (answer.status === 416 && range !== undefined)) return answer;
    await answer.discard();
    throw statusError(answer.status, answer.headers);
  }

  #headersFor(range: string): Record<string, string> {
    const ifRange = this.#version?.ifRange;
    return { range, ...(ifRange === undefined ? undefined : { "if-range": ifRange }) };
  }

  async #refuseDirectory(): Promise<void> {
    const { type } = await statAt(this.#requests, this.#place, this.#operation);
    if (type === "directory") throw isADirectory();
  }

  #sameVersion(headers: HttpHeaders, total: number | undefined): void {
    if (this.#version === undefined) this.#version = new FileVersion(headers, total);
    else this.#version.requireSame(headers, total);
  }
}
