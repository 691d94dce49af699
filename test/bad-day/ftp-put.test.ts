import { finished } from "node:stream/promises";

import { beforeEach, describe, expect, it } from "vitest";

import type { Effect, ErrorCode } from "../../src/index.ts";
import { isTempName } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { hangUp, reset, silence } from "./scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "./scripted-ftp-session.ts";

const old = "the old content";

/** Takes some of an upload into a file, as servers do, and then does whatever comes. */
function half(
  then: (session: ScriptedFtpSession, data: Awaited<ReturnType<ScriptedFtpSession["data"]>>) => unknown,
): Script {
  return async (session, path) => {
    await session.reply("150 Send it.");
    const data = await session.data();
    const begun = new Promise<Buffer>((resolve) => data.once("data", resolve));
    const ended = new Promise<void>((resolve) => data.once("end", resolve));
    const first = await Promise.race([
      begun,
      ended.then(() => Buffer.alloc(0)),
      session.closed.then(() => Buffer.alloc(0)),
    ]);
    session.server.files.set(path, first);
    data.pause();
    await then(session, data);
  };
}

/** Content that cannot be read a second time, too much for the buffers of the network. */
async function* large(): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < 200; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.alloc(100_000, "new");
  }
}

describe("a bad day with ftp: writing", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", Buffer.from(old));
  });

  /** Asserts that the old content is there, and nothing else once the server can be reached. */
  async function intact(): Promise<void> {
    const { server } = day();
    expect(String(server.files.get("/file"))).toBe(old);
    server.behave();
    const transport = day().transport();
    expect(String(await transport.getBytes("file"))).toBe(old);
    expect([...server.files.keys()].filter((path) => isTempName(path.slice(1)))).toEqual([]);
    expect([...server.files.keys()]).toEqual(["/file"]);
    await day().works(transport);
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
      "the data connection is closed, and 426",
      "connection-lost",
      half(async (session, data) => (data.destroy(), await session.reply("426 It broke."))),
    ],
    [
      "the disk is full, and the connection is closed",
      "no-space",
      half(async (session, data) => (data.destroy(), await session.reply("552 The disk is full."))),
    ],
    [
      "the disk is full, and the data is still taken",
      "no-space",
      half(async (session, data) => (data.resume(), await session.reply("452 The disk is full."))),
    ],
    [
      "451 is said",
      "unexpected",
      half(async (session, data) => (data.resume(), await session.reply("451 The disk broke."))),
    ],
    ["421 is said", "connection-lost", half(async (session) => (await session.reply("421 Goodbye."), session.end()))],
    [
      "226 is said too early, and the connection is closed",
      "connection-lost",
      half(async (session, data) => (await session.reply("226 I have it."), data.resetAndDestroy())),
    ],
    ["both connections are reset", "connection-lost", half(async (session) => await reset(session))],
    ["the control connection ends", "connection-lost", half(async (session) => await hangUp(session))],
    ["everything stops", "timeout", half(async (session) => await silence(session))],
    [
      "all is taken, and then silence",
      "timeout",
      half(async (session, data) => (data.resume(), await silence(session))),
    ],
    [
      "gibberish is said",
      "protocol-error",
      half(async (session) => (await session.reply("gibberish"), await silence(session))),
    ],
  ];
  it.each(cuts)(
    "an atomic put in the middle of which %s leaves the old content and no temporary",
    async (_name, code, script) => {
      const { server, witness } = day();
      // A server that goes is given some time to say why.
      const transport = day().transport(code === "timeout" ? {} : { silenceTimeoutMs: 10_000 });
      await transport.connect();
      server.on("STOR", script);
      // All that may be there has a name of its own.
      await witness.failure(transport.put("file", large()), {
        code,
        operation: "put",
        effect: "none",
        path: "file",
        says: /./,
      });
      await intact();
    },
  );

  const steps: readonly [string, string, Script, ErrorCode, Effect][] = [
    ["RNFR", "a reset", reset, "connection-lost", "unknown"],
    ["RNFR", "550", "550 No.", "permission-denied", "none"],
    ["RNTO", "a reset", reset, "connection-lost", "unknown"],
    ["RNTO", "a FIN", hangUp, "connection-lost", "unknown"],
    ["RNTO", "silence", silence, "timeout", "unknown"],
    ["RNTO", "553", "553 No.", "permission-denied", "none"],
    ["RNTO", "451", "451 The disk broke.", "permission-denied", "none"],
    ["STOR", "a reset", reset, "connection-lost", "none"],
    ["STOR", "553", "553 No.", "permission-denied", "none"],
    ["STOR", "452", "452 The disk is full.", "no-space", "none"],
    ["EPSV", "a reset", reset, "connection-lost", "none"],
    ["MLST", "a reset, again and again,", reset, "connection-lost", "none"],
  ];
  it.each(steps)(
    "an atomic put whose %s is answered with %s leaves the old content and no temporary",
    async (verb, _name, script, code, effect) => {
      const { server, witness } = day();
      const transport = day().transport();
      await transport.connect();
      server.on(verb, script);
      const failure: unknown = await transport.put("file", once("new")).catch((reason: unknown) => reason);
      witness.hear(failure);
      expect(failure).toMatchObject({ code, operation: "put", path: "file", effect });
      await intact();
    },
  );

  it("a server that replaces nothing is unsupported, with the way out", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    server.on("RNTO", (session, path) => session.reply(server.files.has(path) ? "550 File exists." : "250 Renamed."));
    for (let n = 0; n < 2; n++) {
      await witness.failure(transport.put("file", once("new")), {
        code: "unsupported",
        operation: "put",
        says: /cannot replace a file atomically.*atomic: false/,
      });
      expect([...server.files]).toEqual([["/file", Buffer.from(old)]]);
    }
    expect(await transport.put("file", once("new"), { atomic: false })).toBe(3);
    expect(String(server.files.get("/file"))).toBe("new");
  });

  it("one that is aborted in its last step may have taken effect", async () => {
    const { server, witness } = day();
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await transport.connect();
    const abort = new AbortController();
    server.on("RNTO", (session) => {
      abort.abort();
      return silence(session);
    });
    const put = transport.put("file", once("new"), { signal: abort.signal });
    await witness.failure(put, { code: "aborted", operation: "put", effect: "unknown", says: /aborted/ });
    await intact();
  });

  it.each(["append", "put in place", "mkdir", "delete"] as const)(
    "%s that is aborted in the middle may have taken effect",
    async (verb) => {
      const { server, witness } = day();
      const transport = day().transport({ silenceTimeoutMs: 10_000 });
      await transport.connect();
      const abort = new AbortController();
      const { signal } = abort;
      const script: Script = (session) => {
        abort.abort();
        return silence(session);
      };
      server.on("APPE", half(script as (session: ScriptedFtpSession) => unknown));
      server.on("STOR", half(script as (session: ScriptedFtpSession) => unknown));
      server.on("MKD", script).on("DELE", script);
      const works = {
        append: () => transport.append("file", large(), { signal }),
        "put in place": () => transport.put("file", large(), { atomic: false, signal }),
        mkdir: () => transport.mkdir("file", { signal }),
        delete: () => transport.delete("file", { signal }),
      };
      await witness.failure(works[verb](), {
        code: "aborted",
        operation: verb.split(" ")[0] as string,
        effect: "unknown",
        says: /aborted/,
      });
      await day().works(transport);
    },
  );

  it("a put whose last answer is lost has taken effect, as a look tells", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RNTO", async (session, path) => {
      server.files.set(path, Buffer.from("new"));
      server.files.delete(session.renamed);
      await reset(session);
    });
    expect(await transport.put("file", once("new"))).toBe(3);
    expect(String(server.files.get("/file"))).toBe("new");
    expect(server.count("RNTO")).toBe(1);
    server.behave();
    await transport.connect();
    expect([...server.files.keys()]).toEqual(["/file"]);
  });

  it("a put whose last answer is lost, and which nobody can look at, says that it may have taken effect, as it has", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("RNTO", async (session, path) => {
      server.files.set(path, Buffer.from("new"));
      server.files.delete(session.renamed);
      server.on("MLST", reset);
      await reset(session);
    });
    await witness.failure(transport.put("file", once("new")), {
      code: "connection-lost",
      operation: "put",
      effect: "unknown",
      says: /connection/,
    });
    expect(String(server.files.get("/file"))).toBe("new");
    server.behave();
    await transport.connect();
    expect([...server.files.keys()]).toEqual(["/file"]);
  });

  it("one that is aborted in the middle leaves the old content and no temporary, and the next one works", async () => {
    const { server, witness } = day();
    const transport = day().transport({ silenceTimeoutMs: 10_000 });
    await transport.connect();
    const abort = new AbortController();
    server.on(
      "STOR",
      half((session) => {
        abort.abort();
        return silence(session);
      }),
    );
    const put = transport.put("file", large(), { signal: abort.signal });
    await witness.failure(put, { code: "aborted", operation: "put", effect: "none", says: /aborted/ });
    await intact();
  });

  it("one whose source fails rejects with that, leaves the old content and no temporary", async () => {
    const { witness } = day();
    const transport = day().transport();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(300_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new RangeError("the source failed");
    }
    const error = await witness
      .failure(transport.put("file", failing()), {
        code: "unexpected",
        operation: "put",
        effect: "none",
        says: /the source failed/,
      })
      .catch((unlike: unknown) => unlike);
    expect(String(error)).toContain("the source failed");
    await intact();
  });

  it("a slow source never times out", async () => {
    const { server } = day();
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 3; n++) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        yield Buffer.from("x");
      }
    }
    const transport = day().transport({ silenceTimeoutMs: 700 });
    expect(await transport.put("file", slow())).toBe(3);
    expect(String(server.files.get("/file"))).toBe("xxx");
    expect(server.accepted).toBe(1);
  });

  it("a server that takes its time over a large upload is waited for as long as it takes something", async () => {
    const { server } = day();
    server.on("STOR", async (session, path) => {
      await session.reply("150 Send it.");
      const data = await session.data();
      let size = 0;
      for await (const chunk of data) {
        size += (chunk as Buffer).length;
        if (size % 1_000_000 < 65_536) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      server.files.set(path, Buffer.alloc(size));
      data.end();
      await session.reply("226 I have it.");
    });
    const transport = day().transport({ silenceTimeoutMs: 1_000 });
    expect(await transport.put("file", Buffer.alloc(20_000_000))).toBe(20_000_000);
    expect(server.files.get("/file")?.length).toBe(20_000_000);
    server.files.delete("/file");
    await day().works(transport);
  });

  it("an append that is cut says that part of it may be there", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on(
      "APPE",
      half(async (session) => await reset(session)),
    );
    await witness.failure(transport.append("file", large()), {
      code: "connection-lost",
      operation: "append",
      effect: "unknown",
      says: /./,
    });
    expect(server.count("APPE")).toBe(1);
    await day().works(transport);
  });

  it("a put in place that is cut says that part of it may be there, also where the server says why", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    await transport.connect();
    server.on(
      "STOR",
      half(async (session, data) => (data.resume(), await session.reply("552 The disk is full."))),
    );
    const put = transport.put("file", large(), { atomic: false });
    await witness.failure(put, { code: "no-space", operation: "put", effect: "unknown", says: /552/ });
    await day().works(transport);
  });

  it("a write stream that is cut fails, and what it wrote may be there", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    server.on(
      "STOR",
      half(async (session) => await reset(session)),
    );
    const stream = await transport.openWriteStream("new");
    const writing = finished(stream);
    stream.end("content");
    await witness.failure(writing, {
      code: "connection-lost",
      operation: "openWriteStream",
      effect: "unknown",
      says: /./,
    });
    await day().works(transport);
  });

  it("a write stream that is destroyed does not keep the next one from working", async () => {
    const transport = day().transport();
    const stream = await transport.openWriteStream("new");
    stream.write("some");
    stream.destroy();
    await day().works(transport);
  });
});

/** Content that cannot be read a second time. */
async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
