import { beforeEach, describe, expect, it } from "vitest";

import type { FtpDay } from "./ftp-day.ts";
import { ftpDays } from "./ftp-day.ts";
import { hangUp, reset, silence } from "./scripted-ftp-server.ts";
import type { ScriptedFtpServer } from "./scripted-ftp-server.ts";

const content = Buffer.from("content");
const temporary = /\/\.samewire-[^ ]+$/;

/** What came since the last time but for goodbyes, the names of temporaries made alike. */
function heard(server: ScriptedFtpServer): readonly string[] {
  const lines = server.received.splice(0).filter((line) => line !== "QUIT");
  return lines.map((line) => line.replace(temporary, "/temporary"));
}

describe("what an FTP server is asked for", () => {
  const day = ftpDays();

  it("a session settles what has to be settled in two packets, and a later one in a single one", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    expect(heard(server)).toEqual(["USER joe", expect.stringMatching(/^PASS /), "FEAT", "TYPE I", "OPTS UTF8 ON"]);
    await transport.disconnect();
    heard(server);
    await transport.connect();
    expect(heard(server)).toEqual(["USER joe", expect.stringMatching(/^PASS /), "OPTS UTF8 ON", "TYPE I"]);
  });

  it("a file that is new is asked for a port, sent and renamed, and nobody looks what was there", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    heard(server);
    await transport.put("file", content, { isNew: true });
    expect(heard(server)).toEqual(["EPSV", "STOR /temporary", "RNFR /temporary", "RNTO /file"]);
    expect(server.files.get("/file")?.equals(content)).toBe(true);
  });

  it("in a run of files the port for the next is asked for along with the new name", async () => {
    const { server } = day();
    const transport = day().transport();
    server.on("MFMT", "213 Done.");
    const mtime = new Date("2026-01-02T03:04:05Z");
    await transport.put("a", content, { isNew: true, mtime });
    // The first time is waited for: not every server can set one.
    expect(heard(server).slice(-5)).toEqual([
      "EPSV",
      "STOR /temporary",
      "MFMT 20260102030405 /temporary",
      "RNFR /temporary",
      "RNTO /a",
    ]);
    await transport.put("b", content, { isNew: true, mtime });
    heard(server);
    await transport.put("c", content, { isNew: true, mtime });
    expect(heard(server)).toEqual([
      "STOR /temporary",
      "EPSV",
      "MFMT 20260102030405 /temporary",
      "RNFR /temporary",
      "RNTO /c",
    ]);
  });

  it("a file that replaces another is looked for along with its port", async () => {
    const { server } = day();
    server.files.set("/file", Buffer.from("old"));
    const transport = day().transport();
    await transport.connect();
    heard(server);
    await transport.put("file", content);
    expect(heard(server)).toEqual(["EPSV", "MLST /file", "STOR /temporary", "RNFR /temporary", "RNTO /file"]);
  });

  it("a file in place is a port and the file, and a file that is read too, whatever length is expected", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    heard(server);
    await transport.put("file", content, { atomic: false });
    expect(heard(server)).toEqual(["EPSV", "STOR /file"]);
    expect(await transport.getBytes("file", { expectedBytes: content.length })).toEqual(content);
    expect(heard(server)).toEqual(["EPSV", "RETR /file"]);
  });

  it("a file that is longer than expected is read whole, and one that came short is short-read", async () => {
    const { server, witness } = day();
    server.files.set("/file", content);
    const transport = day().transport();
    expect(await transport.getBytes("file", { expectedBytes: 3 })).toEqual(content);
    server.on("RETR", (session) => session.send("cont"), 1);
    await witness.failure(transport.getBytes("file", { expectedBytes: content.length }), {
      code: "short-read",
      operation: "getBytes",
      says: /4 of 7 bytes/,
    });
    // One that has become shorter is read as it is now.
    server.files.set("/file", Buffer.from("con"));
    expect(String(await transport.getBytes("file", { expectedBytes: content.length }))).toBe("con");
    await day().works(transport);
  });

  it("many files on one connection come through whole, and no port is asked for twice", async () => {
    const { server } = day();
    const transport = day().transport({ connections: 1 });
    const names = Array.from({ length: 40 }, (_, index) => `file ${index}`);
    await Promise.all(names.map((name) => transport.put(name, name, { isNew: true })));
    const read = await Promise.all(names.map((name) => transport.getBytes(name)));
    expect(read.map(String)).toEqual(names);
    expect(server.count("EPSV")).toBe(80);
    expect(server.accepted).toBe(1);
  });
});

