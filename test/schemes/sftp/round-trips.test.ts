import { afterEach, describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { fingerprintOf } from "../../../src/schemes/sftp/host-key.ts";
import type { SftpReaction, SftpServer, SftpServerOptions, Tap } from "../../../src/testing.ts";
import { generateSshKey, startSftpServer, startTap } from "../../../src/testing.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

/** Far enough for what is sent together to arrive together. */
const delayMs = 10;

/** A server some way off, with what it was asked in order and how often the client had to wait for it. */
class FarServer {
  readonly #server: SftpServer;
  readonly #tap: Tap;
  readonly #key: string;
  readonly #asked: string[];
  readonly #passed: string[];

  constructor(server: SftpServer, tap: Tap, key: string, asked: string[], passed: string[]) {
    this.#server = server;
    this.#tap = tap;
    this.#key = key;
    this.#asked = asked;
    this.#passed = passed;
  }

  get server(): SftpServer {
    return this.#server;
  }

  transport(): Transport {
    const list: Transport[] = [];
    cleanUp.push(() => Promise.all(list.map((transport) => transport.disconnect())));
    const hostKeyFingerprints = this.#server.hostKeys.map((key) =>
      fingerprintOf(Buffer.from(key.public.split(" ")[1] ?? "", "base64")),
    );
    return getTransport(`sftp://joe@127.0.0.1:${this.#tap.port}/~/`, list, {
      ssh: { config: null, agent: null, privateKey: this.#key, hostKeyFingerprints },
    });
  }

  /** What `work` asks for, and how often it sends something after it has heard something. What follows it is not counted. */
  async cost(
    work: () => Promise<unknown>,
  ): Promise<{ readonly asked: readonly string[]; readonly roundTrips: number }> {
    this.#asked.length = this.#passed.length = 0;
    await work();
    const roundTrips = this.#passed.filter((way, at) => way === "up" && this.#passed[at - 1] !== "up").length;
    return { asked: [...this.#asked], roundTrips };
  }

  /** Until nothing that nobody waits for is under way any more. */
  async settled(transport: Transport): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await transport.stat("");
  }
}

async function startFar(options: SftpServerOptions = {}, type: "ed25519" | "rsa" | "ecdsa" = "ed25519") {
  const key = await generateSshKey(type);
  const asked: string[] = [];
  const passed: string[] = [];
  const server = await startSftpServer({
    users: { joe: { publicKeys: [key.public] } },
    ...options,
    onRequest: (name, path) => {
      asked.push(name);
      return options.onRequest?.(name, path) ?? "answer";
    },
  });
  cleanUp.push(() => server.close());
  const rewrite = (chunk: Buffer, way: "up" | "down"): Buffer => {
    passed.push(way);
    return chunk;
  };
  const tap = await startTap({ port: server.port }, { rewrite });
  cleanUp.push(() => tap.close());
  tap.delay(delayMs);
  return new FarServer(server, tap, key.private, asked, passed);
}

describe("from nothing to the first answer", () => {
  /** The least of three: a first line that comes apart from what follows it looks like another turn. */
  async function connect(far: FarServer): Promise<number> {
    const costs: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const transport = far.transport();
      const { asked, roundTrips } = await far.cost(() => transport.stat(""));
      expect(asked.filter((name) => name !== "limits@openssh.com")).toEqual(["init", "lstat"]);
      costs.push(roundTrips);
    }
    return Math.min(...costs);
  }

  it.each([
    ["ed25519", 6],
    ["ecdsa", 6],
    // This server says only afterwards which signatures it takes.
    ["rsa", 7],
  ] as const)(
    "a key of the kind %s takes %i round trips after TCP's own: names, keys, login, channel, subsystem, request",
    async (type, roundTrips) => {
      const far = await startFar({}, type);
      expect(await connect(far)).toBeLessThanOrEqual(roundTrips);
      expect(far.server.counts.logins).toEqual({ publickey: 3 });
    },
  );

  it("a server that is not known to act in order is waited for twice more", async () => {
    const far = await startFar({ ident: "mod_sftp" });
    expect(await connect(far)).toBe((await connect(await startFar())) + 2);
    expect(far.server.counts.logins).toEqual({ publickey: 3 });
  });
});

describe("on an open connection", () => {
  const content = Buffer.alloc(4096, "samewire ");

  const verbs: readonly [string, (transport: Transport) => Promise<unknown>, number, readonly string[]][] = [
    ["stat", (transport) => transport.stat("file"), 1, ["lstat"]],
    ["getBytes", (transport) => transport.getBytes("file"), 2, ["open", "fstat", "read"]],
    [
      "getBytes of a length that was listed",
      (transport) => transport.getBytes("file", { expectedBytes: content.length }),
      2,
      ["open", "read", "close"],
    ],
    [
      "put of a file that is new",
      (transport) => transport.put("fresh", content, { isNew: true }),
      2,
      ["open", "write", "close", "posix-rename@openssh.com"],
    ],
    [
      "put of a new file with mode and time",
      (transport) => transport.put("dated", content, { isNew: true, mode: 0o640, mtime: new Date(0) }),
      2,
      ["open", "fsetstat", "write", "fsetstat", "close", "posix-rename@openssh.com"],
    ],
    [
      "put in the place of a file",
      (transport) => transport.put("file", content),
      3,
      ["lstat", "open", "fsetstat", "write", "close", "posix-rename@openssh.com"],
    ],
    ["put in place", (transport) => transport.put("file", content, { atomic: false }), 2, ["open", "write", "close"]],
    ["mkdir", (transport) => transport.mkdir("made"), 1, ["mkdir"]],
    ["mkdir with a mode", (transport) => transport.mkdir("exact", { mode: 0o755 }), 1, ["mkdir", "lstat"]],
    ["rename", (transport) => transport.rename("other", "another"), 1, ["posix-rename@openssh.com"]],
    ["delete", (transport) => transport.delete("useless"), 1, ["remove"]],
    ["list", (transport) => namesIn(transport, "directory"), 2, ["opendir", "readdir", "readdir"]],
  ];

  it("every verb waits as rarely as it can, and asks for no more than it needs", async () => {
    const far = await startFar();
    const transport = far.transport();
    for (const path of ["file", "other", "useless"]) await transport.put(path, content);
    await transport.mkdir("directory");
    await transport.put("directory/a", content);
    for (const [name, work, roundTrips, asked] of verbs) {
      await far.settled(transport);
      expect(await far.cost(() => work(transport)), name).toEqual({ roundTrips, asked });
    }
    expect(await transport.getBytes("fresh")).toEqual(content);
    expect(await transport.stat("dated")).toMatchObject({ mode: 0o640, mtime: new Date(0) });
    expect(await transport.stat("exact")).toMatchObject({ mode: 0o755 });
  });

  it("a rename waits for the content on a server that is not known to act in order", async () => {
    const far = await startFar({ ident: "mod_sftp" });
    const transport = far.transport();
    await far.settled(transport);
    expect(await far.cost(() => transport.put("fresh", content, { isNew: true }))).toEqual({
      roundTrips: 3,
      asked: ["open", "write", "close", "posix-rename@openssh.com"],
    });
  });

  it("many files at once take as many round trips as one", async () => {
    const far = await startFar();
    const transport = far.transport();
    await far.settled(transport);
    const paths = Array.from({ length: 50 }, (_, index) => `file-${index}`);
    const up = await far.cost(() => Promise.all(paths.map((path) => transport.put(path, content, { isNew: true }))));
    expect(up.roundTrips).toBeLessThanOrEqual(4);
    expect(up.asked).toHaveLength(4 * paths.length);
    await far.settled(transport);
    const get = (path: string): Promise<Buffer> => transport.getBytes(path, { expectedBytes: content.length });
    const down = await far.cost(() => Promise.all(paths.map(get)));
    expect(down.roundTrips).toBeLessThanOrEqual(4);
    expect(down.asked).toHaveLength(3 * paths.length);
  });
});

describe("a thousand small files at once", () => {
  const paths = Array.from({ length: 1000 }, (_, index) => `file-${index}`);

  async function counting(): Promise<{ readonly transport: Transport; readonly most: () => number }> {
    let [open, most] = [0, 0];
    const far = await startFar({
      onRequest: (name) => {
        if (name === "open") most = Math.max(most, ++open);
        if (name === "close") open--;
        return "answer";
      },
    });
    return { transport: far.transport(), most: () => most };
  }

  it("are written and read with no more of them open than servers allow", async () => {
    const { transport, most } = await counting();
    await Promise.all(paths.map((path) => transport.put(path, path, { isNew: true })));
    const read = await Promise.all(paths.map((path) => transport.getBytes(path, { expectedBytes: path.length })));
    expect(read.map(String)).toEqual(paths);
    expect(most()).toBeGreaterThan(100);
    expect(most()).toBeLessThanOrEqual(256);
  });

  it("of which some fail, and some are given up while they wait, leave the others their turn", async () => {
    const { transport } = await counting();
    await transport.stat("");
    const control = new AbortController();
    const puts = paths.map((path, index) => {
      const signal = index >= 900 ? control.signal : undefined;
      return transport.put(index % 2 === 0 ? path : `missing/${path}`, path, { isNew: true, signal });
    });
    control.abort();
    const outcomes = await Promise.allSettled(puts);
    const codes = outcomes.map((outcome) =>
      outcome.status === "fulfilled" ? "done" : (outcome.reason as { code: string }).code,
    );
    expect(codes).toEqual(paths.map((_, index) => (index >= 900 ? "aborted" : index % 2 === 0 ? "done" : "not-found")));
    expect(await namesIn(transport)).toHaveLength(450);
  });
});

describe("a file whose length was listed", () => {
  it.each([
    ["grown", "0123456789 and more"],
    ["shrunk", "01234"],
    ["emptied", ""],
  ])("and that has %s since, is read as it is now", async (_how, now) => {
    const far = await startFar();
    const transport = far.transport();
    await transport.put("file", now);
    expect(String(await transport.getBytes("file", { expectedBytes: 10 }))).toBe(now);
    const range = { offset: 2, length: 4, expectedBytes: 10 };
    expect(String(await transport.getBytes("file", range))).toBe(now.slice(2, 6));
    await expect(transport.getBytes("file", { expectedBytes: 1, maxBytes: 3 }).catch(String)).resolves.toEqual(
      now.length > 3 ? expect.stringContaining("no-space") : Buffer.from(now),
    );
  });

  it("and that is a directory by now, is that", async () => {
    const far = await startFar();
    const transport = far.transport();
    await transport.mkdir("directory");
    await expect(transport.getBytes("directory", { expectedBytes: 10 })).rejects.toMatchObject({
      code: "is-a-directory",
    });
  });
});

describe("a directory that is to have a mode", () => {
  it("keeps its own where it is there already", async () => {
    const transport = (await startFar()).transport();
    await transport.mkdir("there", { mode: 0o700 });
    await expect(transport.mkdir("there", { mode: 0o777 })).rejects.toMatchObject({ code: "already-exists" });
    expect(await transport.stat("there")).toMatchObject({ mode: 0o700 });
  });

  it("has it though the server takes bits away", async () => {
    const transport = (await startFar()).transport();
    await transport.mkdir("open", { mode: 0o1777 });
    expect(await transport.stat("open")).toMatchObject({ mode: 0o1777 });
  });
});

describe("a new file that is given its name together with its content", () => {
  async function faulty(reactions: Record<string, SftpReaction>): Promise<Transport> {
    const far = await startFar({ onRequest: (name) => reactions[name] ?? "answer" });
    const transport = far.transport();
    await transport.stat("");
    return transport;
  }

  it.each(["open", "fsetstat", "write", "close", "posix-rename@openssh.com"])(
    "leaves nothing where the server refuses %s",
    async (name) => {
      const transport = await faulty({ [name]: { status: 4, message: "no" } });
      await expect(transport.put("file", "new", { isNew: true, mode: 0o600 })).rejects.toMatchObject({
        code: "unexpected",
        operation: "put",
        path: "file",
        effect: "none",
      });
      expect(await namesIn(transport)).toEqual([]);
    },
  );

  it("leaves nothing on a disk that is full, and says that it is", async () => {
    const transport = await faulty({ write: { status: 14, message: "No space left on device" } });
    await expect(transport.put("file", "new", { isNew: true })).rejects.toMatchObject({ code: "no-space" });
    expect(await namesIn(transport)).toEqual([]);
  });

  it("says what is in its way, and leaves that as it is", async () => {
    const transport = await faulty({});
    await transport.mkdir("directory");
    await transport.put("directory/kept", "kept");
    await expect(transport.put("directory", "new", { isNew: true })).rejects.toMatchObject({ code: "is-a-directory" });
    await expect(transport.put("missing/file", "new", { isNew: true })).rejects.toMatchObject({ code: "not-found" });
    expect(await namesIn(transport)).toEqual(["directory"]);
    expect(await namesIn(transport, "directory")).toEqual(["kept"]);
  });

  it.each(["open", "fsetstat", "write", "close", "posix-rename@openssh.com"])(
    "is there in full, and no temporary, where the connection is cut at %s",
    async (name) => {
      let cuts = 0;
      const far = await startFar({ onRequest: (asked) => (asked === name && ++cuts === 1 ? "drop" : "answer") });
      const transport = far.transport();
      expect(await transport.put("file", "new", { isNew: true, mode: 0o600 })).toBe(3);
      expect(String(await transport.getBytes("file"))).toBe("new");
      expect(await namesIn(transport)).toEqual(["file"]);
      expect(far.server.accepted).toBe(2);
    },
  );

  it("is gone on the next connection where its content was refused before this one was cut", async () => {
    let cuts = 0;
    const reactions: Record<string, SftpReaction> = { write: { status: 4, message: "no" } };
    const far = await startFar({
      onRequest: (name) => (name === "remove" && ++cuts === 1 ? "drop" : (reactions[name] ?? "answer")),
    });
    const transport = far.transport();
    await expect(transport.put("file", "new", { isNew: true })).rejects.toMatchObject({ code: "unexpected" });
    expect(await namesIn(transport)).toEqual([]);
    expect(far.server.accepted).toBe(2);
  });

  it("is given up, and leaves nothing, where its signal is aborted in time", async () => {
    const control = new AbortController();
    const far = await startFar({
      onRequest: (name) => {
        if (name === "open") control.abort();
        return "answer";
      },
    });
    const transport = far.transport();
    await transport.stat("");
    const put = transport.put("file", "new", { isNew: true, signal: control.signal });
    await expect(put).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => namesIn(transport)).toEqual([]);
  });
});

async function namesIn(transport: Transport, path = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list(path)) names.push(name);
  return names.toSorted();
}
