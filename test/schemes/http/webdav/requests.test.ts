import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import type { Transport } from "../../../../src/index.ts";
import { copyTree, getTransport } from "../../../../src/index.ts";
import type { WebdavServer, WebdavServerOptions } from "../../../../src/testing.ts";
import { startWebdavServer, webdavServerKinds } from "../../../../src/testing.ts";
import { startApache } from "../../../servers/apache.ts";
import { hasProgram, titleNeeding } from "../../../servers/find-servers.ts";
import { startNginx } from "../../../servers/nginx.ts";

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** How often each method was asked for while something was done. */
async function asked(
  server: { readonly requests: readonly { readonly method: string }[] },
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = server.requests.length;
  await work();
  const methods: Record<string, number> = {};
  for (const { method } of server.requests.slice(before)) methods[method] = (methods[method] ?? 0) + 1;
  return methods;
}

async function serve(options: WebdavServerOptions = {}): Promise<{ server: WebdavServer; transport: Transport }> {
  const server = await startWebdavServer(options);
  cleanUps.push(() => server.close());
  return { server, transport: connect(server.port, 4) };
}

function connect(port: number, connections: number): Transport {
  const transport = getTransport(`dav://127.0.0.1:${port}/`, undefined, { connections });
  cleanUps.push(() => transport.disconnect());
  return transport;
}

/** Three directories with ten small files each. */
async function localTree(): Promise<{ transport: Transport; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  cleanUps.push(() => rm(folder, { recursive: true }));
  for (const directory of ["a", "b", "c"]) {
    await mkdir(join(folder, directory));
    for (let file = 0; file < 10; file++) await writeFile(join(folder, directory, `${file}`), `${directory}${file}`);
  }
  return { transport: getTransport(folder), folder };
}

describe("requests to a WebDAV server", () => {
  it("for a new file are the upload and the move into its place", async () => {
    const { server, transport } = await serve();
    const first = await asked(server, () => transport.put("first", "content", { isNew: true }));
    expect(first).toEqual({ OPTIONS: 1, PUT: 1, MOVE: 1 });
    const second = await asked(server, () => transport.put("second", "content", { isNew: true }));
    expect(second).toEqual({ PUT: 1, MOVE: 1 });
    expect(String(await transport.getBytes("second"))).toBe("content");
  });

  it("for a new file are the upload alone where the server shows nothing of it before it is whole", async () => {
    const { server, transport } = await serve(webdavServerKinds.apache);
    const many = Array.from({ length: 20 }, (_, file) => `${file}`);
    const put = (path: string): Promise<number> => transport.put(path, path, { isNew: true });
    expect(await asked(server, () => Promise.all(many.map(put)))).toEqual({ OPTIONS: 1, PUT: 20 });
    for (const path of many) expect(String(await transport.getBytes(path))).toBe(path);
    // What is read from a source may be cut off in the middle of a chunk.
    const stream = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from("content");
    };
    expect(await asked(server, () => transport.put("stream", stream(), { isNew: true }))).toEqual({ PUT: 1, MOVE: 1 });
  });

  it("for a new file are the upload and the move where the server writes into the file itself", async () => {
    const { server, transport } = await serve(webdavServerKinds.rclone);
    await transport.put("first", "content", { isNew: true });
    expect(await asked(server, () => transport.put("second", "content", { isNew: true }))).toEqual({ PUT: 1, MOVE: 1 });
  });

  it("are asked anew which server it is where the first who asked gave up", async () => {
    let options = 0;
    let second = (): void => undefined;
    const asking = new Promise<void>((resolve) => (second = resolve));
    const first = new AbortController();
    const { server, transport } = await serve({
      ...webdavServerKinds.apache,
      onRequest: async ({ method }) => {
        if (method !== "OPTIONS" || ++options > 1) return "answer";
        await asking;
        first.abort();
        return "drop";
      },
    });
    const given = transport.put("first", "content", { isNew: true, signal: first.signal });
    const waiting = transport.put("second", "content", { isNew: true });
    second();
    await expect(given).rejects.toMatchObject({ code: "aborted" });
    expect(await waiting).toBe(7);
    expect(server.requests.filter(({ method }) => method === "MOVE")).toEqual([]);
  });

  it("for a tree are one for each file and directory, up and down", async () => {
    const { server, transport } = await serve(webdavServerKinds.apache);
    const local = await localTree();
    const target = transport.clone("tree");
    const up = await asked(server, () => copyTree(local.transport, target, { preserve: { mode: false } }));
    // Once: what there is above the top, whether the server makes a directory twice, and whether it keeps uploads whole.
    expect(up).toEqual({ PROPFIND: 1, OPTIONS: 1, MKCOL: 1 + 4, PUT: 30 });
    const copy = await mkdtemp(join(tmpdir(), "samewire-"));
    cleanUps.push(() => rm(copy, { recursive: true }));
    const down = await asked(server, () => copyTree(target, getTransport(copy)));
    expect(down).toEqual({ PROPFIND: 4, GET: 30 });
    expect((await readdir(copy, { recursive: true })).toSorted()).toEqual(
      (await readdir(local.folder, { recursive: true })).toSorted(),
    );
  });
});

const wholeServers = [
  ["apache", () => startApache({ dav: true })] as const,
  ["nginx-dav", () => startNginx({ dav: true })] as const,
] as const;

for (const [program, start] of wholeServers)
  describe.runIf(hasProgram(program))(titleNeeding(program, "a new file on a real server"), () => {
    it(`is uploaded under its own name to ${program}, which keeps nothing of one that is cut off`, async () => {
      const server = await start();
      cleanUps.push(() => server.stop());
      const transport = connect(server.port, 1);
      for (const name of ["first", "second"]) await transport.put(name, "content", { isNew: true });
      await sendHalf(server.port, "cut");
      await transport.put("third", "content", { isNew: true });
      expect(await transport.has("cut")).toBe(false);
      expect((await readdir(server.root)).toSorted()).toEqual(["first", "second", "third"]);
      // A request is logged after its answer.
      const logged = (): string[] => server.requests.map(({ method, target }) => `${method} ${target}`);
      await expect.poll(logged).toContain("PUT /third");
      expect(logged()).toEqual(expect.arrayContaining(["PUT /first", "PUT /second"]));
      expect(server.requests.some(({ method }) => method === "MOVE")).toBe(false);
    });
  });

/** Begins an upload, and goes away in the middle of it. */
async function sendHalf(port: number, name: string): Promise<void> {
  const socket = connectSocket({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  const head = `PUT /${name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n`;
  await new Promise((sent) => socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(500_000)]), sent));
  socket.destroy();
  await once(socket, "close");
}
