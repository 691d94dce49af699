import { abortedWith } from "../../connection/abort.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import type { HttpRange } from "../../drivers/http-range.ts";
import { takenWhole } from "../../drivers/taken-whole.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { PartReader, ReadLimits } from "../../transport/primitives.ts";
import { isRepeated } from "../../transport/repetition.ts";
import type { Location } from "../../url/location.ts";
import type { Part } from "./s3-read.ts";
import { bytesOf, changedMeanwhile, openPart } from "./s3-read.ts";

/** Reads parts of an object, each by a request of its own: S3 gives one range at a time. All of them are of the version that the first was of. */
export class S3PartReader implements PartReader {
  readonly limits: ReadLimits = {
    // A request costs as long as some hundred kilobytes, and money.
    mergeGapBytes: 128 * 1024,
    maxReadBytes: 4 * 1024 * 1024,
    aheadBytes: 16 * 1024 * 1024,
    aheadReads: 16,
  };
  readonly #objects: S3Objects;
  readonly #at: Location;
  readonly #operation: Operation;
  readonly #ending: AbortController;
  /** The tag of the version that is read; the first part finds it out, and the others wait for it. */
  #version: Promise<string | undefined> | undefined;

  constructor(objects: S3Objects, at: Location, operation: Operation) {
    this.#objects = objects;
    this.#at = at;
    this.#ending = abortedWith(operation.signal);
    this.#operation = { name: operation.name, signal: this.#ending.signal };
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (this.#version !== undefined) return await this.#readOf(await this.#version, offset, length);
    const first = this.#readFirst(offset, length);
    this.#version = first.then(({ etag }) => etag);
    this.#version.catch(() => undefined); // It is the first read's to tell.
    return (await first).bytes;
  }

  close(): Promise<void> {
    this.#ending.abort(new TransportError("aborted", "nobody reads any more"));
    return Promise.resolve();
  }

  async #readFirst(offset: number, length: number): Promise<{ bytes: Buffer; etag: string | undefined }> {
    return await this.#taken({ offset, length }, async (part) => {
      // Where the first part is behind the end no other one is asked for.
      if (part === undefined) return { bytes: Buffer.alloc(0), etag: undefined };
      return { bytes: await this.#bytesOf(part, length), etag: etagOf(part) };
    });
  }

  /** Each answer says of which version it is. That is compared, and not made a condition, which Swift refuses for objects that were sent in parts. */
  async #readOf(version: string | undefined, offset: number, length: number): Promise<Buffer> {
    return await this.#taken({ offset, length }, async (part) => {
      if (part === undefined) return Buffer.alloc(0);
      if (version === undefined || etagOf(part) === version) return await this.#bytesOf(part, length);
      await part.answer.discard();
      throw changedMeanwhile();
    });
  }

  #taken<T>(range: HttpRange, take: (part: Part | undefined) => Promise<T>): Promise<T> {
    return takenWhole(
      { repeatable: isRepeated("readv"), signal: this.#operation.signal },
      () => openPart(this.#objects, this.#at, range, this.#operation),
      take,
    );
  }

  #bytesOf(part: Part, length: number): Promise<Buffer> {
    return bytesOf(this.#objects, this.#at, part, length, this.#operation);
  }
}

function etagOf({ answer }: Part): string | undefined {
  return answer.headers.get("etag");
}
