import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { extension, reply, request } from "../../../src/schemes/sftp/protocol/messages.ts";
import { ReplyStream } from "../../../src/schemes/sftp/protocol/reply-stream.ts";
import { OpenFile } from "../../../src/schemes/sftp/open-file.ts";
import { readBytes } from "../../../src/schemes/sftp/sftp-read.ts";
import { StreamLease } from "../../../src/schemes/sftp/stream-lease.ts";
import type { Lease } from "../../../src/connection/wire-pool.ts";
import type { ScriptedRequest } from "./scripted-server.ts";
import { ScriptedServer, text, u32, u64 } from "./scripted-server.ts";

const handle = text("h");
const silent = (): void => undefined;

describe("a server's bytes", () => {
  it("are the same answers however they are cut", () => {
    const answers = [
      packet(reply.handle, 1, text("handle")),
      packet(reply.data, 2, text("0123456789")),
      packet(reply.data, 3, text("")),
      packet(reply.status, 4, u32(0), text("fine"), text("")),
      packet(reply.attrs, 5, u32(0)),
    ];
    const all = Buffer.concat(answers);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: all.length }), { maxLength: 30 }), (lengths) => {
        const seen: string[] = [];
        const data = new Map<number, Buffer>();
        const stream = new ReplyStream({
          dataTarget: (id, length) => {
            const target = Buffer.alloc(length);
            data.set(id, target);
            return target;
          },
          dataComplete: (id) => seen.push(`data ${id} ${data.get(id)?.toString()}`),
          reply: (type, id, body) => seen.push(`${type} ${id} ${body.toString("hex")}`),
        });
        let at = 0;
        for (const length of lengths) stream.push(all.subarray(at, (at += length)));
        stream.push(all.subarray(at));
        expect(seen).toEqual([
          `${reply.handle} 1 ${text("handle").toString("hex")}`,
          "data 2 0123456789",
          "data 3 ",
          `${reply.status} 4 ${Buffer.concat([u32(0), text("fine"), text("")]).toString("hex")}`,
          `${reply.attrs} 5 ${u32(0).toString("hex")}`,
        ]);
      }),
    );
  });

  it("of any kind settle every request, and none outside its limits is read", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const server = new ScriptedServer(silent);
        const session = await server.connect();
        const waiting = [session.lstat("/a"), session.read(Buffer.from("h"), 0, 10), session.readdir(Buffer.from("h"))];
        server.raw(Buffer.from(bytes));
        server.end();
        for (const outcome of await Promise.allSettled(waiting)) {
          if (outcome.status === "rejected") expect(outcome.reason).toHaveProperty("code");
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, (request: ScriptedRequest, server: ScriptedServer) => void]>([
    ["more data than was asked for", ({ id }, server) => server.send(reply.data, id, text("x".repeat(11)))],
    ["data where none was asked for", (_request, server) => server.send(reply.data, 999, text("x"))],
    ["data with two lengths", ({ id }, server) => server.send(reply.data, id, u32(3), Buffer.from("12345"))],
    ["an answer to what was never asked", (_request, server) => server.send(reply.status, 999, u32(0))],
    ["an answer of another kind", ({ id }, server) => server.send(reply.attrs, id, u32(0))],
    ["an answer of an unknown kind", ({ id }, server) => server.send(77, id)],
    ["a success where a result is due", ({ id }, server) => server.send(reply.status, id, u32(0), text(""), text(""))],
    ["an answer that ends too early", ({ id }, server) => server.send(reply.status, id)],
    ["an answer without a number", (_request, server) => server.raw(Buffer.from([0, 0, 0, 1, 101]))],
    [
      "an endless answer",
      ({ id }, server) => server.raw(Buffer.concat([u32(0x7fff_ffff), Buffer.from([101]), u32(id)])),
    ],
    ["text of a login script", (_request, server) => server.raw(Buffer.from("Welcome to this machine!\n"))],
    ["its version again", (_request, server) => server.send(reply.version, 3)],
  ])("that are %s end the session with protocol-error, for all", async (_what, answer) => {
    let first = true;
    const server = new ScriptedServer((incoming, to) => {
      if (first) answer(incoming, to);
      first = false;
    });
    const session = await server.connect();
    const reading = session.read(Buffer.from("h"), 0, 10);
    const waiting = session.lstat("/a");
    await expect(reading).rejects.toMatchObject({ code: "protocol-error" });
    await expect(waiting).rejects.toMatchObject({ code: "protocol-error" });
    await expect(session.lstat("/b")).rejects.toMatchObject({ code: "protocol-error" });
    expect(server.losses).toHaveLength(1);
  });

  it("that end leave no request waiting", async () => {
    const server = new ScriptedServer(silent);
    const session = await server.connect();
    const waiting = Array.from({ length: 50 }, (_, index) => session.lstat(`/${index}`));
    server.end();
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "connection-lost" } });
    }
    await expect(session.lstat("/late")).rejects.toMatchObject({ code: "connection-lost" });
    expect(server.losses).toHaveLength(1);
  });
});

