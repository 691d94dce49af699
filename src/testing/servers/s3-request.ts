import type { S3Target } from "./s3-address.ts";
import type { S3Checksum } from "./s3-checksums.ts";
import type { S3Condition } from "./s3-conditions.ts";
import { S3Error } from "./s3-error.ts";
import type { S3Storage } from "./s3-storage.ts";
import type { S3Bucket } from "./s3-store.ts";
import type { XmlElement } from "../../gateway/webdav/xml.ts";
import { parseXml } from "../../gateway/webdav/xml.ts";

/** What a server serves, and within which bounds. */
export interface S3Site {
  readonly buckets: Map<string, S3Bucket>;
  readonly storage: S3Storage;
  readonly region: string;
  /** Keys of a page at most. */
  readonly pageKeys: number;
  /** Bytes of every part but the last at least. */
  readonly minPartBytes: number;
  /** Conditions that it pays no attention to. */
  readonly ignores: ReadonlySet<S3Condition>;
}

/** A request that was let in. */
export class S3Request {
  readonly method: string;
  readonly target: S3Target;
  /** To be read once. Throws where it is not what was said of it. */
  readonly content: AsyncIterable<Buffer>;
  /** Once the content was read. */
  readonly checksum: () => S3Checksum | undefined;
  readonly #headers: Readonly<Record<string, string | string[] | undefined>>;

  constructor(
    method: string,
    target: S3Target,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    payload: { readonly content: AsyncIterable<Buffer>; readonly checksum: () => S3Checksum | undefined },
  ) {
    this.method = method;
    this.target = target;
    this.#headers = headers;
    this.content = payload.content;
    this.checksum = payload.checksum;
  }

  get key(): string {
    return this.target.key ?? "";
  }

  header(name: string): string | undefined {
    return this.#headers[name]?.toString();
  }

  /** Headers whose names begin so. */
  headersFrom(prefix: string): Readonly<Record<string, string>> {
    const names = Object.keys(this.#headers).filter((name) => name.startsWith(prefix));
    return Object.fromEntries(names.map((name) => [name, this.header(name) ?? ""]));
  }

  parameter(name: string): string | undefined {
    return this.target.query.get(name);
  }

  /** A whole number of the query. Throws InvalidArgument for what is none. */
  number(name: string, fallback: number): number {
    const value = this.parameter(name);
    if (value === undefined || value === "") return fallback;
    if (!/^\d{1,10}$/.test(value))
      throw new S3Error("InvalidArgument", `Provided ${name} not an integer or within integer range`);
    return Number(value);
  }

  /** The bucket that it is about. Throws NoSuchBucket. */
  bucketOf({ buckets }: S3Site): S3Bucket {
    const bucket = buckets.get(this.target.bucket ?? "");
    if (bucket === undefined) throw new S3Error("NoSuchBucket", undefined, { BucketName: this.target.bucket ?? "" });
    return bucket;
  }

  /** Its content as XML with a root of this name. Throws MalformedXML. */
  async xml(root: string): Promise<XmlElement> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.content) chunks.push(chunk);
    const element = parseXml(Buffer.concat(chunks).toString("utf8"));
    if (element?.name !== root) throw new S3Error("MalformedXML");
    return element;
  }
}

/** The text of a child of this name; undefined where there is none. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}
