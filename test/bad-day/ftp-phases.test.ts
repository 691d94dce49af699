import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import { beforeAll, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { hangUp, reset, silence, startScriptedFtp } from "./scripted-ftp-server.ts";
import { FtpDay, ftpDays } from "./ftp-day.ts";

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
});

/** How a server goes, and what is told of it while nothing has begun. */
const endings: readonly { name: string; script: Script; code: "connection-failed" | "timeout" }[] = [
  { name: "a reset", script: reset, code: "connection-failed" },
  { name: "a FIN", script: hangUp, code: "connection-failed" },
  { name: "silence", script: silence, code: "timeout" },
  { name: "421", script: closing, code: "connection-failed" },
  { name: "half a reply and a FIN", script: half, code: "connection-failed" },
];

/** A server that says that it goes, and goes. */
async function closing(session: Parameters<typeof hangUp>[0]): Promise<void> {
  await session.reply("421 Service shutting down.");
  session.end();
}

async function half(session: Parameters<typeof hangUp>[0]): Promise<void> {
  await session.write("2");
  session.end();
}

describe("a bad day with ftp: a server that goes while a session is opened", () => {
  // The package is loaded meanwhile, so that nobody listens yet.
  it("before the greeting, on the first connection of the process", async () => {
    const day = new FtpDay(await startScriptedFtp());
    day.server.on("greeting", hangUp);
    const transport = day.transport({ connectTimeoutMs: 20_000 });
    const failure = { code: "connection-failed", operation: "stat", temporary: true, says: /server closed/ } as const;
    await day.witness.failure(transport.stat("x"), failure);
    await day.works(transport);
    await day.end();
  });

  /** Runs a case once for each way to go, at the same time, each with a server of its own. */
  async function each(run: (day: FtpDay, ending: (typeof endings)[number]) => Promise<void>): Promise<void> {
    await Promise.all(
      endings.map(async (ending) => {
        const day = new FtpDay(await startScriptedFtp({ identity }));
        await run(day, ending);
        await day.end();
      }),
    );
  }

  /** A session in which every phase has its turn. */
  function secured(day: FtpDay): Transport {
    day.server.on("PASS", "332 And the account?");
    return day.transport({ tls: { ca: identity.cert }, ftp: { account: "anybody" } });
  }

  const phases = ["greeting", "AUTH", "USER", "PASS", "ACCT", "PBSZ", "PROT", "FEAT", "OPTS", "TYPE"];
  it.each(phases)("at the %s: by a reset, a FIN, silence, 421, half a reply", async (phase) => {
    await each(async (day, { name, script, code }) => {
      const transport = secured(day);
      day.server.on(phase, script);
      await day.witness.failure(transport.mkdir(name), {
        code,
        operation: code === "timeout" ? "connect" : "mkdir",
        temporary: true,
        says: code === "timeout" ? /no connection within 1500 ms.*connectTimeoutMs/ : /server|connection/,
      });
      expect(day.server.count("MKD")).toBe(0);
      await day.works(transport);
    });
  });

  it("in the TLS handshake: by a reset, a FIN, silence, and words that are no TLS", async () => {
    await each(async (day, { name, script, code }) => {
      const transport = secured(day);
      day.server.on("AUTH", async (session, argument) => {
        const before = session.bytesReceived;
        await session.reply("234 Go ahead.");
        while (session.open && session.bytesReceived === before) await setTimeout(1); // Until the client speaks TLS.
        await (typeof script === "string" ? session.reply(script) : script(session, argument));
      });
      await day.witness.failure(transport.mkdir(name), {
        code: name === "421" ? "tls-failed" : code,
        operation: code === "timeout" ? "connect" : "mkdir",
        says: /./,
      });
      expect(day.server.count("USER")).toBe(0);
      day.server.behave();
      // What TLS failed for is not tried again until that is asked for.
      await transport.connect();
      await day.works(transport);
    });
  });

  it("before anything: nothing listens", async () => {
    const day = new FtpDay(await startScriptedFtp());
    const transport = day.transport();
    await day.server.close();
    await day.witness.failure(transport.stat("x"), {
      code: "connection-failed",
      operation: "stat",
      temporary: true,
      says: /nothing listens there.*Check the port/,
    });
    await day.end();
  });
});

