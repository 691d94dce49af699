import { beforeEach, describe, expect, it } from "vitest";

import { freePort } from "../servers/free-port.ts";
import { ftpDays } from "./ftp-day.ts";
import { addressAndPort } from "./polite-ftp-scripts.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { silence } from "./scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "./scripted-ftp-session.ts";

describe("an FTP server that is odd about ports", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", Buffer.from("content"));
  });

  it("may answer EPSV as if it had been asked PASV", async () => {
    const { server } = day();
    server.on("EPSV", async (session) =>
      session.reply(`227 Come to (${addressAndPort("8.8.8.8", await session.passive())})`),
    );
    const transport = day().transport();
    await transport.put("new", "content", { isNew: true });
    expect(String(await transport.getBytes("new"))).toBe("content");
    expect([server.count("EPSV"), server.count("PASV"), server.accepted]).toEqual([2, 0, 1]);
  });

  it.each(["202 Superfluous.", "503 What?", "530 Not you.", "550 Permission denied."])(
    "may answer EPSV with %j, and is asked PASV from then on",
    async (reply) => {
      const { server } = day();
      server.on("EPSV", reply);
      const transport = day().transport();
      expect(String(await transport.getBytes("file"))).toBe("content");
      expect(String(await transport.getBytes("file"))).toBe("content");
      await transport.put("new", "content", { isNew: true });
      expect([server.count("EPSV"), server.count("PASV"), server.accepted]).toEqual([1, 3, 1]);
    },
  );

  it.each<[string, Script, number]>([
    ["says that nobody came", "425 You did not come.", 1],
    ["waits for somebody", silence, 2],
  ])("may have a firewall that follows PASV alone, and %s", async (_name, script, logins) => {
    const { server } = day();
    const port = await freePort();
    server.on("EPSV", `229 Come to (|||${port}|)`).on("RETR", script, 1);
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    const first = await transport.getBytes("file").then(String, ({ code }: { readonly code: string }) => code);
    expect(first).toBe(logins === 1 ? "content" : "connection-failed");
    expect(String(await transport.getBytes("file"))).toBe("content");
    await transport.disconnect();
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect([server.count("EPSV"), server.accepted]).toEqual([1, logins + 1]);
  });

  it("may have a firewall that follows PASV alone, which all sessions find out at the same time", async () => {
    const { server } = day();
    const port = await freePort();
    const told: (() => void)[] = [];
    // Both were told a port before either has tried it.
    server.on("EPSV", async (session) => {
      await new Promise<void>((resolve) => {
        told.push(resolve);
        if (told.length === 2) for (const go of told) go();
      });
      await session.reply(`229 Come to (|||${port}|)`);
    });
    server.on("RETR", "425 You did not come.", 2);
    const transport = day().transport({ connections: 2, silenceTimeoutMs: 10_000 });
    const both = await Promise.all([transport.getBytes("file"), transport.getBytes("file")]);
    expect(both.map(String)).toEqual(["content", "content"]);
    expect([server.count("EPSV"), server.count("PASV"), server.accepted]).toEqual([2, 2, 2]);
  });

  it("is asked EPSV again where PASV leads nowhere either", async () => {
    const { server, witness } = day();
    const port = await freePort();
    server.on("EPSV", `229 Come to (|||${port}|)`).on("PASV", `227 Come to (${addressAndPort("127.0.0.1", port)})`);
    server.on("RETR", "425 You did not come.");
    const transport = day().transport();
    await witness.failure(transport.getBytes("file"), {
      code: "connection-failed",
      operation: "getBytes",
      temporary: true,
      says: /425/,
    });
    await day().works(transport);
    expect([server.count("EPSV"), server.count("PASV"), server.accepted]).toEqual([3, 1, 1]);
  });
});

