import { describe, expect, it } from "vitest";

import type { Entry, Transport } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { forEver, silence } from "./scripted-ftp-server.ts";

async function namesOf(transport: Transport, path = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list(path)) names.push(name);
  return names;
}

/** Data without end, as long as anybody takes it. */
function endless(piece: string): Script {
  return async (session) => {
    await session.reply("150 Here it comes.");
    const data = (await session.data()).resume();
    const bytes = piece.repeat(Math.ceil(262_144 / piece.length));
    while (!data.destroyed && session.open) await new Promise((resolve) => data.write(bytes, resolve));
  };
}

/** A whole listing. */
function listing(...lines: string[]): Script {
  return (session) => session.send(lines.map((line) => `${line}\r\n`).join(""));
}

const old = ["EPSV", "SIZE", "MDTM", "UTF8"];

describe("a bad day with ftp: listings", () => {
  const day = ftpDays();

  it.each<[string, string]>([
    ["entries", "type=file;size=1; entry\r\n"],
    ["a line", "type=file;size=1; entry "],
    ["line ends", "\r\n"],
  ])("%s without end are cut off: protocol-error", async (_name, piece) => {
    const { server, witness } = day();
    server.on("MLSD", endless(piece));
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await witness.failure(namesOf(transport), {
      code: "protocol-error",
      operation: "list",
      says: /longer than \d+ bytes/,
    });
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("an answer to STAT without end is cut off: protocol-error", async () => {
    const { server, witness } = day();
    server.features = old;
    server.on("STAT", forEver(`213-Status\r\n-rw-r--r-- 1 ftp ftp 1 Jan 02 2020 ${"entry ".repeat(5_000)}\r\n`));
    const transport = day().transport({ silenceTimeoutMs: 20_000 });
    await witness.failure(transport.stat("x"), { code: "protocol-error", operation: "stat", says: /has no end/ });
  });

  it.each<[string, Script]>([
    [
      "a reset in the middle of it",
      async (session) => {
        const inAll = day().bytesRead + "150 Here it comes.\r\ntype=file;size=1; first\r\n".length;
        const data = await begun(session);
        await day().untilRead(inAll, session);
        data.resetAndDestroy();
        await silence(session);
      },
    ],
    // As it comes from a server behind something that closed both ends.
    ["an end in the middle of a line", (session) => session.send("type=file;size=1; first\r\ntype=file;size=1; fir")],
  ])("%s is no short listing: it is asked for again, once", async (_name, script) => {
    const { server, witness } = day();
    server.files.set("/first", Buffer.from("1")).set("/last", Buffer.from("2"));
    server.on("MLSD", script, 1);
    expect(await namesOf(day().transport())).toEqual(["first", "last"]);
    server.on("MLSD", script);
    const lost = {
      code: "connection-lost",
      operation: "list",
      temporary: true,
      says: /data connection broke/,
    } as const;
    await witness.failure(namesOf(day().transport()), lost);
    await day().works(day().transport());
  });

  it("facts that make no sense harm nobody", async () => {
    const { server } = day();
    const facts = [
      "",
      "type",
      "=",
      ";;;",
      "size=abc;",
      "size=-1;",
      "size=1e400;",
      "size=99999999999999999999;",
      "modify=never;",
      "modify=99999999999999;",
    ];
    facts.push(
      "__proto__=x;constructor=y;",
      "unix.mode=999;",
      "unix.mode=-1;",
      "type=OS.unix=slink:/etc/passwd;",
      "perm=\0;",
    );
    server.on("MLSD", listing(...facts.map((fact, n) => `${fact} entry${n}`), "type=file;size=5; good"));
    const entries: Entry[] = [];
    for await (const entry of day().transport().list("")) entries.push(entry);
    for (const { name, stat } of entries) {
      expect(name).toMatch(/^(?:entry\d+|good)$/);
      if (stat === undefined) continue;
      expect(["file", "directory", "link", "other"]).toContain(stat.type);
      expect(Number.isSafeInteger(stat.sizeBytes) && stat.sizeBytes >= 0, `${name}: ${stat.sizeBytes}`).toBe(true);
      if (stat.mtime !== undefined) expect(stat.mtime.getTime(), name).not.toBeNaN();
      if (stat.mode !== undefined) expect(stat.mode & ~0o7777).toBe(0);
    }
    expect(entries.find(({ name }) => name === "good")?.stat).toMatchObject({ type: "file", sizeBytes: 5 });
    expect(Object.prototype).not.toHaveProperty("x");
  });

  it.each<[string, Script]>([
    ["a reset", async (session) => (await begun(session)).resetAndDestroy()],
    ["an end, and 426", ended("426 It broke.")],
    ["an end, and 451", ended("451 The disk broke.")],
    ["an end, and 550", ended("550 The disk broke.")],
  ])("a listing that is cut by %s is an error, never a shorter directory", async (_name, script) => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MLSD", script);
    const error: unknown = await namesOf(transport).catch((reason: unknown) => reason);
    witness.hear(error);
    expect(error).toMatchObject({
      operation: "list",
      effect: "none",
      code: expect.not.stringMatching(/not-found|unexpected/),
    });
    await day().works(transport);
  });

  it("a listing that stops in the middle is timeout", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MLSD", async (session) => {
      await begun(session);
      await silence(session);
    });
    await witness.failure(namesOf(transport), {
      code: "timeout",
      operation: "list",
      temporary: true,
      says: /said nothing for 700 ms/,
    });
    await day().works(transport);
  });

  it("entries can be read while they are listed, on one wire", async () => {
    const { server } = day();
    for (let n = 0; n < 20; n++) server.files.set(`/file ${n}`, Buffer.from(`content ${n}`));
    const transport = day().transport({ connections: 1 });
    let read = 0;
    for await (const { path, name } of transport.list("")) {
      expect(String(await transport.getBytes(path))).toBe(name.replace("file", "content"));
      read++;
    }
    expect([read, server.accepted]).toEqual([20, 1]);
  });
});

/** A listing with its first entry on the way. */
async function begun(session: Parameters<typeof silence>[0]) {
  await session.reply("150 Here it comes.");
  const data = (await session.data()).resume();
  await new Promise((resolve) => data.write("type=file;size=1; first\r\n", resolve));
  return data;
}

function ended(reply: string): Script {
  return async (session) => {
    (await begun(session)).end();
    await session.reply(reply);
  };
}
