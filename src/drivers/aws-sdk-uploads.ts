import { createHash } from "node:crypto";

import type {
  CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommandOutput,
  UploadPartCommandOutput,
  UploadPartCopyCommandOutput,
} from "@aws-sdk/client-s3";

import { TransportError } from "../errors/transport-error.ts";
import type { ObjectName, S3Objects, S3Operation } from "./aws-sdk-objects.ts";
import { copySource } from "./aws-sdk-objects.ts";
import type { AwsSdk } from "./aws-sdk-package.ts";

/** A part that the service has. */
interface Part {
  readonly number: number;
  readonly etag: string;
}

/** An object that is sent in parts. Nobody sees it before it is complete; what is neither completed nor given up is stored, and paid for, for ever. */
export class Upload {
  readonly name: ObjectName;
  readonly #objects: S3Objects;
  readonly #id: string;
  readonly #parts: Part[] = [];

  private constructor(objects: S3Objects, name: ObjectName, id: string) {
    this.#objects = objects;
    this.name = name;
    this.#id = id;
  }

  static async begin(objects: S3Objects, name: ObjectName, operation: S3Operation): Promise<Upload> {
    const command = (sdk: AwsSdk): object =>
      new sdk.CreateMultipartUploadCommand({ Bucket: name.bucket, Key: name.key });
    const { UploadId: id } = await objects.send<CreateMultipartUploadCommandOutput>(command, operation);
    if (id === undefined) throw new TransportError("protocol-error", "the service does not say which upload it began");
    return new Upload(objects, name, id);
  }

  /** Sends a part; `number` counts from 1 and says where it belongs. All but the last have 5 MiB or more. */
  async part(number: number, content: Uint8Array, operation: S3Operation): Promise<void> {
    const command = (sdk: AwsSdk): object =>
      new sdk.UploadPartCommand({ ...this.#place, PartNumber: number, Body: content });
    const { ETag: etag } = await this.#objects.send<UploadPartCommandOutput>(command, operation);
    this.#have(number, etag);
  }

  /** Takes a part of another object, on the server. */
  async copyPart(
    number: number,
    from: ObjectName,
    range: { readonly offset: number; readonly length: number },
    operation: S3Operation,
  ): Promise<void> {
    const command = (sdk: AwsSdk): object =>
      new sdk.UploadPartCopyCommand({
        ...this.#place,
        PartNumber: number,
        CopySource: copySource(from),
        CopySourceRange: `bytes=${range.offset}-${range.offset + range.length - 1}`,
      });
    const output = await this.#objects.send<UploadPartCopyCommandOutput>(command, operation);
    this.#have(number, output.CopyPartResult?.ETag);
  }

  /** Makes an object of the parts: from now on it is there. */
  async complete(operation: S3Operation): Promise<void> {
    const command = (sdk: AwsSdk): object =>
      new sdk.CompleteMultipartUploadCommand({
        ...this.#place,
        MultipartUpload: { Parts: this.#sorted.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
      });
    const { ETag: etag } = await this.#objects.send<CompleteMultipartUploadCommandOutput>(command, operation, {
      changes: true,
    });
    if (etag === undefined)
      throw new TransportError("protocol-error", "the service does not say that the upload is complete", {
        effect: "unknown",
      });
  }

  /** The tag of the object that its parts make, where theirs are digests, as they are unless the service encrypts: the digest of these, and how many they are. */
  get etag(): string | undefined {
    const digests = this.#sorted.map(({ etag }) => /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1]);
    if (digests.length === 0 || digests.includes(undefined)) return undefined;
    const all = Buffer.from(digests.join(""), "hex");
    return `"${createHash("md5").update(all).digest("hex")}-${digests.length}"`;
  }

  /** Gives it up, with all of its parts. */
  async abort(operation: S3Operation): Promise<void> {
    await this.#objects.send((sdk) => new sdk.AbortMultipartUploadCommand(this.#place), operation);
  }

  get #place(): { readonly Bucket: string; readonly Key: string; readonly UploadId: string } {
    return { Bucket: this.name.bucket, Key: this.name.key, UploadId: this.#id };
  }

  get #sorted(): readonly Part[] {
    return this.#parts.toSorted((one, other) => one.number - other.number);
  }

  #have(number: number, etag: string | undefined): void {
    if (etag === undefined) throw new TransportError("protocol-error", "the service does not say that it has a part");
    this.#parts.push({ number, etag });
  }
}
