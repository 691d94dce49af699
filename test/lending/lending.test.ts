import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { MessageChannel } from "node:worker_threads";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { TransportDecorator } from "../../src/extend.ts";
import type { BorrowOptions, BorrowedTransports, LendOptions, Lending, Transport } from "../../src/index.ts";
import { TransportScope, borrow, copyTree, getTransport, isTransportError, lend, sync } from "../../src/index.ts";
import type { SftpServer } from "../../src/testing.ts";
import { memoryStore, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";

/** A busy machine takes its time. */
const patiently = { timeout: 20_000 };

let server: SftpServer;
let scope: TransportScope;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  server = await startSftpServer();
  scope = new TransportScope();
});

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  await scope.close();
  await server.close();
});

/** The server's URL with a path. */
function url(path: string): string {
  return `sftp://${server.user}@127.0.0.1:${server.port}${path}`;
}

function lentTransport(path: string): ReturnType<TransportScope["getTransport"]> {
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  return scope.getTransport(url(path), {
    password: server.password,
    ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints },
  });
}

/** Lends a directory of the server through a port of its own. */
async function lendAndBorrow(
  path: string,
  how: LendOptions = {},
  options: BorrowOptions = {},
): Promise<{ lending: Lending; borrowed: BorrowedTransports }> {
  const { port1, port2 } = new MessageChannel();
  const lending = lend(lentTransport(path), port1, how);
  const borrowed = await borrow(port2, options);
  open.push(lending, borrowed);
  return { lending, borrowed };
}

