import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer } from "node:http2";
import type { Server } from "node:net";
import { Readable } from "node:stream";

import { CountedHttpServer } from "./counted-http-server.ts";
import type { HttpHandler, HttpListenerOptions, HttpReaction, HttpServerRequest } from "./http-listener.ts";
import { handlerOf, listen, react } from "./http-listener.ts";
import type { S3Address, S3Target } from "./s3-address.ts";
import { targetOf } from "./s3-address.ts";
import type { S3Condition } from "./s3-conditions.ts";
import type { S3DoorOptions } from "./s3-door.ts";
import { admit } from "./s3-door.ts";
import { S3Error, errorDocument } from "./s3-error.ts";
import type { S3OperationName } from "./s3-operations.ts";
import { operate, operationOf } from "./s3-operations.ts";
import { payloadOf } from "./s3-payload.ts";
import type { S3Reply } from "./s3-reply.ts";
import { sendReply } from "./s3-reply.ts";
import type { S3Site } from "./s3-request.ts";
import { S3Request } from "./s3-request.ts";
import { S3Storage } from "./s3-storage.ts";
import { S3Bucket, readContents } from "./s3-store.ts";
import type { S3User, S3Users } from "./s3-users.ts";
import type { UploadFault } from "./webdav-body.ts";
import { EarlyAnswer, bodyOf } from "./webdav-body.ts";

/** A request as an S3 server got it. */
export interface S3ServerRequest extends HttpServerRequest, S3Address {
  /** What it asks for; undefined where this server has no such operation. */
  readonly operation: S3OperationName | undefined;
}

/** What becomes of a request: as of any over HTTP; or it is done and the connection cut instead of the answer; or something happens to its body. */
export type S3Reaction = HttpReaction | "drop-after" | UploadFault;

/** Options of `startS3Server`. */
export interface S3ServerOptions extends Pick<HttpListenerOptions, "host" | "tls" | "closes" | "keepAliveTimeoutMs"> {
  /** Who may sign, by access key. Default: one user, whose keys are the server's `accessKeyId` and `secretAccessKey`. */
  readonly users?: S3Users;
  /** Lets in who does not sign. Default false. */
  readonly anonymous?: boolean;
  /** Default us-east-1. */
  readonly region?: string;
  /** Buckets that are there from the beginning. Default: one, `bucket`. */
  readonly buckets?: readonly string[];
  /** Host names below which a name is a bucket (virtual-hosted style). Default `localhost`. */
  readonly domains?: readonly string[];
  /** Keys of a page at most. Default 1000, as S3 has it. */
  readonly pageKeys?: number;
  /** Bytes of every part but the last at least. Default 5 MiB, as S3 has it. */
  readonly minPartBytes?: number;
  /** What is larger is kept in a file of a temporary folder. Default 16 MiB. */
  readonly memoryBytes?: number;
  /** Conditions that it pays no attention to, as some services do. Default: none. */
  readonly ignores?: readonly S3Condition[];
  /** Called for every request, also those that are not let in. For tests of faults. */
  readonly onRequest?: (request: S3ServerRequest) => S3Reaction | Promise<S3Reaction>;
}

const mebibyte = 1024 * 1024;

/**
 * An S3 server in this process that verifies signatures and counts everything: for tests. Buckets are found by path and by host name; there are no
 * versions, and nobody owns anything.
 */
export class S3Server extends CountedHttpServer {
  /** Of the first user. */
  readonly accessKeyId: string;
  /** The secret of the first user. */
  readonly secretAccessKey: string;
  /** What signatures must be for. */
  readonly region: string;
  readonly #site: S3Site;

  constructor(
    server: Server | Http2SecureServer,
    facts: { host: string; secure: boolean; site: S3Site; users: S3Users },
    handle: HttpHandler,
  ) {
    super(server, facts, handle);
    const [[accessKeyId, { secretAccessKey }] = ["", { secretAccessKey: "" }]] = Object.entries(facts.users);
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.region = facts.site.region;
    this.#site = facts.site;
    // Who waits to be told is told when the body is read, so that a refusal comes without it.
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) =>
      server.emit("request", request, response),
    );
  }

  /** The endpoint for clients, without a slash at its end. */
  get endpoint(): string {
    return this.url.slice(0, -1);
  }

  /** The keys in a bucket, in their order. */
  keys(bucket: string): readonly string[] {
    return this.#bucket(bucket).keys;
  }

  /** The keys of uploads in parts that were neither completed nor aborted. */
  uploads(bucket: string): readonly string[] {
    return Array.from(this.#bucket(bucket).uploads.values(), ({ key }) => key);
  }

  /** Stores an object without a request. */
  async write(bucket: string, key: string, content: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(content);
    const stored = await this.#site.storage.store(Readable.from([bytes]));
    this.#bucket(bucket).set({
      key,
      contents: [stored],
      sizeBytes: bytes.length,
      etag: stored.md5,
      modified: new Date(),
      checksum: undefined,
      headers: { "content-type": "binary/octet-stream" },
      metadata: {},
    });
  }

  /** An object's content; undefined where there is none. */
  async read(bucket: string, key: string): Promise<Buffer | undefined> {
    const object = this.#bucket(bucket).get(key);
    if (object === undefined) return undefined;
    const chunks: Buffer[] = [];
    for await (const chunk of readContents(object.contents, 0, object.sizeBytes)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#site.storage[Symbol.asyncDispose]();
  }

  #bucket(name: string): S3Bucket {
    const bucket = this.#site.buckets.get(name);
    if (bucket === undefined) throw new RangeError(`there is no bucket ${JSON.stringify(name)}`);
    return bucket;
  }
}

