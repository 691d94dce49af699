import { createHash } from "node:crypto";
import type { LookupFunction } from "node:net";
import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { Readable } from "node:stream";

import {
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it } from "vitest";

import type { S3Server, S3ServerOptions } from "../../src/testing.ts";
import { generateTlsIdentity, startS3Server } from "../../src/testing.ts";
import { s3Client, tamper } from "./s3-client.ts";

let server: S3Server;
afterEach(() => server.close());

async function start(options: S3ServerOptions = {}): Promise<S3Server> {
  return (server = await startS3Server(options));
}

const hello = { Bucket: "bucket", Key: "a key/with + signs & (more)*'!~ü.txt", Body: "hello" };
const toThisMachine: LookupFunction = (_name, { all }, callback) => {
  if (all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

describe("whom the S3 server lets in", () => {
  it("who signs with the right secret", async () => {
    const client = s3Client(await start());
    await client.send(new PutObjectCommand(hello));
    expect(String(await server.read("bucket", hello.Key))).toBe("hello");
    const { Body } = await client.send(new GetObjectCommand(hello));
    expect(await Body?.transformToString()).toBe("hello");
  });

  it("who signs for a bucket in the host's name", async () => {
    await start();
    const agent = new Agent({ lookup: toThisMachine });
    const client = s3Client(server, {
      endpoint: `http://localhost:${server.port}`,
      forcePathStyle: false,
      requestHandler: { httpAgent: agent },
    });
    await client.send(new PutObjectCommand(hello));
    expect(server.requests.at(-1)?.headers["host"]).toBe(`bucket.localhost:${server.port}`);
    expect(server.requests.at(-1)?.target).toMatch(/^\/a%20key\//);
    expect(server.keys("bucket")).toEqual([hello.Key]);
    agent.destroy();
  });

  it("who signs over TLS, where bodies are not hashed", async () => {
    const identity = await generateTlsIdentity();
    const httpsAgent = new SecureAgent({ ca: identity.cert });
    const client = s3Client(await start({ tls: identity }), { requestHandler: { httpsAgent } });
    await client.send(
      new PutObjectCommand({ ...hello, Body: Readable.from([Buffer.from("hello")]), ContentLength: 5 }),
    );
    expect(server.requests.at(-1)?.headers["x-amz-content-sha256"]).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    expect(String(await server.read("bucket", hello.Key))).toBe("hello");
    httpsAgent.destroy();
  });

  it("who brings the token that belongs to the secret", async () => {
    const users = { ASIAEXAMPLE: { secretAccessKey: "secret", sessionToken: "a token" } };
    await start({ users });
    const withToken = (sessionToken?: string) =>
      s3Client(server, {
        credentials: { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "secret", ...(sessionToken && { sessionToken }) },
      }).send(new ListBucketsCommand({}));
    await withToken("a token");
    await expect(withToken("another token")).rejects.toMatchObject({ name: "InvalidToken" });
    await expect(withToken()).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
  });

  it("nobody whose token is no longer good", async () => {
    await start({ users: { ASIA: { secretAccessKey: "secret", sessionToken: "token", expires: new Date(0) } } });
    const credentials = { accessKeyId: "ASIA", secretAccessKey: "secret", sessionToken: "token" };
    const listing = s3Client(server, { credentials }).send(new ListBucketsCommand({}));
    await expect(listing).rejects.toMatchObject({ name: "ExpiredToken", $metadata: { httpStatusCode: 400 } });
  });

  it("nobody who does not sign, unless it is told to", async () => {
    await start();
    expect((await fetch(`${server.url}bucket?list-type=2`)).status).toBe(403);
    await server.close();
    await start({ anonymous: true });
    expect((await fetch(`${server.url}bucket?list-type=2`)).status).toBe(200);
  });

  const faults: Record<string, [code: string, status: number, config: () => Parameters<typeof s3Client>[1]]> = {
    "another secret": [
      "SignatureDoesNotMatch",
      403,
      () => ({ credentials: { accessKeyId: server.accessKeyId, secretAccessKey: "another" } }),
    ],
    "an unknown access key": [
      "InvalidAccessKeyId",
      403,
      () => ({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: server.secretAccessKey } }),
    ],
    "a clock that is 20 minutes late": ["RequestTimeTooSkewed", 403, () => ({ systemClockOffset: -20 * 60_000 })],
    "a clock that is 20 minutes early": ["RequestTimeTooSkewed", 403, () => ({ systemClockOffset: 20 * 60_000 })],
    "another region": ["AuthorizationHeaderMalformed", 400, () => ({ region: "eu-west-1" })],
  };
  it.each(Object.entries(faults))("nobody with %s", async (_fault, [name, status, config]) => {
    await start();
    const error: unknown = await s3Client(server, config())
      .send(new PutObjectCommand(hello))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(server.keys("bucket")).toEqual([]);
  });

  it("nobody whose request was changed on its way", async () => {
    await start();
    const changes: Record<string, Parameters<typeof tamper>[1]> = {
      path: (request) => void (request.path = "/bucket/other"),
      method: (request) => void (request.method = "DELETE"),
      query: (request) => void (request.query = { ...request.query, versions: "" }),
      header: (request) => void (request.headers["x-amz-date"] = "20000101T000000Z"),
      metadata: (request) => void (request.headers["x-amz-meta-a"] = "changed"),
      signature: (request) =>
        void (request.headers["authorization"] =
          request.headers["authorization"]?.replace(/.$/, (last) => (last === "0" ? "1" : "0")) ?? ""),
    };
    for (const [what, change] of Object.entries(changes)) {
      const put = tamper(s3Client(server), change).send(new PutObjectCommand({ ...hello, Metadata: { a: "b" } }));
      await expect(put, what).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    }
    const unsigned = tamper(s3Client(server), (request) => void (request.headers["x-amz-acl"] = "public-read"));
    await expect(unsigned.send(new PutObjectCommand(hello))).rejects.toMatchObject({ name: "AccessDenied" });
    expect(server.keys("bucket")).toEqual([]);
  });

  it("no content that was changed on its way", async () => {
    await start();
    const changed = tamper(s3Client(server), (request) => void (request.body = "HELLO"));
    await expect(changed.send(new PutObjectCommand(hello))).rejects.toMatchObject({
      name: "XAmzContentSHA256Mismatch",
    });
    const md5 = createHash("md5").update("other").digest("base64");
    const wrong = s3Client(server).send(new PutObjectCommand({ ...hello, ContentMD5: md5 }));
    await expect(wrong).rejects.toMatchObject({ name: "BadDigest" });
    const bad = s3Client(server).send(new PutObjectCommand({ ...hello, ChecksumCRC32: "AAAAAA==" }));
    await expect(bad).rejects.toMatchObject({ name: "BadDigest" });
    expect(server.keys("bucket")).toEqual([]);
  });

  it.each(["CRC32", "CRC32C", "SHA1", "SHA256"] as const)("content whose %s comes after it", async (algorithm) => {
    const identity = await generateTlsIdentity();
    const httpsAgent = new SecureAgent({ ca: identity.cert });
    const client = s3Client(await start({ tls: identity }), { requestHandler: { httpsAgent } });
    const Body = Readable.from([Buffer.alloc(100_000, "a"), Buffer.alloc(50_000, "b")]);
    await client.send(new PutObjectCommand({ ...hello, Body, ContentLength: 150_000, ChecksumAlgorithm: algorithm }));
    expect(server.requests.at(-1)?.headers["x-amz-trailer"]).toBe(`x-amz-checksum-${algorithm.toLowerCase()}`);
    // The client verifies what it gets by the checksum that was stored.
    const got = await client.send(new GetObjectCommand({ ...hello, ChecksumMode: "ENABLED" }));
    expect((await got.Body?.transformToByteArray())?.length).toBe(150_000);
    expect(got[`Checksum${algorithm}`]).toBeDefined();
    httpsAgent.destroy();
  });

  it("a HEAD is refused without a body, with the region that would be right", async () => {
    await start({ region: "eu-central-1" });
    const wrong = s3Client(server, { region: "us-east-1" }).send(new HeadBucketCommand({ Bucket: "bucket" }));
    const error = (await wrong.catch((reason: unknown) => reason)) as { $response?: { headers: unknown } };
    expect(error.$response?.headers).toMatchObject({ "x-amz-bucket-region": "eu-central-1" });
    const { BucketRegion } = await s3Client(server).send(new HeadBucketCommand({ Bucket: "bucket" }));
    expect(BucketRegion).toBe("eu-central-1");
  });

  it("counts connections and requests, and asks the test what becomes of each", async () => {
    await start({
      onRequest: ({ operation }) =>
        operation === "ListObjectsV2" ? { status: 503, body: "<Error><Code>SlowDown</Code></Error>" } : "answer",
    });
    const client = s3Client(server);
    await client.send(new ListBucketsCommand({}));
    await expect(client.send(new ListObjectsV2Command({ Bucket: "bucket" }))).rejects.toMatchObject({
      name: "SlowDown",
    });
    expect(server.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "GET /?x-id=ListBuckets",
      "GET /bucket/?list-type=2",
    ]);
    expect(server.accepted).toBe(1);
  });
});
