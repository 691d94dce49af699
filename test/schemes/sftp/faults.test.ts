import { afterEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { fingerprintOf } from "../../../src/schemes/sftp/host-key.ts";
import type { SftpReaction, SftpServer, SftpServerOptions } from "../../../src/testing.ts";
import { startSftpServer, startTap } from "../../../src/testing.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

async function start(options: SftpServerOptions = {}): Promise<SftpServer> {
  const server = await startSftpServer({ users: { joe: { password: "secret" } }, ...options });
  cleanUp.push(() => server.close());
  return server;
}

function transportTo(server: SftpServer, more: TransportOptions = {}, port = server.port): Transport {
  const hostKeyFingerprints = server.hostKeys.map((key) =>
    fingerprintOf(Buffer.from(key.public.split(" ")[1] ?? "", "base64")),
  );
  const list: Transport[] = [];
  cleanUp.push(() => Promise.all(list.map((transport) => transport.disconnect())));
  return getTransport(`sftp://joe@127.0.0.1:${port}/~/`, list, {
    password: "secret",
    ...more,
    ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints },
  });
}

/** Reactions by the name of a request; what is not named is answered. */
function reacting(reactions: Record<string, SftpReaction>): SftpServerOptions {
  return { onRequest: (name) => reactions[name] ?? "answer" };
}

describe("a server that falls silent", () => {
  it.each(["init", "lstat"])("from %s on is given up, and a later verb connects again", async (name) => {
    const reactions: Record<string, SftpReaction> = { [name]: "silence", lstat: "silence" };
    const server = await start(reacting(reactions));
    const transport = transportTo(server, { silenceTimeoutMs: 600 });
    await expect(transport.stat("")).rejects.toMatchObject({ code: "timeout", temporary: true });
    // Where the connection lives and only the SFTP behind it is silent, it takes a second verb to tell.
    await transport.stat("").catch(() => undefined);
    await expect.poll(() => server.open).toBe(0);
    reactions[name] = reactions["lstat"] = "answer";
    expect(await transport.stat("")).toMatchObject({ type: "directory" });
    expect(server.accepted).toBe(2);
  });

  it("in the middle of a get ends the stream, not the wait for it", async () => {
    const server = await start();
    await transportTo(server).put("large", Buffer.alloc(8 * 1024 * 1024));
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    const transport = transportTo(server, { silenceTimeoutMs: 1_000 }, tap.port);
    const stream = await transport.get("large");
    const reading = (async () => {
      for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) tap.stall();
    })();
    await expect(reading).rejects.toMatchObject({ code: "timeout", operation: "get" });
    tap.stall(false);
    expect(await transport.has("large")).toBe(true);
  });
});

describe("a write stream", () => {
  it("whose opening is not answered may have emptied the file, and says so", async () => {
    const reactions: Record<string, SftpReaction> = {};
    const server = await start(reacting(reactions));
    const transport = transportTo(server, { silenceTimeoutMs: 1_000 });
    await transport.put("file", "old");
    reactions["open"] = "silence";
    await expect(transport.openWriteStream("file")).rejects.toMatchObject({ code: "timeout", effect: "unknown" });
    reactions["open"] = "drop";
    await expect(transport.openWriteStream("file")).rejects.toMatchObject({
      code: "connection-lost",
      effect: "unknown",
    });
  });
});

describe("a refusal that only a second look explains", () => {
  it("is no refusal that nobody can explain where the connection is lost before the look is answered", async () => {
    const reactions: Record<string, SftpReaction> = {};
    const server = await start(reacting(reactions));
    const transport = transportTo(server);
    await transport.mkdir("folder");
    reactions["lstat"] = "drop";
    await expect(transport.mkdir("folder")).rejects.toMatchObject({ code: "connection-lost", temporary: true });
    delete reactions["lstat"];
    await expect(transport.mkdir("folder")).rejects.toMatchObject({ code: "already-exists" });
  });
});

describe("an atomic put", () => {
  it("that fails at any request leaves the old content, and no temporary", async () => {
    for (const name of ["open", "fsetstat", "write", "close", "posix-rename@openssh.com"]) {
      const reactions: Record<string, SftpReaction> = {};
      const server = await start(reacting(reactions));
      const transport = transportTo(server);
      await transport.put("file", "old");
      reactions[name] = { status: 4, message: "no" };
      await expect(transport.put("file", "new"), name).rejects.toMatchObject({
        code: "unexpected",
        operation: "put",
        path: "file",
      });
      delete reactions[name];
      expect(String(await transport.getBytes("file")), name).toBe("old");
      expect(await namesIn(transport), name).toEqual(["file"]);
    }
  });

  it("that loses its connection at any request is repeated where that is safe, and leaves no temporary", async () => {
    for (const name of ["lstat", "open", "fsetstat", "write", "close", "posix-rename@openssh.com"]) {
      let left = 1;
      const server = await start({ onRequest: (asked) => (armed && asked === name && left-- > 0 ? "drop" : "answer") });
      let armed = false;
      const transport = transportTo(server);
      await transport.put("file", "old");
      armed = true;
      expect(await transport.put("file", "new"), name).toBe(3);
      expect(String(await transport.getBytes("file")), name).toBe("new");
      expect(await namesIn(transport), name).toEqual(["file"]);
      expect(server.accepted, name).toBe(2);
    }
  });

  it("on a server that cannot replace by rename is unsupported, and names the way out", async () => {
    const server = await start({ extensions: [] });
    const transport = transportTo(server);
    await expect(transport.put("file", "x")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("atomic: false"),
    });
    expect(await namesIn(transport)).toEqual([]);
    expect(await transport.put("file", "x", { atomic: false })).toBe(1);
  });
});

describe("a verb of which a server says only that it failed", () => {
  it("stays that, with what the server says, where a second look finds no reason", async () => {
    const failure: SftpReaction = { status: 4, message: "the disk is on fire" };
    const server = await start(
      reacting({
        mkdir: failure,
        remove: failure,
        rmdir: failure,
        opendir: failure,
        "posix-rename@openssh.com": failure,
      }),
    );
    const transport = transportTo(server, {});
    await transport.put("file", "x", { atomic: false });
    for (const verb of [
      () => transport.mkdir("new"),
      () => transport.delete("file"),
      () => transport.rename("file", "other"),
    ]) {
      await expect(verb()).rejects.toMatchObject({
        code: "unexpected",
        message: expect.stringContaining("the disk is on fire"),
      });
    }
  });

  it("is told as connection-lost where the second look loses the connection", async () => {
    let dropping = false;
    const server = await start({ onRequest: (name) => (dropping && name === "lstat" ? "drop" : "answer") });
    const transport = transportTo(server);
    await transport.mkdir("dir");
    dropping = true;
    const failure = await transport.mkdir("dir").catch((error: unknown) => error);
    expect(failure).toMatchObject({ operation: "mkdir", path: "dir" });
  });
});

async function namesIn(transport: Transport): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list()) names.push(name);
  return names;
}