describe("what is lent", () => {
  it("is one wire, however many borrow it, and however often", async () => {
    server.tree.mkdir("/srv");
    const all = await Promise.all(Array.from({ length: 50 }, () => lendAndBorrow("/srv/")));
    await Promise.all(
      all.map(async ({ borrowed }, index) => {
        const transport = getTransport(url(`/srv/dir ${index}/`), borrowed);
        await transport.ensureBase();
        await transport.put("file", `content ${index}`);
        expect(String(await transport.getBytes("file"))).toBe(`content ${index}`);
      }),
    );
    expect(server.accepted).toBe(1);
    expect(all.map(({ lending }) => lending.report().calls)).toEqual(Array.from({ length: 50 }, () => 3));
  });

  it("answers thousands of calls at once", async () => {
    const store = `memory://${randomUUID()}/`;
    const { port1, port2 } = new MessageChannel();
    const lending = lend(scope.getTransport(store), port1);
    const borrowed = await borrow(port2);
    open.push(lending, borrowed);
    const transport = getTransport(store, borrowed);
    const found = await Promise.all(Array.from({ length: 4_000 }, (_, index) => transport.has(`file ${index}`)));
    expect(found.some(Boolean)).toBe(false);
    expect(lending.report()).toMatchObject({ calls: 4_000, open: 0 });
  });

  it("is copied and synchronised on the server, as its owner would", async () => {
    server.tree.mkdir("/srv");
    const { lending, borrowed } = await lendAndBorrow("/srv/");
    const source = getTransport(url("/srv/a/"), borrowed);
    await source.ensureBase();
    for (const name of ["one", "two"]) await source.put(name, Buffer.alloc(200_000, name));
    const before = lending.report();
    const target = getTransport(url("/srv/b/"), borrowed);
    expect(await copyTree(source, target)).toMatchObject({ files: 2, failures: [] });
    expect((await target.getBytes("two")).equals(Buffer.alloc(200_000, "two"))).toBe(true);
    expect(await sync(source, getTransport(url("/srv/c/"), borrowed))).toMatchObject({ failures: [] });
    const after = lending.report();
    expect(after.bytesWritten - before.bytesWritten).toBe(0);
    expect(after.bytesRead - before.bytesRead).toBe(200_000);
  });

  it("may be lent on", async () => {
    server.tree.mkdir("/srv");
    server.tree.mkdir("/srv/inner");
    const { borrowed } = await lendAndBorrow("/srv/");
    const { port1, port2 } = new MessageChannel();
    const onwards = lend(getTransport(url("/srv/inner/"), borrowed), port1);
    const twice = await borrow(port2);
    open.push(onwards, twice);
    const transport = getTransport(url("/srv/inner/"), twice);
    await transport.put("file", "through two lenders");
    expect(String(await getTransport(url("/srv/"), borrowed).getBytes("inner/file"))).toBe("through two lenders");
    await expect(transport.getBytes("../../etc/passwd")).rejects.toMatchObject({ code: "outside-base" });
    expect(server.accepted).toBe(1);
  });

  it("tells what its server can do once that is known", async () => {
    server.tree.mkdir("/srv");
    const { borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/"), borrowed);
    await transport.stat("");
    expect(transport.capabilities).toEqual({
      ...lentTransport("/srv/").capabilities,
      connected: false,
      local: false,
    });
  });
});

describe("a borrowed directory", () => {
  it("serves what is below it, as the same user or none, and nothing that brings something to connect with", async () => {
    const { borrowed } = await lendAndBorrow("/srv/");
    const [lent] = borrowed.lent;
    const { host, port } = new URL(url("/").replace("sftp:", "http:"));
    const served = (location: string, options = {}): boolean => lent?.explainReuse(location, options).reuse === true;
    const ssh = { unknownHostKey: () => "reject" as const };
    expect({
      itself: served(url("/srv")),
      below: served(url("/srv/a/b%20c")),
      withoutUser: served(`sftp://${host}/srv/a`),
      withQuestions: served(url("/srv/a"), { credentials: () => undefined, ssh }),
    }).toEqual({ itself: true, below: true, withoutUser: true, withQuestions: true });
    expect({
      above: served(url("/")),
      beside: served(url("/srv-2/a")),
      climbing: served(url("/srv/../etc")),
      login: served(url("/~/srv")),
      otherUser: served(`sftp://eve@${host}/srv/a`),
      otherPort: served(`sftp://${server.user}@127.0.0.1:${Number(port) - 1}/srv/a`),
      otherScheme: served(`ftp://${server.user}@${host}/srv/a`),
      password: served(url("/srv/a").replace("@", ":secret@")),
      key: served(url("/srv/a"), { ssh: { privateKey: "key" } }),
      noAgent: served(url("/srv/a"), { ssh: { agent: null } }),
      proxy: served(url("/srv/a"), { proxy: "socks5://127.0.0.1:1" }),
      explicit: served(url("/srv/a"), { credentials: "explicit" }),
    }).toEqual({
      above: false,
      beside: false,
      climbing: false,
      login: false,
      otherUser: false,
      otherPort: false,
      otherScheme: false,
      password: false,
      key: false,
      noAgent: false,
      proxy: false,
      explicit: false,
    });
    expect(server.accepted).toBe(0);
  });

  it("cannot be left: by no path, and by no link", async () => {
    server.tree.mkdir("/srv");
    server.tree.mkdir("/etc");
    await lentTransport("/").put("etc/passwd", "secret");
    await lentTransport("/srv/").symlink("/etc", "out");
    await lentTransport("/srv/").symlink("../etc/passwd", "file-out");
    const { borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/"), borrowed);
    for (const path of ["../etc/passwd", "/etc/passwd", "out/passwd", "file-out", "a/../../etc/passwd"])
      await expect(transport.getBytes(path), path).rejects.toMatchObject({ code: "outside-base" });
    await expect(transport.clone("..").list()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "outside-base",
    });
    await expect(transport.put("out/passwd", "x")).rejects.toMatchObject({ code: "outside-base" });
    await expect(transport.symlink("/etc/passwd", "link")).rejects.toMatchObject({ code: "outside-base" });
    await expect(transport.rename("file-out", "../etc/moved")).rejects.toMatchObject({ code: "outside-base" });
    expect(String(await lentTransport("/").getBytes("etc/passwd"))).toBe("secret");
  });

  it("that is a server's root comes with the login directory", async () => {
    const { borrowed } = await lendAndBorrow("/");
    expect(borrowed.lent.map(({ base }) => base)).toEqual([url("/"), url("/~/")]);
    await getTransport(url("/~/"), borrowed).put("note", "at home");
    expect(String(await getTransport(url(`/home/${server.user}/`), borrowed).getBytes("note"))).toBe("at home");
    expect(server.accepted).toBe(1);
  });

  it("lent for reading is read-only", async () => {
    server.tree.mkdir("/srv");
    await lentTransport("/srv/").put("file", "content");
    const { borrowed } = await lendAndBorrow("/srv/", { readonly: true });
    const transport = getTransport(url("/srv/"), borrowed);
    expect(transport.capabilities.writable).toBe(false);
    expect(String(await transport.getBytes("file"))).toBe("content");
    await expect(transport.put("file", "x")).rejects.toMatchObject({
      code: "read-only",
      operation: "put",
      path: "file",
    });
    await expect(transport.delete("file")).rejects.toMatchObject({ code: "read-only", effect: "none" });
    await expect(transport.lock("file")).rejects.toMatchObject({ code: "read-only" });
  });

  it("can be decorated, and stand behind a scope", async () => {
    server.tree.mkdir("/srv");
    const { borrowed } = await lendAndBorrow("/srv/");
    await using inner = new TransportScope({ possibleTransports: borrowed });
    await inner.getTransport(url("/srv/")).put("file", "content");
    const decorated = inner.getTransport(`readonly+${url("/srv/")}`);
    expect(String(await decorated.getBytes("file"))).toBe("content");
    await expect(decorated.delete("file")).rejects.toMatchObject({ code: "read-only" });
    expect(inner.report().wiresOpened).toBe(0);
  });

  it("leaves all other URLs to whoever asks, or refuses them where that is wanted", async () => {
    const store = randomUUID();
    const { borrowed } = await lendAndBorrow("/srv/");
    await getTransport(`memory://${store}/`, borrowed).put("file", "own");
    expect(memoryStore(store).accepted).toBe(1);
    expect([...borrowed]).toHaveLength(2);
    const strict = (await lendAndBorrow("/srv/", {}, { lentOnly: true })).borrowed;
    expect(() => getTransport(`memory://${store}/`, strict)).toThrow(/\[outside-base\] nobody lends this/);
    expect(() => getTransport(`readonly+memory://${store}/`, strict)).toThrow(/\[outside-base\]/);
    expect(getTransport(`readonly+${url("/srv/a/")}`, strict).base).toBe(`readonly+${url("/srv/a/")}`);
  });

  it("is a directory: a file that is asked for as a whole is not lent", () => {
    const file = scope.getTransport("https://example.com/report?signature=abc");
    const { port1, port2 } = new MessageChannel();
    try {
      expect(() => lend(file, port1)).toThrow(/\[unsupported\]/);
    } finally {
      port1.close();
      port2.close();
    }
  });
});

describe("a call", () => {
  it("that fails says what its owner would be told, at the borrower's own URL", async () => {
    server.tree.mkdir("/srv");
    const { borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/a/"), borrowed);
    const error: unknown = await transport.getBytes("missing file").catch((reason: unknown) => reason);
    expect(isTransportError(error, "not-found")).toBe(true);
    expect(error).toMatchObject({
      operation: "getBytes",
      url: url("/srv/a/missing%20file"),
      path: "missing file",
      effect: "none",
      temporary: false,
    });
  });

  it("that is given up stops at the lender, too", async () => {
    server.tree.mkdir("/srv");
    const { lending, borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/"), borrowed);
    await transport.put("large", Buffer.alloc(8 * 1024 * 1024));
    const control = new AbortController();
    const stream = await transport.get("large", { signal: control.signal });
    expect(lending.report().open).toBe(1);
    expect(server.tree.openFiles).toBe(1);
    control.abort();
    await expect.poll(() => [lending.report().open, server.tree.openFiles], patiently).toEqual([0, 0]);
    expect(stream.destroyed).toBe(true);
  });

  it("for a stream that nobody reads moves no more than its window", async () => {
    server.tree.mkdir("/srv");
    const { lending, borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/"), borrowed);
    await lentTransport("/srv/").put("large", Buffer.alloc(6 * 1024 * 1024));
    const streams = await Promise.all(Array.from({ length: 8 }, () => transport.get("large")));
    await expect.poll(() => lending.report().bytesRead, patiently).toBeGreaterThanOrEqual(8 * 1024 * 1024);
    expect(String(await transport.has("large"))).toBe("true");
    expect(lending.report().bytesRead).toBeLessThan(8 * 1.5 * 1024 * 1024);
    for (const stream of streams) stream.destroy();
  });
});

describe("the lender", () => {
  it("that ends the lending ends what is under way there, and keeps its transports", async () => {
    server.tree.mkdir("/srv");
    await lentTransport("/srv/").put("large", Buffer.alloc(8 * 1024 * 1024));
    const { lending, borrowed } = await lendAndBorrow("/srv/");
    const transport = getTransport(url("/srv/"), borrowed);
    const stream = await transport.get("large");
    const failed = new Promise((resolve) => stream.once("error", resolve));
    await lending.close();
    expect(await failed).toMatchObject({ code: "connection-lost", operation: "get", effect: "none" });
    await expect(transport.stat("large")).rejects.toMatchObject({ code: "connection-lost", effect: "none" });
    await expect(transport.put("x", "x")).rejects.toMatchObject({ code: "connection-lost", effect: "none" });
    expect(lending.report().ended?.code).toBe("closed");
    expect((await lentTransport("/srv/").stat("large")).type).toBe("file");
    expect(server.accepted).toBe(1);
    expect(server.tree.openFiles).toBe(0);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an object of which no text can be made", Object.create(null)],
    ["an error without a message", Object.assign(new Error("none"), { message: undefined })],
    ["an error whose message is no text", Object.assign(new Error("none"), { message: { text: "none" } })],
    ["a symbol", Symbol("none")],
    ["a function, which no thread can give another", () => "none"],
  ])("says that a call failed where a transport throws %s, and goes on", async (_what, thrown) => {
    const { port1, port2 } = new MessageChannel();
    const lending = lend(new Throwing(scope.getTransport("memory:///"), thrown), port1);
    const borrowed = await borrow(port2);
    open.push(lending, borrowed);
    const [transport] = borrowed.lent;
    await expect(transport?.stat("file")).rejects.toMatchObject({ code: "unexpected", operation: "stat" });
    await expect(transport?.get("file")).rejects.toMatchObject({ code: "unexpected", operation: "get" });
    expect(await transport?.put("file", "content")).toBe(7);
    expect(lending.report().open).toBe(0);
  });

  it("reads on over streams that hold more than a lender does", async () => {
    const store = scope.getTransport("memory:///");
    await store.put("large", Buffer.alloc(4 * 1024 * 1024, "large "));
    const [there, back] = [0, 1].map(() => new PassThrough({ highWaterMark: 64 * 1024 * 1024 })) as [
      PassThrough,
      PassThrough,
    ];
    const lending = lend(store, { readable: there, writable: back });
    const borrowed = await borrow({ readable: back, writable: there });
    open.push(lending, borrowed);
    const transport = borrowed.lent[0] as Transport;
    const all = await Promise.all(Array.from({ length: 16 }, () => transport.getBytes("large")));
    expect(all.map(({ length }) => length)).toEqual(all.map(() => 4 * 1024 * 1024));
  });

  it("gives back the locks of a borrower that has gone", async () => {
    server.tree.mkdir("/srv");
    const { lending, borrowed } = await lendAndBorrow("/srv/");
    await getTransport(url("/srv/"), borrowed).lock("file");
    await expect(lentTransport("/srv/").lock("file")).rejects.toMatchObject({ code: "locked" });
    await borrowed.close();
    await lending.ended;
    await (await lentTransport("/srv/").lock("file")).release();
  });
});

/** Looks at nothing and reads nothing: it throws instead. */
class Throwing extends TransportDecorator {
  readonly prefix = "throwing";
  readonly boundary = false;
  readonly #thrown: unknown;

  constructor(inner: Transport, thrown: unknown) {
    super(inner);
    this.#thrown = thrown;
  }

  protected around(inner: Transport): Throwing {
    return new Throwing(inner, this.#thrown);
  }

  override async stat(): Promise<never> {
    throw this.#thrown;
  }

  override async get(): Promise<never> {
    throw this.#thrown;
  }
}