describe("an FTP server that is odd about transfers", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", Buffer.from("content"));
  });

  const downloads: Readonly<Record<string, Script>> = {
    "no 150, and 226 when all is sent": async (session) => {
      await given(session, "content");
      await session.reply("226 That was it.");
    },
    "all data before 150": async (session) => {
      await given(session, "content");
      await session.reply("150 Here it comes.");
      await new Promise((resolve) => setTimeout(resolve, 20));
      await session.reply("226 That was it.");
    },
    "250 for 226": async (session) => {
      await session.reply("125-Here\n125 it comes.");
      await given(session, "content");
      await session.reply("250 That was it.");
    },
  };
  it.each(Object.entries(downloads))("may send %s", async (_name, script) => {
    const { server } = day();
    server.on("RETR", script);
    const transport = day().transport();
    expect(String(await transport.getBytes("file"))).toBe("content");
    const chunks: string[] = [];
    for await (const chunk of await transport.get("file")) chunks.push(String(chunk));
    expect(chunks.join("")).toBe("content");
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("may announce less than it sends", async () => {
    const { server } = day();
    server.on("SIZE", "213 3").on("RETR", async (session) => {
      await session.reply("150 Here it comes (3 bytes).");
      await given(session, "content");
      await session.reply("226 That was it.");
    });
    const transport = day().transport();
    expect(String(await transport.getBytes("file", { expectedBytes: 3 }))).toBe("content");
    await day().works(transport);
  });

  it.each([
    "Opening BINARY mode data connection for % (7 bytes).",
    "Opening BINARY mode data connection for %",
    "Opening BINARY mode data connection for %.",
    'Opening data channel for file download from server of "%"',
    "% (7 bytes): here it comes.",
  ])("may say the name of a file, which is not taken for its size: %j", async (text) => {
    const { server } = day();
    server.on("RETR", async (session, path) => {
      await session.reply(`150 ${text.replace("%", path)}`);
      await given(session, "content");
      await session.reply("226 That was it.");
    });
    const transport = day().transport();
    for (const name of ["a (99999 bytes)", "ü (99999 bytes)", "(99999 bytes)"]) {
      const chunks: string[] = [];
      for await (const chunk of await transport.get(name)) chunks.push(String(chunk));
      expect(chunks.join("")).toBe("content");
    }
  });

  it("and says 226 before 150 is not understood: never a short success", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RETR", async (session) => {
      await session.reply("226 That was it.\n150 Here it comes.");
      await given(session, "content");
    });
    await witness.failure(transport.getBytes("file"), {
      code: "protocol-error",
      operation: "getBytes",
      says: /without being asked: 150/,
    });
    await day().works(transport);
  });

  it("may keep the offset of a transfer that it refused, and the next one begins where it should", async () => {
    const { server } = day();
    let offset = 0;
    server.on("REST", async (session, argument) => {
      offset = Number(argument);
      await session.reply("350 From there.");
    });
    server.on("RETR", async (session, path) => {
      const content = session.server.files.get(path)?.subarray(offset);
      if (content === undefined) return await session.reply("550 Nothing there.");
      offset = 0;
      await session.send(content);
    });
    const transport = day().transport();
    await expect(transport.getBytes("missing", { offset: 3 })).rejects.toMatchObject({ code: "not-found" });
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(String(await transport.getBytes("file", { offset: 3 }))).toBe("tent");
    expect(server.accepted).toBe(1);
  });

  it.each([
    ["532 An account, please.", "permission-denied", "none"],
    ["553 Not by that name.", "permission-denied", "none"],
    ["552 You have enough.", "no-space", "none"],
    ["451 The disk broke.", "permission-denied", "none"],
    ["332 An account, please.", "protocol-error", "unknown"],
  ] as const)("and answers STOR with %j is told as %s", async (reply, code, effect) => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("STOR", reply);
    await witness.failure(transport.put("new", "content", { atomic: false }), {
      code,
      effect,
      operation: "put",
      temporary: reply.startsWith("45"),
      says: new RegExp(reply.slice(0, 3)),
    });
    await day().works(transport);
  });
});

/** Sends all of it, and ends the data. */
async function given(session: ScriptedFtpSession, content: string): Promise<void> {
  const data = (await session.data()).resume();
  await new Promise<void>((resolve) => data.end(content, resolve));
}
