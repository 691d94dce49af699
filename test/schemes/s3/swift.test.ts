import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { inspect } from "node:util";

import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { S3Options, Transport, TransportError } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { S3Objects } from "../../../src/drivers/aws-sdk-objects.ts";
import { HttpClient } from "../../../src/drivers/http-client.ts";
import { S3Connector } from "../../../src/schemes/s3/s3-connector.ts";
import { copyObject } from "../../../src/schemes/s3/s3-copy.ts";
import type { ConnectedTransport } from "../../../src/transport/connected-transport.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { S3Server } from "../../servers/s3-server.ts";
import { startS3 } from "../../servers/s3-server.ts";

const mebibyte = 1024 * 1024;

async function* pieces(count: number, failure?: Error): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) {
    await Promise.resolve();
    yield Buffer.alloc(mebibyte, n + 1);
  }
  if (failure !== undefined) throw failure;
}

describe.runIf(hasProgram("swift"))(titleNeeding("swift", "s3: on OpenStack Swift"), () => {
  let server: S3Server;
  let client: S3Client;
  let s3: S3Options;
  let transport: Transport;
  let tests = 0;
  beforeAll(async () => {
    server = await startS3();
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    s3 = { endpoint, region, accessKeyId, secretAccessKey };
    const credentials = { accessKeyId, secretAccessKey };
    client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
    for (const Bucket of ["bucket", "other"]) await client.send(new CreateBucketCommand({ Bucket }));
    transport = getTransport("s3://bucket/", [], { s3 });
  });
  afterEach(() => {
    vi.useRealTimers();
    tests++;
  });
  afterAll(async () => {
    await transport.disconnect();
    client.destroy();
    await server.stop();
  });

  const place = async (): Promise<Transport> => {
    const here = transport.clone(`test ${tests}`);
    await here.ensureBase();
    return here;
  };
  const failure = (work: Promise<unknown>): Promise<TransportError> =>
    work.then(
      (value) => expect.unreachable(inspect(value)),
      (error: unknown) => error as TransportError,
    );
  /** What the server was asked meanwhile, without the queries. */
  const asked = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    // The log comes a moment later than the answer: one more request, of our own, marks its end.
    const mark = async (): Promise<number> => {
      const path = `mark-${randomUUID()}`;
      await transport.has(path);
      const isMark = (request: string): boolean => request.includes(path);
      await expect.poll(() => server.requests.findIndex(isMark)).toBeGreaterThan(-1);
      return server.requests.findIndex(isMark);
    };
    const before = (await mark()) + 1;
    await work();
    const after = await mark();
    return server.requests.slice(before, after).map((request) => request.replace(/\?\S*/, "?"));
  };

  it("takes one request to describe a file, a directory, and what is missing", async () => {
    const here = await place();
    await here.put("dir/file", "content", { createParents: true });
    await here.put("dir-1", "beside");
    for (const [path, type] of [
      ["dir/file", "file"],
      ["dir", "directory"],
      ["dir/", "directory"],
      ["dir/none", undefined],
    ] as const) {
      const requests = await asked(async () => {
        if (type === undefined) expect(await here.has(path)).toBe(false);
        else expect((await here.stat(path)).type).toBe(type);
      });
      expect(requests, path).toHaveLength(1);
    }
  });

  it("sends what is large in parts, on one connection, and what it says of its length and content is true", async () => {
    const here = await place();
    const [accepted, begun] = [server.accepted, server.requests.length];
    expect(await here.put("large", Readable.from(pieces(19)))).toBe(19 * mebibyte);
    expect(server.requests.slice(begun).filter((request) => /PUT .*partNumber=/.test(request))).toHaveLength(3);
    expect(server.accepted).toBe(accepted);
    expect((await here.stat("large")).sizeBytes).toBe(19 * mebibyte);
    const [first, last] = await Promise.all([
      here.getBytes("large", { length: 2 }),
      here.getBytes("large", { offset: 19 * mebibyte - 2 }),
    ]);
    expect([[...first], [...last]]).toEqual([
      [1, 1],
      [19, 19],
    ]);
  });

  it("leaves nothing of a large put whose source fails, and says so by the source's own error", async () => {
    const here = await place();
    await here.put("large", "old");
    const broken = new Error("the source broke");
    const begun = server.requests.length;
    expect((await failure(here.put("large", pieces(12, broken)))).cause).toBe(broken);
    await expect.poll(() => server.requests.at(-1)).toMatch(/^DELETE .*large\?.*uploadId=\S+ 204$/);
    expect(server.requests.slice(begun).some((request) => /^POST .*uploads/.test(request))).toBe(true);
    expect(String(await here.getBytes("large"))).toBe("old");
  });

  it("copies what is larger than one request takes in parts, on the server", async () => {
    const here = await place();
    await here.put("from", pieces(17));
    const name = (key: string): { bucket: string; key: string } => ({ bucket: "bucket", key: `test ${tests}/${key}` });
    const { connection } = here as unknown as ConnectedTransport;
    const { connector } = connection;
    if (!(connector instanceof S3Connector)) return expect.unreachable();
    const http = new HttpClient(connection as HttpClient["connection"], () => connector);
    const objects = new S3Objects(http, () => connector.service);
    const operation = { name: "copy", signal: undefined };
    const { sizeBytes } = await objects.head(name("from"), operation);
    const limits = { wholeBytes: mebibyte, partBytes: 6 * mebibyte };
    await copyObject(objects, name("from"), sizeBytes, name("to"), operation, limits);
    const copied = await here.getBytes("to");
    expect(copied.length).toBe(17 * mebibyte);
    expect(copied.equals(await here.getBytes("from"))).toBe(true);
    // Another length than it has: it changed after it was looked at.
    const copying = copyObject(objects, name("from"), sizeBytes - 1, name("to"), operation, limits);
    expect(await failure(copying)).toMatchObject({ code: "unexpected", temporary: true });
    expect((await here.getBytes("to")).equals(copied)).toBe(true);
  });

  it("deletes a tree by a request for many, with every key that no path can say", async () => {
    const here = await place();
    const keys = ["a/b/c", "a//d", "a/./e", "a/../f", "a/g h+ü&<%41", "a/", "a-b", "b/x"];
    for (const key of keys)
      await client.send(
        new PutObjectCommand({ Bucket: "bucket", Key: `test ${tests}/${key}`, Body: Buffer.from("content") }),
      );
    const requests = await asked(() => here.deleteTree("a"));
    expect(requests.filter((request) => /^POST .* 200$/.test(request))).toHaveLength(1);
    expect(requests.some((request) => request.startsWith("DELETE"))).toBe(false);
    const left: string[] = [];
    for await (const { name } of here.list()) left.push(name);
    expect(left.toSorted()).toEqual(["a-b", "b"]);
  });

  it("keeps a directory that only keys made, when its last file is deleted", async () => {
    const here = await place();
    await client.send(
      new PutObjectCommand({ Bucket: "bucket", Key: `test ${tests}/implied/file`, Body: Buffer.from("content") }),
    );
    await here.delete("implied/file");
    expect((await here.stat("implied")).type).toBe("directory");
    await here.rmdir("implied");
    expect(await here.has("implied")).toBe(false);
  });

  it("does not mix two versions of a file that changes between two parts", async () => {
    const here = await place();
    await here.put("file", Buffer.alloc(2 * mebibyte, "a"));
    const parts = here.readv("file", [
      { offset: 0, length: 10 },
      { offset: mebibyte, length: 10 },
    ]);
    // What is asked for ahead may have come already.
    const read = async (): Promise<string> => {
      let text = "";
      for await (const part of parts) {
        if (text === "") await here.put("file", Buffer.alloc(2 * mebibyte, "b"));
        text += String(part);
      }
      return text;
    };
    const outcome = await read().catch((error: unknown) => error as TransportError);
    if (typeof outcome === "string") expect(outcome).toBe("a".repeat(20));
    else expect(outcome).toMatchObject({ code: "unexpected", temporary: true, operation: "readv" });
  });

  it("reads parts of a file that was sent in parts, and copies it", async () => {
    const here = await place();
    await here.put("file", pieces(17));
    await here.copy("file", "copy");
    const ranges = [16, 0, 9].map((n) => ({ offset: n * mebibyte + 5, length: 3 }));
    for (const path of ["file", "copy"]) {
      const found: number[] = [];
      for await (const part of here.readv(path, ranges)) found.push(...part);
      expect(found).toEqual([17, 17, 17, 1, 1, 1, 10, 10, 10]);
    }
  });

  it("reads from two buckets on one connection", async () => {
    await client.send(new PutObjectCommand({ Bucket: "other", Key: "file", Body: Buffer.from("other") }));
    const list: Transport[] = [];
    const accepted = server.accepted;
    const one = getTransport("s3://bucket/", list, { s3 });
    await one.has("file");
    expect(String(await getTransport("s3://other/", list).getBytes("file"))).toBe("other");
    expect([server.accepted - accepted, list.length]).toEqual([1, 1]);
    await one.disconnect();
  });

  it("refuses another secret once, however many ask, and shows neither of them nor a signature", async () => {
    const secret = "another-secret-entirely";
    const stranger = getTransport("s3://bucket/", [], { s3: { ...s3, secretAccessKey: secret } });
    const requests = await asked(async () => {
      const all = Array.from({ length: 50 }, () => failure(stranger.stat("file")));
      for (const error of await Promise.all(all)) {
        expect(error).toMatchObject({ code: "authentication-failed", operation: "stat", effect: "none" });
        const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
        expect(shown).not.toContain(secret);
        expect(shown).not.toMatch(/Signature=|AWS4-HMAC|[0-9a-f]{64}/);
      }
    });
    expect(requests).toHaveLength(1);
    await failure(stranger.connect().then(() => stranger.stat("file")));
    expect(inspect(stranger, { depth: 9, showHidden: true })).not.toContain(secret);
    await stranger.disconnect();
  });

  it("refuses an unknown access key, and says that a bucket is missing", async () => {
    const unknown = getTransport("s3://bucket/", [], { s3: { ...s3, accessKeyId: "nobody" } });
    expect((await failure(unknown.stat("file"))).code).toBe("authentication-failed");
    await unknown.disconnect();
    const missing = getTransport("s3://missing/", [], { s3 });
    const verbs = [missing.stat("file"), missing.getBytes("file"), missing.put("file", "x"), missing.mkdir("dir")];
    for (const error of await Promise.all(verbs.map(failure)))
      expect(error).toMatchObject({
        code: "not-found",
        hint: expect.stringContaining("bucket") as string,
      });
    expect(await missing.has("file")).toBe(false);
    await missing.disconnect();
  });

  it("takes the time from the service where this machine's clock is wrong", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * 3_600_000 });
    const late = getTransport("s3://bucket/", [], { s3 });
    expect(await late.has("nothing")).toBe(false);
    await late.disconnect();
  });
});
