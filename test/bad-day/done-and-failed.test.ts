import { afterEach, describe, expect, it } from "vitest";

import type { Transport, TransportError } from "../../src/index.ts";
import { getTransport, isTempName, isTransportError, retry } from "../../src/index.ts";
import type { S3Server, WebdavServerOptions } from "../../src/testing.ts";
import { fastClock, startS3Server, startWebdavServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import type { FailingFront } from "./failing-front.ts";
import { startFailingFront } from "./failing-front.ts";

const bucket = "bucket";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function frontOf(behind: string): Promise<FailingFront> {
  const front = await startFailingFront(behind);
  closing.push(() => front.close());
  return front;
}

interface Site {
  readonly front: FailingFront;
  readonly transport: Transport;
  /** What is there, by its path, without temporaries. */
  readonly everything: () => Promise<Record<string, string>>;
}

async function davSite(options: WebdavServerOptions = {}): Promise<Site & { readonly direct: Transport }> {
  const server = await startWebdavServer(options);
  closing.push(() => server.close());
  for (const [path, content] of Object.entries({ "/file": "old", "/other": "other", "/dir/member": "member" }))
    seedTree(server.tree, path, content);
  server.tree.mkdir("/empty");
  const front = await frontOf(server.url);
  const open = (url: string): Transport => {
    const transport = getTransport(url.replace(/^http/, "dav"), [], { proxy: null, netrc: null });
    closing.push(() => transport.disconnect());
    return transport;
  };
  const direct = open(server.url);
  return { front, transport: open(front.origin), direct, everything: () => everythingOn(direct) };
}

async function s3Site(): Promise<Site & { readonly server: S3Server }> {
  const server = await startS3Server();
  closing.push(() => server.close());
  for (const [key, content] of Object.entries({ file: "old", other: "other", "dir/member": "member" }))
    await server.write(bucket, key, content);
  const front = await frontOf(server.endpoint);
  const { region, accessKeyId, secretAccessKey } = server;
  const open = (endpoint: string): Transport => {
    const s3 = { endpoint, region, accessKeyId, secretAccessKey };
    const transport = getTransport(`s3://${bucket}/`, [], { proxy: null, s3 });
    closing.push(() => transport.disconnect());
    return transport;
  };
  const direct = open(server.endpoint);
  return { front, server, transport: open(front.origin), everything: () => everythingOn(direct) };
}

async function everythingOn(transport: Transport, directory = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, stat } of transport.list(directory)) {
    const path = directory === "" ? name : `${directory}/${name}`;
    if (stat?.type !== "directory") found[path] = String(await transport.getBytes(path));
    else Object.assign(found, { [`${path}/`]: "" }, await everythingOn(transport, path));
  }
  return Object.fromEntries(Object.entries(found).filter(([path]) => !path.split("/").some(isTempName)));
}

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  const error = await work.then(
    (value) => expect.unreachable(`it resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (!isTransportError(error)) throw error;
  return error;
}

const mebibyte = 1024 * 1024;

async function* large(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 20; n++) {
    await Promise.resolve();
    yield Buffer.alloc(mebibyte, "new");
  }
}

const changes: Readonly<Record<string, (transport: Transport) => Promise<unknown>>> = {
  put: (transport) => transport.put("file", "new"),
  "put of something new": (transport) => transport.put("new", "new"),
  "put in place": (transport) => transport.put("file", "new", { atomic: false }),
  mkdir: (transport) => transport.mkdir("new"),
  delete: (transport) => transport.delete("file"),
  deleteTree: (transport) => transport.deleteTree("dir"),
  move: (transport) => transport.move("file", "renamed"),
  copy: (transport) => transport.copy("file", "other"),
};
const onDav = {
  ...changes,
  rmdir: (at: Transport) => at.rmdir("empty"),
  rename: (at: Transport) => at.rename("dir", "new"),
};
const onS3 = { ...changes, "put in parts": (at: Transport) => at.put("file", large()) };

/** What changes something by itself; the others only read. */
const reading = /^(?:GET|HEAD|PROPFIND|OPTIONS)$/;

/** A status is said of one of the changes that a verb makes, the `nth`, or of none. Resolves with how it ended. */
async function examine(
  site: Site,
  work: (transport: Transport) => Promise<unknown>,
  { status, nth }: { readonly status: number; readonly nth: number },
): Promise<{ readonly error: TransportError | undefined; readonly changes: number; readonly isAsBefore: boolean }> {
  const before = await site.everything();
  let changes = 0;
  site.front.fail(({ method }) => (!reading.test(method) && ++changes === nth ? status : undefined));
  const error = await work(site.transport).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !isTransportError(error)) throw error;
  const after = await site.everything();
  return { error, changes, isAsBefore: JSON.stringify(before) === JSON.stringify(after) };
}

describe.each<[string, () => Promise<Site>, Readonly<Record<string, (transport: Transport) => Promise<unknown>>>]>([
  ["dav", davSite, onDav],
  ["s3", s3Site, onS3],
])("over %s, what is done while a server says that it failed", (_scheme, open, verbs) => {
  describe.each([500, 502])("with %i", (status) => {
    it.each(Object.entries(verbs))("may have been done: %s", async (_verb, work) => {
      const { error: none, changes, isAsBefore: nothing } = await examine(await open(), work, { status, nth: 0 });
      expect([none, nothing]).toEqual([undefined, false]);
      for (let nth = 1; nth <= changes; nth++) {
        const { error, isAsBefore } = await examine(await open(), work, { status, nth });
        if (error === undefined) continue;
        if (!isAsBefore) expect(error.effect, `at change ${nth}: ${String(error)}`).toBe("unknown");
        else expect(error.effect, `at change ${nth}: ${String(error)}`).not.toBe("done");
      }
    });
  });
});

/** Says of the first change of a kind that it failed. Returns how often such a change was asked for. */
function failingOnce(front: FailingFront, about: (method: string, target: string) => boolean): () => number {
  let asked = 0;
  front.fail(({ method, target }) => (about(method, target) && ++asked === 1 ? 500 : undefined));
  return () => asked;
}

describe("retry, where a server failed that may have done it,", () => {
  const patient = { clock: fastClock(50) };

  it.each([
    ["dav", davSite, "MOVE"],
    ["s3", s3Site, "PUT"],
  ] as const)("puts once more, since that is the same, over %s", async (_scheme, open, last) => {
    const { front, transport, everything } = await open();
    const asked = failingOnce(front, (method) => method === last);
    expect(await retry(transport, patient).put("file", "new")).toBe(3);
    expect(asked()).toBe(2);
    expect(await everything()).toMatchObject({ file: "new" });
  });

  it.each([
    ["dav", davSite],
    ["s3", s3Site],
  ] as const)("does not delete once more what is another's by then, over %s", async (_scheme, open) => {
    const { front, transport } = await open();
    const asked = failingOnce(front, (method) => method === "DELETE");
    expect(await failureOf(retry(transport, patient).delete("file"))).toMatchObject({ effect: "unknown" });
    expect(asked()).toBe(1);
  });

  it("says what an earlier attempt leaves open, whatever becomes of the last one", async () => {
    const { front, transport } = await s3Site();
    let asked = 0;
    front.fail(({ method }) => (method === "PUT" ? (++asked === 1 ? 500 : 403) : undefined));
    const error = await failureOf(retry(transport, patient).put("file", "new"));
    expect(error).toMatchObject({ code: "permission-denied", effect: "unknown" });
    expect(asked).toBe(2);
  });
});

describe("a lock over dav, of which a server says that it failed when it was taken,", () => {
  it("is held by who took it, where a directory is the lock", async () => {
    const { front, transport, direct } = await davSite({ maxLockMs: 60_000 });
    await (await transport.lock("dir/member")).release();
    const asked = failingOnce(front, (method, target) => method === "MOVE" && target.includes("dir"));
    const lock = await transport.lock("dir/member");
    expect(asked()).toBe(1);
    expect(await direct.lockInfo("dir/member")).toMatchObject({ pid: process.pid });
    await lock.release();
    expect(await direct.lockInfo("dir/member")).toBeUndefined();
  });

  it("may be held, where the server keeps it, and that is said", async () => {
    const { front, transport } = await davSite();
    failingOnce(front, (method) => method === "LOCK");
    expect(await failureOf(transport.lock("file"))).toMatchObject({ code: "unexpected", effect: "unknown" });
  });
});
