import { createHash } from "node:crypto";
import type {
  CopyObjectCommandOutput,
  DeleteObjectsCommandOutput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  PutObjectCommandOutput,
} from "@aws-sdk/client-s3";

import { TransportError } from "../errors/transport-error.ts";
import { effectOfChange, serviceError } from "./aws-sdk-errors.ts";
import type { AwsSdk } from "./aws-sdk-package.ts";
import type { S3Call, S3Service } from "./aws-sdk.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpClient } from "./http-client.ts";
import type { HttpRange } from "./http-range.ts";
import { formatRanges } from "./http-range.ts";

/** An object by its bucket and its whole name in it, which is plain text. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** What is known of an object. */
export interface ObjectFacts {
  readonly sizeBytes: number;
  readonly modified: Date | undefined;
  readonly etag: string | undefined;
}

/** What must hold for a change to be made, if the service pays attention to it: that nothing is there, or the version with this tag. */
export type Precondition = "absent" | { readonly etag: string };

/** What `S3Objects` is told of the verb that it works for. */
export interface S3Operation {
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  /** Whether its requests are sent again after a lost connection. Default true: bytes that are sent twice are the same bytes. */
  readonly repeatable?: boolean;
}

/** What S3 can do with whole objects, in requests that are made by the SDK and sent on the wires of one shared connection. */
export class S3Objects {
  readonly client: HttpClient;
  readonly #service: () => S3Service;

  /** `service` is asked for every request: until it has connected, a connection may take up credentials. */
  constructor(client: HttpClient, service: () => S3Service) {
    this.client = client;
    this.#service = service;
  }

  /** Rejects with `not-found`. Where it is refused, the answer has no words for it. */
  async head({ bucket, key }: ObjectName, operation: S3Operation): Promise<ObjectFacts> {
    const command = (sdk: AwsSdk): object => new sdk.HeadObjectCommand({ Bucket: bucket, Key: key });
    const output = await this.send<HeadObjectCommandOutput>(command, operation);
    return { sizeBytes: output.ContentLength ?? 0, modified: output.LastModified, etag: output.ETag };
  }

  /** The checksum that was stored with the whole object, in base64; undefined where there is none of this kind. Rejects with `not-found`. */
  async checksum(
    { bucket, key }: ObjectName,
    algorithm: "sha256" | "sha1",
    operation: S3Operation,
  ): Promise<string | undefined> {
    const command = (sdk: AwsSdk): object =>
      new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" });
    const output = await this.send<HeadObjectCommandOutput>(command, operation);
    // Of an object that was put together it is a checksum of its parts' checksums.
    if (output.ChecksumType === "COMPOSITE") return undefined;
    return algorithm === "sha256" ? output.ChecksumSHA256 : output.ChecksumSHA1;
  }

  /** The answer to a GET, whose body is the caller's to take. Rejects with `not-found`, `range-not-satisfiable`. */
  async get({ bucket, key }: ObjectName, range: HttpRange | undefined, operation: S3Operation): Promise<HttpAnswer> {
    const part = range === undefined ? {} : { Range: formatRanges([range]) };
    const command = (sdk: AwsSdk): object => new sdk.GetObjectCommand({ Bucket: bucket, Key: key, ...part });
    let answer: HttpAnswer | undefined;
    await this.send<GetObjectCommandOutput>(command, operation, { take: (taken) => (answer = taken) });
    if (answer === undefined) throw new TransportError("protocol-error", "the service gave no content");
    return answer;
  }

  /** Stores an object whole: who reads it sees the old content or the new. Resolves with its tag. Where `only` does not hold: see `isConditionRefused`. */
  async put(
    { bucket, key }: ObjectName,
    content: Uint8Array,
    operation: S3Operation,
    only?: Precondition,
  ): Promise<string | undefined> {
    const condition = only === undefined ? {} : only === "absent" ? { IfNoneMatch: "*" } : { IfMatch: only.etag };
    const command = (sdk: AwsSdk): object =>
      new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ...condition });
    return (await this.send<PutObjectCommandOutput>(command, operation, { changes: true })).ETag;
  }

  /** Also of an object that is not there. Where it has another tag than `etag`: see `isConditionRefused`. */
  async delete({ bucket, key }: ObjectName, operation: S3Operation, etag?: string): Promise<void> {
    const condition = etag === undefined ? {} : { IfMatch: etag };
    const command = (sdk: AwsSdk): object => new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key, ...condition });
    await this.send(command, operation, { changes: true });
  }

  /** Deletes up to a thousand objects by one request. Rejects with the first failure in its answer. */
  async deleteMany(bucket: string, keys: readonly string[], operation: S3Operation): Promise<void> {
    const command = (sdk: AwsSdk): object => {
      const objects = keys.map((key) => ({ Key: key }));
      const made = new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects } });
      // What the SDK sends in its place some services do not know, and all of them know this.
      made.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { readonly body: string; readonly headers: Record<string, string> };
          request.headers["content-md5"] = createHash("md5").update(request.body).digest("base64");
          return next(args);
        },
        { step: "build", name: "contentMd5" },
      );
      return made;
    };
    const output = await this.send<DeleteObjectsCommandOutput>(command, operation, { changes: true });
    const { Deleted: deleted = [], Errors: errors = [] } = output;
    const failures = errors.map(({ Code: code = "", Message: message = "", Key: path }) =>
      serviceError(code, message).with({ path }),
    );
    const [first] = failures;
    if (first === undefined && deleted.length >= keys.length) return;
    if (first === undefined)
      throw new TransportError("protocol-error", "the service does not say that it deleted all", { effect: "unknown" });
    const areRefused = errors.length >= keys.length && failures.every((one) => effectOfChange(one) === "none");
    throw first.with({ effect: areRefused ? "none" : "unknown" });
  }

  /** Copies an object of up to 5 GiB. */
  async copy(from: ObjectName, to: ObjectName, operation: S3Operation): Promise<void> {
    const command = (sdk: AwsSdk): object =>
      new sdk.CopyObjectCommand({ Bucket: to.bucket, Key: to.key, CopySource: copySource(from) });
    const output = await this.send<CopyObjectCommandOutput>(command, operation, { changes: true });
    if (output.CopyObjectResult?.ETag === undefined)
      throw new TransportError("protocol-error", "the service does not say that it copied", { effect: "unknown" });
  }

  /** Sends any request of the SDK. */
  async send<Output>(
    command: (sdk: AwsSdk) => object,
    { name, signal, repeatable = true }: S3Operation,
    more: Pick<S3Call, "take" | "changes"> = {},
  ): Promise<Output> {
    const call = { client: this.client, operation: name, signal, repeatable, ...more };
    return await this.#service().send<Output>(command, call);
  }
}

/** How a header says an object: in a URL's letters. */
export function copySource({ bucket, key }: ObjectName): string {
  return `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
}
