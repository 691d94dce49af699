import { once } from "node:events";
import type { Readable } from "node:stream";

import { beforeEach, describe, expect, it } from "vitest";

import type { ErrorCode } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { hangUp, reset, silence } from "./scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "./scripted-ftp-session.ts";

const content = Buffer.alloc(200_000, "content ");

async function drained(stream: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

describe("a bad day with ftp: reading", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", content);
  });

  /** Answers RETR with half of the content, and, once the client has read that, with whatever comes. */
  function half(
    then: (session: ScriptedFtpSession, data: Awaited<ReturnType<ScriptedFtpSession["data"]>>) => unknown,
    said = "",
  ): Script {
    return async (session) => {
      const [reply, part] = [`150 Here it comes${said}.`, content.subarray(0, content.length / 2)];
      const inAll = day().bytesRead + `${reply}\r\n`.length + part.length;
      await session.reply(reply);
      const data = (await session.data()).resume();
      data.write(part);
      await day().untilRead(inAll, session);
      await then(session, data);
    };
  }

  const cuts: readonly [string, ErrorCode, Script][] = [
    [
      "the data connection is reset, and 426",
      "connection-lost",
      half(async (session, data) => (data.resetAndDestroy(), await session.reply("426 It broke."))),
    ],
    [
      "the data connection is reset, and nothing more",
      "connection-lost",
      half(async (session, data) => (data.resetAndDestroy(), await silence(session))),
    ],
    [
      "the data ends early, and 426",
      "connection-lost",
      half(async (session, data) => (data.end(), await session.reply("426 It broke."))),
    ],
    [
      "the data ends early, and 451",
      "unexpected",
      half(async (session, data) => (data.end(), await session.reply("451 The disk broke."))),
    ],
    [
      "the data ends early, and 550",
      "not-found",
      half(async (session, data) => (data.end(), await session.reply("550 It is gone."))),
    ],
    [
      "the data ends early, and 421",
      "connection-lost",
      half(async (session, data) => (data.end(), await session.reply("421 Goodbye."), session.end())),
    ],
    [
      "the data ends early, and 226 though more was announced",
      "short-read",
      half(
        async (session, data) => (data.end(), await session.reply("226 That was it.")),
        ` (${content.length} bytes)`,
      ),
    ],
    [
      "the data ends early, and 226 though nothing was announced",
      "short-read",
      half(async (session, data) => (data.end(), await session.reply("226 That was it."))),
    ],
    [
      "the data ends, and the control connection is reset",
      "connection-lost",
      half(async (session, data) => (data.end(), await reset(session))),
    ],
    [
      "the data ends, and the control connection ends",
      "connection-lost",
      half(async (session, data) => (data.end(), await hangUp(session))),
    ],
    ["the data ends, and then silence", "timeout", half(async (session, data) => (data.end(), await silence(session)))],
    ["both connections are reset", "connection-lost", half(async (session) => await reset(session))],
    [
      "the control connection ends, and the data stops",
      "connection-lost",
      half(async (session) => await hangUp(session)),
    ],
    ["everything stops", "timeout", half(async (session) => await silence(session))],
    [
      "226 comes, and the data stops",
      "timeout",
      half(async (session) => (await session.reply("226 That was it."), await silence(session))),
    ],
    [
      "gibberish comes",
      "protocol-error",
      half(async (session) => (await session.reply("gibberish"), await silence(session))),
    ],
    ["451 comes, and the data stops", "unexpected", half((session) => session.reply("451 The disk broke."))],
  ];
  it.each(cuts)("a get in the middle of which %s is %s, never a short success", async (_name, code, script) => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RETR", script);
    const stream = await transport.get("file");
    await witness.failure(drained(stream), { code, operation: "get", says: /./ });
    expect(stream.destroyed).toBe(true);
    const bytes = transport.getBytes("file");
    await witness.failure(bytes, { code, operation: "getBytes", says: /./ });
    await day().works(transport);
    expect((await transport.getBytes("file")).equals(content)).toBe(true);
  });

  it.each([false, true])(
    "the length is known without a round trip more, and from an offset, too (announced: %s)",
    async (says) => {
      const { server, witness } = day();
      const send = (part: (whole: Buffer) => Buffer) =>
        server.on("RETR", async (session) => {
          await session.reply(`150 Here it comes${says ? ` (${content.length} bytes)` : ""}.`);
          (await session.data()).resume().end(part(content));
          await session.reply("226 That was it.");
        });
      const transport = day().transport();
      const commandsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
        const before = server.received.length;
        await work();
        return server.received.slice(before).map((line) => line.slice(0, 4));
      };
      send((whole) => whole);
      await transport.connect();
      const asked = ["EPSV", "SIZE", "RETR"];
      expect(await commandsOf(() => transport.getBytes("file"))).toEqual(asked);
      expect(await commandsOf(() => transport.getBytes("file"))).toEqual(says ? ["EPSV", "RETR"] : asked);
      send((whole) => whole.subarray(50_000));
      const rest = await transport.getBytes("file", { offset: 50_000 });
      expect(rest.equals(content.subarray(50_000))).toBe(true);
      expect(await drained(await transport.get("file", { offset: 50_000 }))).toBe(150_000);
      send((whole) => whole.subarray(50_000, -1));
      const failure = { code: "short-read", says: /sent 149999 of 150000 bytes/ } as const;
      await witness.failure(transport.getBytes("file", { offset: 50_000 }), { ...failure, operation: "getBytes" });
      await witness.failure(drained(await transport.get("file", { offset: 50_000 })), { ...failure, operation: "get" });
      await day().works(transport);
      expect(server.accepted).toBe(1);
    },
  );

  it("what is cut is an error for readv, too, and for a copy that reads it", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on(
      "RETR",
      half(async (session, data) => (data.end(), await session.reply("426 It broke."))),
    );
    const parts = transport.readv("file", [{ offset: 0, length: content.length }])[Symbol.asyncIterator]();
    await witness.failure(parts.next(), { code: "connection-lost", operation: "readv", says: /426|connection/ });
    await witness.failure(transport.copy("file", "copy"), {
      code: "connection-lost",
      operation: "copy",
      says: /426|connection/,
    });
    expect(server.files.has("/copy")).toBe(false);
    await day().works(transport);
  });

  it("one that is aborted in the middle is aborted, its wire is dropped, and the next one works", async () => {
    const { server, witness } = day();
    server.on(
      "RETR",
      half(async (session) => await silence(session)),
    );
    const transport = day().transport();
    const abort = new AbortController();
    const stream = await transport.get("file", { signal: abort.signal });
    const draining = drained(stream);
    await once(stream, "data").catch(() => undefined);
    abort.abort();
    await witness.failure(draining, { code: "aborted", operation: "get", says: /aborted/ });
    const bytes = transport.getBytes("file", { signal: AbortSignal.timeout(50) });
    await witness.failure(bytes, { code: "aborted", operation: "getBytes", says: /aborted/ });
    await day().works(transport);
  });

  it("one that is destroyed in the middle, or never read, does not keep the next one from working", async () => {
    const { server } = day();
    server.files.set("/large", Buffer.alloc(20_000_000));
    const transport = day().transport();
    (await transport.get("large")).destroy();
    await transport.stat("file");
    const stream = await transport.get("large");
    for await (const _chunk of stream) break;
    await transport.stat("file");
    await transport.get("file"); // Small enough to be all here.
    await day().works(transport);
    expect(server.overlaps).toBe(0);
  });

  it("a slow reader never times out", async () => {
    const { server } = day();
    server.files.set("/large", Buffer.alloc(20_000_000, "x"));
    const transport = day().transport({ silenceTimeoutMs: 700 });
    const stream = await transport.get("large");
    let bytes = 0;
    let pauses = 0;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes > pauses * 8_000_000 && ++pauses) await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
    expect([bytes, pauses]).toEqual([20_000_000, 3]);
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("a slow server is waited for as long as it says something", async () => {
    const { server } = day();
    server.files.set("/file", Buffer.from("x".repeat(12)));
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      const data = (await session.data()).resume();
      for (let n = 0; n < 12; n++) {
        data.write("x");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      data.end();
      await session.reply("226 That was it.");
    });
    const transport = day().transport({ silenceTimeoutMs: 600 });
    expect(String(await transport.getBytes("file"))).toBe("x".repeat(12));
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("a server that sends more than it announced, or than was asked for, harms nobody", async () => {
    const { server } = day();
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes (5 bytes).");
      const data = (await session.data()).resume();
      data.end("far more than five");
      await session.reply("226 That was it.");
    });
    const transport = day().transport();
    expect(String(await transport.getBytes("file"))).toBe("far more than five");
    expect(String(await transport.getBytes("file", { length: 3 }))).toBe("far");
    await day().works(transport);
  });

  it("a server that closes after every transfer is connected to again, and nobody notices", async () => {
    const { server } = day();
    server.on("RETR", async (session) => {
      await session.send(content);
      session.end();
    });
    const transport = day().transport();
    for (let n = 1; n <= 3; n++) {
      expect((await transport.getBytes("file")).equals(content)).toBe(true);
      await expect.poll(() => day().scope.report().connections[0]?.wiresOpen).toBe(0);
      expect(server.accepted).toBe(n);
    }
    await day().works(transport);
  });

  it("more than maxBytes is refused without being fetched", async () => {
    const { server } = day();
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      const data = (await session.data()).resume();
      const chunk = Buffer.alloc(262_144);
      while (!data.destroyed && session.open) await new Promise((resolve) => data.write(chunk, resolve));
      await session.reply("426 You went away.");
    });
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await expect(transport.getBytes("file", { maxBytes: 1_000_000 })).rejects.toMatchObject({ operation: "getBytes" });
    await day().works(transport);
  });

  it("a server that ignores REST is not believed", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("REST", "502 Not here.");
    await witness.failure(transport.getBytes("file", { offset: 8 }), {
      code: "unsupported",
      operation: "getBytes",
      says: /502/,
    });
    server.on("REST", "200 As you like.");
    await witness.failure(transport.getBytes("file", { offset: 8 }), {
      code: "protocol-error",
      operation: "getBytes",
      says: /REST/,
    });
    expect(server.count("RETR")).toBe(0);
    await day().works(transport);
  });
});
