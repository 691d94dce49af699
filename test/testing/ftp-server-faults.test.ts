import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import type { FtpServer, FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import type { FtpReaction } from "../../src/testing/servers/ftp-site.ts";
import { RawFtpClient, received } from "./raw-ftp-client.ts";

const clients: RawFtpClient[] = [];
const servers: FtpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: FtpServerOptions): Promise<FtpServer> {
  const server = await startFtpServer(options);
  servers.push(server);
  return server;
}

async function logIn(server: FtpServer): Promise<RawFtpClient> {
  const client = await RawFtpClient.connect(server);
  clients.push(client);
  if (server.ca === undefined) return await client.login();
  await client.reply();
  await client.command("AUTH TLS");
  await client.secure();
  await client.commands(`USER ${server.user}`, `PASS ${server.password}`);
  await client.protectData();
  return client;
}

/** A file of zeros, which takes no memory. */
function makeZeros(server: FtpServer, name: string, sizeBytes: number): void {
  const path = `/home/joe/${name}`;
  server.tree.open(path, { write: true, create: true }).close();
  server.tree.setAttributes(path, { sizeBytes }, { followLinks: true });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** How many bytes come, and whether they end as if that were all. */
async function lengthOf(socket: Socket): Promise<{ bytes: number; ending: "end" | "reset" }> {
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
  const ending = await new Promise<"end" | "reset">((resolve) => {
    socket.once("end", () => resolve("end")).once("close", () => resolve("reset"));
  });
  return { bytes, ending };
}

describe("reactions of the in-process FTP server", () => {
  it("are asked for with each command and what follows it, and are replies of their own, kept as they are", async () => {
    const seen: string[] = [];
    const server = await start({
      onCommand: (verb, argument) => {
        seen.push(`${verb}|${argument}`);
        if (verb === "PWD") return { reply: "257-first\n 257 not yet\n257 last" };
        return verb === "MKD" ? { reply: "550 no" } : "answer";
      },
    });
    const client = await logIn(server);
    expect(await client.commands("pwd", "MKD a b", "CWD  x")).toEqual([
      "257-first\n 257 not yet\n257 last",
      "550 no",
      expect.stringMatching(/^550 /),
    ]);
    expect(seen).toEqual(["USER|joe", `PASS|${server.password}`, "PWD|", "MKD|a b", "CWD| x"]);
    expect(server.tree.readdir("/home/joe")).toEqual([]);
  });

  it("are silence, an end before or after the command, or a 421 that closes", async () => {
    const reactions: Record<string, FtpReaction> = {
      NOOP: "silence",
      RMD: "drop",
      MKD: "drop-after",
      SYST: { reply: "421-Going\n421 down" },
    };
    const server = await start({ onCommand: (verb) => reactions[verb] ?? "answer" });
    server.tree.mkdir("/home/joe/old");
    const [silent, before, after, closed] = await Promise.all([1, 2, 3, 4].map(() => logIn(server)));
    silent?.send("NOOP\r\n");
    expect(await silent?.command("TYPE I")).toMatch(/^200 The type/);
    expect(await Promise.all([before?.command("RMD old"), after?.command("MKD new")])).toEqual(["", ""]);
    expect(server.tree.readdir("/home/joe").map(({ name }) => name)).toEqual(["old", "new"]);
    expect(await closed?.command("SYST")).toBe("421-Going\n421 down");
    expect(await closed?.reply()).toBe("");
  });

  it("may come later, and hold up nobody else", async () => {
    let decide: (reaction: FtpReaction) => void = () => undefined;
    const decided = new Promise<FtpReaction>((resolve) => (decide = resolve));
    const server = await start({ onCommand: (verb) => (verb === "SIZE" ? decided : "answer") });
    makeZeros(server, "a", 5);
    const [client, other] = [await logIn(server), await logIn(server)];
    client.send("SIZE a\r\nNOOP\r\n");
    expect(await other.command("NOOP")).toMatch(/^200 /);
    await until(() => server.commands.get("SIZE") === 1);
    decide("answer");
    expect([await client.reply(), await client.reply()]).toEqual(["213 5", expect.stringMatching(/^200 /)]);
  });

  it("that never come do not hold up the end", async () => {
    const server = await start({ onCommand: (verb) => (verb === "SIZE" ? new Promise(() => undefined) : "answer") });
    const client = await logIn(server);
    client.send("SIZE a\r\n");
    await until(() => server.commands.get("SIZE") === 1);
    await server.close();
    expect(await client.reply()).toBe("");
  });

  it("that fail are told as a fault of the server, and harm nothing else", async () => {
    const server = await start({
      onCommand: (verb) => {
        if (verb === "SIZE") throw new Error("a hook\nthat throws");
        return verb === "MDTM" ? Promise.reject(new Error("later")) : "answer";
      },
    });
    const client = await logIn(server);
    expect(await client.commands("SIZE a", "MDTM a", "NOOP")).toEqual([
      "451 Error: a hook that throws",
      "451 Error: later",
      expect.stringMatching(/^200 /),
    ]);
  });
});

describe.each(["in the clear", "under TLS"])(
  "data connections of the in-process FTP server that are cut, %s",
  (how) => {
    const options: FtpServerOptions = how === "under TLS" ? { tls: "explicit", requireSessionReuse: true } : {};
    let reaction: FtpReaction = "answer";

    async function ready(next: FtpReaction): Promise<RawFtpClient> {
      reaction = next;
      const cut = (verb: string): FtpReaction => (/^(RETR|STOR|LIST)$/.test(verb) ? reaction : "answer");
      const server = await start({ ...options, onCommand: cut });
      makeZeros(server, "big", 5_000_000);
      return await logIn(server);
    }

    async function begin(client: RawFtpClient, line: string): Promise<Socket> {
      const socket = await client.passive();
      expect(await client.command(line)).toMatch(/^150 /);
      return client.protect(socket);
    }

    it("break off a download by a reset, with a 426", async () => {
      const client = await ready({ cutAfterBytes: 1_000_001 });
      const { bytes } = await lengthOf(await begin(client, "RETR big"));
      expect(bytes).toBeLessThanOrEqual(1_000_001); // A reset may outrun what was sent before it.
      expect(await client.reply()).toMatch(/^426 /);
      reaction = "answer";
      expect((await client.download("RETR big")).data.length).toBe(5_000_000);
    });

    it("end a download early as if that were all, with any reply", async () => {
      const client = await ready({ cutAfterBytes: 1_000_001, ending: "close", reply: "226 Done." });
      expect(await lengthOf(await begin(client, "RETR big"))).toEqual({ bytes: 1_000_001, ending: "end" });
      expect(await client.reply()).toBe("226 Done.");
    });

    it("fall silent in the middle, until somebody gives up", async () => {
      const client = await ready({ cutAfterBytes: 70_000, ending: "silence" });
      let bytes = 0;
      const socket = await begin(client, "RETR big");
      socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
      await until(() => bytes === 70_000);
      expect(await client.command("ABOR")).toMatch(/^426 /);
      expect(await client.reply()).toMatch(/^226 /);
      expect(bytes).toBe(70_000);
      const stalled = await begin(client, "RETR big");
      stalled.resume();
      client.close(); // The client is gone: so is the transfer.
      await until(() => client.server.open + client.server.tree.openFiles === 0);
    });

    it("break off an upload with what had come", async () => {
      for (const ending of ["reset", "close"] as const) {
        const client = await ready({ cutAfterBytes: 1000, ending });
        (await begin(client, "STOR up")).write(Buffer.alloc(2_000_000));
        expect(await client.reply()).toMatch(/^426 /);
        expect(client.server.tree.stat("/home/joe/up").sizeBytes).toBe(1000);
      }
    });

    it("take no more of an upload in silence, and hold it back", async () => {
      const client = await ready({ cutAfterBytes: 1000, ending: "silence" });
      const socket = await begin(client, "STOR up");
      let sent = false;
      socket.write(Buffer.alloc(50_000_000), () => (sent = true));
      await until(() => client.server.tree.stat("/home/joe/up").sizeBytes === 1000);
      const other = await logIn(client.server);
      for (let at = 0; at < 50; at++) await other.command("NOOP"); // By now it would have been taken whole.
      expect(sent).toBe(false);
      expect(await client.command("NOOP\r\nABOR")).toMatch(/^426 /);
      expect(await client.reply()).toMatch(/^226 /);
      expect(await client.reply()).toMatch(/^200 /); // NOOP waited for its turn.
    });

    it("say nothing on the control connection where that is wanted, or the goodbye", async () => {
      const client = await ready({ cutAfterBytes: 10, reply: "" });
      await received(await begin(client, "LIST"));
      expect(await client.command("NOOP")).toMatch(/^200 /);
      reaction = { cutAfterBytes: 10, reply: "421 Going down." };
      await received(await begin(client, "LIST"));
      expect([await client.reply(), await client.reply()]).toEqual(["421 Going down.", ""]);
    });

    it("are not cut where there is less to carry", async () => {
      const client = await ready({ cutAfterBytes: 5_000_000 });
      expect((await client.download("RETR big")).replies.at(-1)).toMatch(/^226 /);
      expect((await client.upload("STOR up", "x".repeat(10)))[1]).toMatch(/^226 /);
    });
  },
);

describe("transfers of the in-process FTP server", () => {
  it("are aborted by ABOR, also behind Telnet's signals, and the connection goes on", async () => {
    const server = await start();
    makeZeros(server, "big", 100_000_000);
    const client = await logIn(server);
    for (const abort of [Buffer.from("ABOR"), Buffer.from([0xff, 0xf4, 0xff, 0xf2, ...Buffer.from("abor")])]) {
      const down = await client.passive();
      down.pause();
      expect(await client.command("RETR big")).toMatch(/^150 /);
      expect(await client.command(abort)).toMatch(/^426 /);
      expect(await client.reply()).toMatch(/^226 /);
      const up = await client.passive();
      expect(await client.command("STOR up")).toMatch(/^150 /);
      up.write("begun");
      expect(await client.command(abort)).toMatch(/^426 /);
      expect(await client.reply()).toMatch(/^226 /);
    }
    expect(await client.command("ABOR")).toMatch(/^225 /);
    expect([server.tree.openFiles, server.commands.get("ABOR")]).toEqual([0, 5]);
  });

  it("that the client leaves early are answered with 426, and the connection goes on", async () => {
    const server = await start();
    makeZeros(server, "big", 100_000_000);
    const client = await logIn(server);
    for (const leave of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.resetAndDestroy()]) {
      const socket = await client.passive();
      expect(await client.command("RETR big")).toMatch(/^150 /);
      await once(socket, "data");
      leave(socket);
      expect(await client.reply()).toMatch(/^426 /);
    }
    const up = await client.passive();
    expect(await client.command("STOR up")).toMatch(/^150 /);
    up.write("begun");
    await until(() => server.tree.stat("/home/joe/up").sizeBytes === 5);
    up.resetAndDestroy();
    expect(await client.reply()).toMatch(/^426 /);
    expect((await client.upload("STOR up", "whole"))[1]).toMatch(/^226 /);
    expect(server.tree.openFiles).toBe(0);
  });

  it("go on when the client has nothing to say on the data connection of a download", async () => {
    const server = await start();
    makeZeros(server, "big", 20_000_000);
    const client = await logIn(server);
    const socket = await client.passive();
    socket.end();
    expect(await client.command("RETR big")).toMatch(/^150 /);
    expect(await lengthOf(socket)).toEqual({ bytes: 20_000_000, ending: "end" });
    expect(await client.reply()).toMatch(/^226 /);
  });

  it("take no connection but the client's own", async () => {
    const server = await start();
    makeZeros(server, "a", 5);
    const client = await logIn(server);
    const reply = await client.command("PASV");
    const [high = 0, low = 0] = reply
      .split(",")
      .slice(4)
      .map((part) => parseInt(part, 10));
    const at = { host: "127.0.0.1", port: high * 256 + low };
    const stranger = connect({ ...at, localAddress: "127.0.0.2" });
    expect((await received(stranger)).length).toBe(0);
    expect(server.dataConnections).toBe(0);
    const own = connect(at);
    await once(own, "connect");
    expect(await client.command("RETR a")).toMatch(/^150 /);
    expect((await received(own)).length).toBe(5);
    expect(await client.reply()).toMatch(/^226 /);
  });

  it("use the last port that was agreed on, once", async () => {
    const server = await start();
    const client = await logIn(server);
    const forgotten = await client.passive();
    const [left] = await Promise.all([received(forgotten), client.passive()]);
    expect(left.length).toBe(0);
    expect(await client.command("LIST")).toMatch(/^150 /);
    expect(await client.reply()).toMatch(/^226 /);
    expect(await client.command("LIST")).toMatch(/^425 /);
    const refused = await client.passive();
    expect(await client.command("RETR none")).toMatch(/^550 /);
    expect((await received(refused)).length).toBe(0);
    expect(await client.command("RETR none")).toMatch(/^425 /);
  });

  it("wait for a slow client without piling up what it has not taken, and stream 256 MiB both ways", async () => {
    const server = await start();
    const length = 256 * 1024 * 1024;
    makeZeros(server, "big", length);
    const client = await logIn(server);
    const held = (): number => process.memoryUsage().arrayBuffers;
    const before = held();
    const socket = await client.passive();
    socket.pause();
    expect(await client.command("RETR big")).toMatch(/^150 /);
    const other = await logIn(server);
    for (let at = 0; at < 100; at++) await other.command("NOOP"); // By now it would have been read whole.
    expect(held() - before).toBeLessThan(32 * 1024 * 1024);
    expect(await lengthOf(socket.resume())).toEqual({ bytes: length, ending: "end" });
    expect(await client.reply()).toMatch(/^226 /);
    const up = await client.passive();
    expect(await client.command("STOR up")).toMatch(/^150 /);
    const piece = Buffer.alloc(1024 * 1024, 1);
    for (let at = 0; at < 256; at++) if (!up.write(piece)) await once(up, "drain");
    up.end();
    expect(await client.reply()).toMatch(/^226 /);
    expect(server.tree.stat("/home/joe/up").sizeBytes).toBe(length);
  });

  it("end with the control connection, however it ends", async () => {
    const server = await start();
    makeZeros(server, "big", 100_000_000);
    const leave: ((client: RawFtpClient) => unknown)[] = [
      (client) => client.raw.end(),
      (client) => client.raw.resetAndDestroy(),
      () => server.sever(),
    ];
    for (const end of leave) {
      const client = await logIn(server);
      const socket = await client.passive();
      socket.pause();
      expect(await client.command("RETR big")).toMatch(/^150 /);
      end(client);
      expect((await lengthOf(socket.resume())).bytes).toBeLessThan(100_000_000);
      await until(() => server.open + server.tree.openFiles === 0);
    }
    expect(await (await logIn(server)).command("NOOP")).toMatch(/^200 /);
  });
});