/** Starts an S3 server on a free port of this machine. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3Server> {
  const { host = "127.0.0.1", users = someUser(), anonymous = false, region = "us-east-1" } = options;
  const { domains = ["localhost"], onRequest = () => "answer" as const } = options;
  const site: S3Site = {
    buckets: new Map((options.buckets ?? ["bucket"]).map((name) => [name, new S3Bucket(name)])),
    storage: new S3Storage(options.memoryBytes ?? 16 * mebibyte),
    region,
    pageKeys: options.pageKeys ?? 1000,
    minPartBytes: options.minPartBytes ?? 5 * mebibyte,
    ignores: new Set(options.ignores),
  };
  const handle = handlerOf<Exclude<S3Reaction, HttpReaction>>(
    options,
    (seen) => onRequest({ ...seen, ...addressOf(seen, domains) }),
    async (request, response, reaction) => {
      const fault = typeof reaction === "object" ? reaction : undefined;
      const { method = "" } = request;
      const body = bodyOf(request, response, { fault, continues: true });
      try {
        const reply = await answer(site, { users, region, anonymous }, domains, request, body);
        if (reaction === "drop-after") return void request.socket.destroy();
        await sendReply(response, method, reply);
      } catch (error) {
        if (!(error instanceof EarlyAnswer)) throw error;
        react(response, method, error.answer);
      }
      request.resume(); // What was not read of the body is in nobody's way.
    },
  );
  return new S3Server(await listen(options), { host, secure: options.tls !== undefined, site, users }, handle);
}

function someUser(): Readonly<Record<string, S3User>> {
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  return { [accessKeyId]: { secretAccessKey: randomBytes(30).toString("base64") } };
}

/** What a request is about, as far as it can be told. */
function addressOf(
  { method, target: url, headers }: HttpServerRequest,
  domains: readonly string[],
): S3Address & Pick<S3ServerRequest, "operation"> {
  try {
    const target = targetOf(url, headers["host"]?.toString(), domains);
    const { bucket, key } = target;
    return { bucket, key, operation: operationOf(method, target, isCopy(headers)) };
  } catch (error) {
    if (error instanceof S3Error) return { bucket: undefined, key: undefined, operation: undefined };
    throw error;
  }
}

function isCopy(headers: IncomingMessage["headers"] | HttpServerRequest["headers"]): boolean {
  return headers["x-amz-copy-source"] !== undefined;
}

/** Lets a request in and does what it asks for; a refusal is an answer, too. */
async function answer(
  site: S3Site,
  door: S3DoorOptions,
  domains: readonly string[],
  { method = "", url = "/", headers }: IncomingMessage,
  body: AsyncIterable<Buffer>,
): Promise<S3Reply> {
  const id = randomBytes(8).toString("hex").toUpperCase();
  const told = { "x-amz-request-id": id, "x-amz-id-2": id };
  try {
    const target: S3Target = targetOf(url, headers.host, domains);
    const admission = admit(door, { ...target, method, headers });
    const request = new S3Request(method, target, headers, payloadOf(headers, body, admission));
    const reply = await operate(operationOf(method, target, isCopy(headers)), site, request);
    return { ...reply, headers: { ...told, ...reply.headers } };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const region = error.details["Region"];
    return {
      status: error.status,
      headers: {
        ...told,
        "content-type": "application/xml",
        ...(region === undefined ? {} : { "x-amz-bucket-region": region }),
        ...(error.details["ETag"] === undefined ? {} : { etag: `"${error.details["ETag"]}"` }),
      },
      body: errorDocument(error, { Resource: url.split("?", 1)[0] ?? "", RequestId: id }),
    };
  }
}