describe("a server that asks while nothing flows, and reads on when it has ended", () => {
  const day = ftpDays();
  beforeEach(() => {
    const { server } = day();
    server.on("greeting", "220 (vsFTPd 3.0.5)").on("RETR", async (session) => {
      await session.reply(`150 Opening BINARY mode data connection for it (${content.length} bytes).`);
      (await session.data()).resume().end(content);
      await session.reply("226 Transfer complete.");
    });
  });

  /** Two files, after which there is a run. */
  async function inRun(): Promise<ReturnType<FtpDay["transport"]>> {
    const { server } = day();
    const transport = day().transport({ silenceTimeoutMs: 20_000 });
    for (const name of ["a", "b"]) await transport.put(name, content, { atomic: false });
    await transport.getBytes("a");
    server.overlaps = 0;
    heard(server);
    return transport;
  }

  it("is asked for the next port right behind the file", async () => {
    const { server } = day();
    const transport = await inRun();
    await transport.getBytes("a");
    await transport.getBytes("b");
    expect(heard(server)).toEqual(["RETR /a", "EPSV", "RETR /b", "EPSV"]);
    server.overlaps = 0; // Which this is about.
  });

  it.each(["425 Not now.", "550 No.", "450 Transfer in progress.", "500 What?"])(
    "and answers that with %s is asked again when a port is needed, and not ahead any more",
    async (refusal) => {
      const { server } = day();
      const transport = await inRun();
      server.on("EPSV", refusal, 1);
      await transport.getBytes("a");
      expect(String(await transport.getBytes("b"))).toBe("content");
      await transport.getBytes("a");
      const lines = heard(server);
      expect(lines.filter((line) => line.startsWith("RETR"))).toHaveLength(3);
      expect(lines.slice(-2)).toEqual(["EPSV", "RETR /a"]);
      expect(server.accepted).toBe(1);
      server.overlaps = 0;
      await day().works(transport);
    },
  );

  it.each([
    ["a reset", reset],
    ["a FIN", hangUp],
    ["silence", silence],
    ["421", "421 Idle for too long."],
  ] as const)(
    "and answers that with %s loses nothing of what was asked before or comes after",
    async (_what, script) => {
      const { server } = day();
      const transport = await inRun();
      server.on("EPSV", script, 1);
      expect(String(await transport.getBytes("a"))).toBe("content");
      server.overlaps = 0;
      expect(String(await transport.getBytes("b"))).toBe("content");
      await day().works(transport);
      server.overlaps = 0;
    },
  );

  it("and does not keep the port that it named is asked for another one", async () => {
    const { server } = day();
    const transport = await inRun();
    server.on("EPSV", (session) => session.reply("229 Come to (|||1|)"), 1);
    await transport.getBytes("a");
    server.on("RETR", "425 Nobody came.", 1);
    expect(String(await transport.getBytes("b"))).toBe("content");
    server.overlaps = 0;
    await day().works(transport);
  });
});

describe("commands that travel together", () => {
  const day = ftpDays();

  it.each(["550 No.", "553 Permission denied.", "451 Not today."])(
    "RNTO that is refused with %s leaves the old content and no temporary, and renames go one by one from then on",
    async (refusal) => {
      const { server, witness } = day();
      const transport = day().transport();
      await transport.put("file", "old");
      server.on("RNTO", refusal, 1);
      await witness.failure(transport.put("file", content, { isNew: true }), {
        code: "permission-denied",
        says: /refuses: [45]/,
        operation: "put",
      });
      expect([...server.files].map(([name, bytes]) => [name, String(bytes)])).toEqual([["/file", "old"]]);
      heard(server);
      server.on("RNFR", "550 No.", 1);
      await witness.failure(transport.rename("file", "other"), {
        code: "permission-denied",
        says: /refuses: [45]/,
        operation: "rename",
      });
      expect(heard(server).filter((line) => line.startsWith("RN"))).toEqual(["RNFR /file"]);
      await day().works(transport);
    },
  );

  it("RNFR that is refused makes the RNTO behind it harmless", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    await witness.failure(transport.rename("missing", "other"), {
      code: "not-found",
      says: /nothing of that name/,
      operation: "rename",
    });
    expect(server.received.filter((line) => line.startsWith("RN"))).toEqual(["RNFR /missing", "RNTO /other"]);
    await day().works(transport);
  });

  it("a time that is refused behind a name is told with the effect done", async () => {
    const { server, witness } = day();
    const mtime = new Date("2026-01-02T03:04:05Z");
    server.on("MFMT", "213 Done.");
    const transport = day().transport();
    await transport.put("one", content, { isNew: true, mtime });
    server.on("MFMT", "550 No.", 1);
    const failure = { code: "permission-denied", says: /refuses: [45]/, operation: "put", effect: "done" } as const;
    await witness.failure(transport.put("two", content, { isNew: true, mtime }), failure);
    expect([...server.files.keys()]).toEqual(["/one", "/two"]);
    await day().works(transport);
  });

  it.each([
    ["RNFR", "a reset", reset],
    ["RNTO", "a reset", reset],
    ["RNTO", "a FIN", hangUp],
    ["RNTO", "silence", silence],
  ] as const)(
    "a cut at %s, by %s, leaves the name with the old content or the new, and no temporary",
    async (verb, _what, script) => {
      const { server } = day();
      const transport = day().transport();
      await transport.put("file", "old");
      server.on(verb, script);
      await expect(transport.put("file", content, { isNew: true })).rejects.toMatchObject({ effect: "unknown" });
      expect(String(server.files.get("/file"))).toBe("old");
      await day().works(transport);
      expect([...server.files.keys()].toSorted()).toEqual(["/after", "/file"]);
    },
  );

  it("a file that is refused was sent in vain, and the next one is not", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    server.on("STOR", "553 Could not create file.", 1);
    await witness.failure(transport.put("file", content, { atomic: false }), {
      code: "permission-denied",
      says: /refuses: [45]/,
      operation: "put",
    });
    expect(server.files.size).toBe(0);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("are sent one by one to a server that forgets all but the first of them", async () => {
    const { server } = day();
    // Whoever reads a packet for a line.
    server.on("TYPE", silence, 1);
    const transport = day().transport({ connectTimeoutMs: 20_000 });
    await transport.put("file", content, { isNew: true });
    expect(server.accepted).toBe(2);
    const second = server.received
      .slice(server.received.lastIndexOf("USER joe"))
      .map((line) => line.replace(temporary, "/temporary"));
    expect(second.slice(2)).toEqual([
      "OPTS UTF8 ON",
      "TYPE I",
      "EPSV",
      "STOR /temporary",
      "RNFR /temporary",
      "RNTO /file",
    ]);
    await day().works(transport);
  });
});
