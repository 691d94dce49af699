import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import type { ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3";
import { HeadObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

import { ensureBuilt, root } from "./built-package.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const Bucket = "bucket";

/** What a client may take beyond what it had before, whatever the size of what it puts: some parts on their way, and what is not collected yet. */
const boundBytes = 160 * mebibyte;

/** An S3 server; `cutsFrom` is the number of the part from which on it cuts every connection in the middle of an upload's part. */
const serverProgram = `
  import { startS3Server } from "samewire/testing";
  const cutsFrom = Number(process.argv[1]);
  const server = await startS3Server({
    onRequest: ({ operation, target }) => {
      const part = Number(new URL(target, "http://host").searchParams.get("partNumber"));
      return operation === "UploadPart" && part >= cutsFrom ? { takes: 1_000_000, next: "drop" } : "answer";
    },
  });
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  console.log(JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey }));
  process.stdin.on("end", () => void server.close()).resume();
`;

/** Puts a stream of a size; the argument says of what size, after which the source fails or the caller gives up, and where. */
const clientProgram = `
  import { createHash } from "node:crypto";
  import * as samewire from "samewire";
  const { s3, sizeBytes, failsAt, abortsAt, reread } = JSON.parse(process.argv[1]);
  const abort = new AbortController();
  const piece = 1024 * 1024;
  async function* source(hash) {
    for (let at = 0; at < sizeBytes; at += piece) {
      if (at === failsAt) throw new RangeError("the source failed");
      if (at === abortsAt) abort.abort();
      const bytes = Buffer.alloc(piece, String(at));
      hash?.update(bytes);
      yield bytes;
    }
  }
  const transport = samewire.getTransport("s3://bucket/", [], { s3 });
  await transport.put("small", "what has to be loaded is loaded");
  globalThis.gc();
  const before = process.memoryUsage.rss();
  const written = createHash("sha1");
  const outcome = await transport.put("large", source(reread ? written : undefined), { signal: abort.signal }).then(
    (bytes) => ({ bytes }),
    ({ code, effect, message }) => ({ code, effect, message }),
  );
  const taken = process.resourceUsage().maxRSS * 1024 - before;
  let same;
  if (reread) {
    const read = createHash("sha1");
    for await (const chunk of await transport.get("large")) read.update(chunk);
    same = read.digest("hex") === written.digest("hex");
  }
  await transport.disconnect();
  console.log(JSON.stringify({ ...outcome, taken, same }));
`;

interface Service {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Outcome {
  readonly bytes?: number;
  readonly code?: string;
  readonly effect?: string;
  readonly message?: string;
  /** Resident memory beyond what there was before the put, at its peak. */
  readonly taken: number;
  readonly same?: boolean;
}

describe("a put of a gibibyte to S3 from a stream", { timeout: 120_000 }, () => {
  const children: ChildProcess[] = [];
  let server: ChildProcess | undefined;
  let client: S3Client;
  let service: Service;

  beforeAll(() => ensureBuilt());
  afterEach(async () => {
    client.destroy();
    for (const child of children.splice(0)) {
      // The server removes its files before it ends; a client has ended, or never would.
      child.stdin?.end();
      if (child !== server) child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });

  /** Runs a program in a process of its own, and answers with the first line that it says. */
  async function run<Said>(program: string, argument: string): Promise<Said> {
    const parameters = ["--expose-gc", "--input-type=module", "--eval", program, argument];
    const child = spawn(process.execPath, parameters, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Said;
    throw new Error("the program said nothing");
  }

  async function serve(cutsFrom = Infinity): Promise<void> {
    service = await run<Service>(serverProgram, String(cutsFrom));
    [server] = children;
    const { endpoint, region, ...credentials } = service;
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  }

  const put = (how: object = {}): Promise<Outcome> =>
    run<Outcome>(clientProgram, JSON.stringify({ s3: { ...service }, sizeBytes: gibibyte, ...how }));

  async function uploads(): Promise<ListMultipartUploadsCommandOutput["Uploads"]> {
    return (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  }

  /** Asserts that nothing is left but what was there before. */
  async function expectNothing(): Promise<void> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(["small"]);
    expect(await uploads()).toEqual([]);
  }

  it("arrives whole, and takes no more memory than some parts", async () => {
    await serve();
    const { bytes, taken, same } = await put({ reread: true });
    expect({ bytes, same }).toEqual({ bytes: gibibyte, same: true });
    expect(taken).toBeLessThan(boundBytes);
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: "large" }));
    expect(ContentLength).toBe(gibibyte);
    expect(await uploads()).toEqual([]);
  });

  it("whose source fails in the middle leaves no object and no upload", async () => {
    await serve();
    const { taken, ...outcome } = await put({ failsAt: gibibyte / 2 });
    expect(outcome).toMatchObject({ effect: "none", message: expect.stringContaining("the source failed") as string });
    expect(taken).toBeLessThan(boundBytes);
    await expectNothing();
  });

  it("that is aborted in the middle leaves no object and no upload", async () => {
    await serve();
    const { taken, ...outcome } = await put({ abortsAt: gibibyte / 2 });
    expect(outcome).toMatchObject({ code: "aborted" });
    expect(taken).toBeLessThan(boundBytes);
    await expectNothing();
  });

  it("whose connections are cut in the middle, again and again, leaves no object and no upload", async () => {
    await serve(20);
    const { taken, ...outcome } = await put();
    expect(outcome).toMatchObject({ code: "connection-lost" });
    expect(taken).toBeLessThan(boundBytes);
    await expectNothing();
  });
});
