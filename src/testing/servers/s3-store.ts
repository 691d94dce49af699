import type { S3Checksum, S3ChecksumName } from "./s3-checksums.ts";
import type { S3Content } from "./s3-storage.ts";

/** What is stored with an object beside its content. */
export interface S3Facts {
  /** Such as `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  /** `x-amz-meta-*`, names as headers have them. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface S3Object extends S3Facts {
  readonly key: string;
  /** The content, one after the other. */
  readonly contents: readonly S3Content[];
  readonly sizeBytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modified: Date;
  readonly checksum: S3Checksum | undefined;
}

export interface S3Part {
  readonly number: number;
  readonly content: S3Content;
  readonly modified: Date;
  readonly checksum: S3Checksum | undefined;
}

/** An object that is being put together. */
export interface S3Upload extends S3Facts {
  readonly id: string;
  readonly key: string;
  readonly begun: Date;
  /** The checksum that each part comes with, where one was announced. */
  readonly checksum: S3ChecksumName | undefined;
  readonly parts: Map<number, S3Part>;
}

/** A bucket with its objects and the uploads that go on. */
export class S3Bucket {
  readonly name: string;
  readonly created: Date = new Date();
  readonly uploads: Map<string, S3Upload> = new Map();
  readonly #objects = new Map<string, S3Object>();
  readonly #sorted: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Keys in the order of their UTF-8. */
  get keys(): readonly string[] {
    return this.#sorted;
  }

  get(key: string): S3Object | undefined {
    return this.#objects.get(key);
  }

  set(object: S3Object): void {
    const before = this.#objects.get(object.key);
    this.#objects.set(object.key, object);
    if (before === undefined) this.#sorted.splice(firstFrom(this.#sorted, object.key), 0, object.key);
    else release(before);
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    this.#sorted.splice(firstFrom(this.#sorted, key), 1);
    release(object);
  }
}

/** Where in sorted keys the first is that is not before `key`. */
export function firstFrom(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byUtf8(sorted[middle] as string, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The order of UTF-8, which is not that of UTF-16: surrogates come after everything else. */
export function byUtf8(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [a, b] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

function rank(codeUnit: number): number {
  const isSurrogate = codeUnit >= 0xd800 && codeUnit < 0xe000;
  return isSurrogate ? codeUnit + 0x10000 : codeUnit;
}

function release({ contents }: S3Object): void {
  for (const content of contents) content.release();
}

/** What is between two offsets of contents that lie one after the other. */
export async function* readContents(contents: readonly S3Content[], from: number, to: number): AsyncGenerator<Buffer> {
  // It may be deleted while it is read.
  for (const content of contents) content.hold();
  try {
    let start = 0;
    for (const content of contents) {
      const end = start + content.sizeBytes;
      if (from < end && to > start) yield* content.read(Math.max(from, start) - start, Math.min(to, end) - start);
      start = end;
    }
  } finally {
    for (const content of contents) content.release();
  }
}