describe("a session", () => {
  it("asks for the server's limits together with the first request, not before it", async () => {
    const asked: number[] = [];
    let limits = 0;
    const server = new ScriptedServer(({ type, id, body }, to) => {
      asked.push(type);
      if (type === request.extended && body.toString().includes(extension.limits)) return void (limits = id);
      to.send(reply.extended, limits, u64(0), u64(1_000), u64(2_000), u64(0));
      to.send(reply.attrs, id, u32(0));
    });
    const session = await server.connect("SSH-2.0-OpenSSH_9.2", [extension.limits]);
    expect(session.readBytes).toBe(255 * 1024);
    await session.lstat("/a");
    expect(asked).toEqual([request.extended, request.lstat]);
    expect([session.readBytes, session.writeBytes]).toEqual([1_000, 2_000]);
  });

  it("asks another server than OpenSSH for no more than the protocol demands of all", async () => {
    const session = await new ScriptedServer(silent).connect("SSH-2.0-mod_sftp");
    expect([session.readBytes, session.writeBytes]).toEqual([32 * 1024, 32 * 1024]);
  });

  it.each([
    ["SSH-2.0-OpenSSH_9.2p1", "target", "/link"],
    ["SSH-2.0-mod_sftp", "/link", "target"],
  ])("with %s says a link's ends in its order", async (ident, first, second) => {
    const bodies: string[] = [];
    const server = new ScriptedServer(({ id, body }, to) => {
      bodies.push(body.toString("hex"));
      to.send(reply.status, id, u32(0));
    });
    const session = await server.connect(ident);
    await session.symlink("target", "/link");
    expect(bodies).toEqual([Buffer.concat([text(first), text(second)]).toString("hex")]);
  });

  it("refuses a name that would arrive as another one, before anything is sent", async () => {
    const server = new ScriptedServer(() => expect.unreachable());
    const session = await server.connect();
    for (const name of ["a\0b", "a\ud800b"])
      await expect(session.lstat(name)).rejects.toMatchObject({ code: "invalid-path" });
  });

  it("refuses one answer that is no text, and goes on", async () => {
    const server = new ScriptedServer(({ type, id }, to) => {
      if (type === request.readlink) to.send(reply.name, id, u32(1), text(Buffer.from([0xff])), text(""), u32(0));
      else to.send(reply.attrs, id, u32(0));
    });
    const session = await server.connect();
    await expect(session.readlink("/link")).rejects.toMatchObject({ code: "invalid-path" });
    await expect(session.lstat("/a")).resolves.toEqual({});
  });

  it("shows a server's text in one line", async () => {
    const server = new ScriptedServer(({ id }, to) =>
      to.send(reply.status, id, u32(4), text(`disk\r\n\u001b[31mon fire${"!".repeat(1_000)}`), text("")),
    );
    const failure = await (await server.connect()).lstat("/a").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unexpected", message: expect.stringContaining("disk [31mon fire!") });
    expect((failure as Error).message.length).toBeLessThan(400);
  });
});

describe("a file on a server that answers reads as it likes", () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

  it.each([
    ["one byte less than asked for", (asked: number) => Math.max(1, asked - 1), content.length],
    ["at most 999 bytes", (asked: number) => Math.min(asked, 999), content.length],
    ["at most 64 KiB, and says the length is 0", (asked: number) => Math.min(asked, 65_536), 0],
  ])("with %s, is read to its end", async (_what, most, size) => {
    const server = fileServer(most, size);
    const session = await server.connect("SSH-2.0-OpenSSH_8.0");
    const whole = await readBytes(
      new OpenFile(session, Buffer.from("h"), freeLease()),
      { offset: 0, length: undefined },
      Infinity,
    );
    expect(whole.equals(content)).toBe(true);
    const part = await readBytes(
      new OpenFile(session, Buffer.from("h"), freeLease()),
      { offset: 1_000, length: 123_456 },
      Infinity,
    );
    expect(part.equals(content.subarray(1_000, 124_456))).toBe(true);
  });

  it("with less than it said, is read to where it ends", async () => {
    const session = await fileServer((asked) => asked, 1_000_000).connect();
    const whole = await readBytes(
      new OpenFile(session, Buffer.from("h"), freeLease()),
      { offset: 0, length: undefined },
      Infinity,
    );
    expect(whole.equals(content)).toBe(true);
  });

  function fileServer(most: (asked: number) => number, size: number): ScriptedServer {
    return new ScriptedServer(({ type, id, body }, to) => {
      if (type === request.fstat) return to.send(reply.attrs, id, u32(5), u64(size), u32(0o100644));
      if (type !== request.read) return to.send(reply.status, id, u32(0));
      const position = Number(body.readBigUInt64BE(handle.length));
      const asked = body.readUInt32BE(handle.length + 8);
      const bytes = content.subarray(position, position + most(asked));
      if (bytes.length === 0) to.send(reply.status, id, u32(1), text("End of file"), text(""));
      else to.send(reply.data, id, text(bytes));
    });
  }
});

function freeLease(): StreamLease {
  const lease: Lease<unknown> = {
    wire: undefined,
    release: silent,
    discard: silent,
    progress: silent,
    pause: silent,
    resume: silent,
  };
  return new StreamLease(lease);
}

function packet(type: number, id: number, ...fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  return Buffer.concat([u32(body.length + 5), Buffer.from([type]), u32(id), body]);
}
