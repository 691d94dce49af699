import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import type { S3Server } from "../../../src/testing.ts";
import { startS3Server } from "../../../src/testing.ts";

describe("requests to S3", () => {
  let server: S3Server;
  let transport: Transport;
  beforeEach(async () => {
    server = await startS3Server();
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    transport = getTransport("s3://bucket/", [], { s3: { endpoint, region, accessKeyId, secretAccessKey } });
  });
  afterEach(async () => {
    await transport.disconnect();
    await server.close();
  });

  async function asked(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = server.requests.length;
    await work();
    const methods: Record<string, number> = {};
    for (const { method } of server.requests.slice(before)) methods[method] = (methods[method] ?? 0) + 1;
    return methods;
  }

  it("for many files that are put into one directory look for it once", async () => {
    await server.write("bucket", "dir/first", "content");
    const many = Array.from({ length: 50 }, (_, n) => `dir/file ${n}`);
    expect(await asked(() => Promise.all(many.map((path) => transport.put(path, path))))).toEqual({ GET: 1, PUT: 50 });
    expect(await asked(() => transport.put("dir/last", "content"))).toEqual({ PUT: 1 });
  });

  it("for new files are one for each", async () => {
    await transport.mkdir("dir");
    const many = Array.from({ length: 20 }, (_, n) => `dir/file ${n}`);
    const put = (path: string): Promise<number> => transport.put(path, path, { isNew: true });
    expect(await asked(() => Promise.all(many.map(put)))).toEqual({ PUT: 20 });
    for (const path of many) expect(String(await transport.getBytes(path))).toBe(path);
    await expect(transport.put("", "content", { isNew: true })).rejects.toMatchObject({ code: "is-a-directory" });
  });

  it("see a directory in the way that was made meanwhile, and none that was deleted", async () => {
    await server.write("bucket", "dir/first", "content");
    await transport.put("dir/second", "content");
    await transport.mkdir("dir/sub");
    await expect(transport.put("dir/sub", "content")).rejects.toMatchObject({ code: "is-a-directory" });
    await transport.rmdir("dir/sub");
    expect(await transport.put("dir/sub", "content")).toBe(7);
    await transport.deleteTree("dir");
    await expect(transport.put("dir/third", "content")).rejects.toMatchObject({ code: "not-found" });
  });

  it("see a directory in the way among more entries than one look tells", async () => {
    for (let n = 0; n < 120; n++) await server.write("bucket", `dir/${String(n).padStart(3, "0")}/file`, "content");
    await expect(transport.put("dir/119", "content")).rejects.toMatchObject({ code: "is-a-directory" });
    expect(await transport.put("dir/11", "content")).toBe(7);
  });

  it("for a file in the bucket itself, or with others that begin with its name, are no more than they need", async () => {
    expect(await asked(() => transport.put("file", "content"))).toEqual({ GET: 1, PUT: 1 });
    for (let n = 0; n < 30; n++) await server.write("bucket", `file-${n}`, "content");
    expect(await asked(() => transport.stat("file"))).toEqual({ GET: 1 });
    expect(await asked(() => transport.getBytes("file"))).toEqual({ GET: 1 });
    await server.write("bucket", "file/below", "content");
    expect(await asked(async () => expect((await transport.stat("file/")).type).toBe("directory"))).toEqual({ GET: 2 });
  });
});