describe("a bad day with ftp: a server that goes while an operation runs", () => {
  const day = ftpDays();

  it.each(endings)(
    "$name in answer to a change is told with what is known of its effect, and the next operation works",
    async ({ name, script }) => {
      const { server, witness } = day();
      const transport = day().transport();
      await transport.connect();
      server.on("MKD", script);
      const expected = {
        operation: "mkdir",
        temporary: true,
        code: name === "silence" ? "timeout" : "connection-lost",
        // What a server that goes says with 421 it has not done.
        effect: name === "421" ? "none" : "unknown",
        says: /./,
      } as const;
      await witness.failure(transport.mkdir("x"), expected);
      await day().works(transport);
      // Nothing was there: it was asked for once more, and the server went again. One that is silent may still do it.
      expect(server.count("MKD")).toBe(name === "silence" ? 1 : 2);
    },
  );

  const reading = ["EPSV", "RETR", "REST"] as const;
  it.each(endings.flatMap((ending) => reading.map((verb) => [ending.name, verb, ending.script] as const)))(
    "%s in answer to %s of a read, once, is not noticed but for silence",
    async (name, verb, script) => {
      const { server, witness } = day();
      server.files.set("/file", Buffer.from("content"));
      const transport = day().transport();
      await transport.connect();
      server.on(verb, script, 1);
      const work = transport.getBytes("file", { offset: verb === "REST" ? 1 : 0 });
      if (name === "silence")
        await witness.failure(work, {
          code: "timeout",
          operation: "getBytes",
          temporary: true,
          says: /said nothing for 700 ms/,
        });
      else expect(String(await work)).toContain("ontent");
      await day().works(transport);
      expect(server.accepted).toBe(2);
    },
  );

  it.each(endings.flatMap((ending) => reading.map((verb) => [ending.name, verb, ending.script] as const)))(
    "%s in answer to %s of a read, again and again, is told",
    async (name, verb, script) => {
      const { server, witness } = day();
      server.files.set("/file", Buffer.from("content"));
      const transport = day().transport();
      await transport.connect();
      server.on(verb, script);
      await witness.failure(transport.getBytes("file", { offset: 1 }), {
        code: name === "silence" ? "timeout" : "connection-lost",
        operation: "getBytes",
        temporary: true,
        says: /./,
      });
      await day().works(transport);
    },
  );

  it.each(endings)("$name while idle is not noticed, whatever comes next", async ({ name, script }) => {
    if (name === "silence") return; // That is what idle is.
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    const [session] = server.sessions;
    if (session === undefined || typeof script === "string") return expect.unreachable();
    void script(session, "");
    await expect.poll(() => day().scope.report().connections[0]?.wiresOpen).toBe(0);
    await transport.mkdir("x");
    expect(server.count("MKD")).toBe(1);
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it.each(endings)("$name in answer to a goodbye does not keep disconnect() from settling", async ({ script }) => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("QUIT", script);
    await transport.disconnect();
    await day().works(transport);
    expect(server.accepted).toBe(2);
  });

  it("disconnect() settles while the server is silent, and tells whoever waits", async () => {
    const { server, witness } = day();
    server.files.set("/file", Buffer.alloc(200_000));
    const transport = day().transport({ silenceTimeoutMs: 20_000, connections: 2 });
    server.on("MKD", silence).on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      (await session.data()).write("some");
      await silence(session);
    });
    const stream = await transport.get("file");
    const work = transport.mkdir("x");
    const queued = transport.stat("x");
    const told = { code: "aborted", temporary: true, says: /disconnect\(\) was called/ } as const;
    const failures = [
      witness.failure(work, { ...told, operation: "mkdir", effect: "unknown" }),
      witness.failure(queued, { ...told, operation: "stat" }),
      witness.failure(once(stream, "end"), { ...told, operation: "get" }),
    ];
    await expect.poll(() => server.count("MKD")).toBe(1);
    await transport.disconnect();
    await Promise.all(failures);
    await day().works(transport);
  });

  it("421 for idleness in answer to the next command is not noticed, even by a change", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    server.on("MKD", "421 Timeout.", 1);
    await transport.mkdir("x");
    server.on("SIZE", "421 Timeout.", 1);
    await transport.append("log", single("line"));
    server.on("MLST", "421 Timeout.", 1);
    await transport.put("file", single("content"));
    expect(String(server.files.get("/file"))).toBe("content");
    expect(String(server.files.get("/log"))).toBe("line");
    await day().works(transport);
    expect(server.count("MKD")).toBe(2);
  });
});

/** Content that cannot be read a second time. */
async function* single(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
