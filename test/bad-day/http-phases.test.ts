import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";

import { beforeAll, describe, expect, it } from "vitest";

import { resetSocket } from "../../src/drivers/socket.ts";
import { getTransport } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { httpDays } from "./http-day.ts";
import { endHeaders, endStream, field, frame, ok, startRawHttp2 } from "./raw-http2-server.ts";
import { answer } from "./scripted-http-server.ts";

let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
});

/** How a connection ends: in good order, by a reset, or not at all. */
const endings: Record<string, (socket: Socket) => void> = {
  close: (socket) => void socket.end(),
  reset: (socket) => resetSocket(socket),
};

describe("a bad day with http: before anything is asked", () => {
  const day = httpDays();

  const welcomes: Record<string, (socket: Socket) => void> = {
    ...endings,
    silence: () => undefined,
    noise: (socket) => void socket.write(Buffer.alloc(1_000, 7)),
    "a banner and a close": (socket) => void socket.end("220 ftp.example.com\r\n"),
  };
  for (const scheme of ["http", "https"])
    it.each(Object.entries(welcomes))(
      `${scheme}: %s in place of a welcome is told within its limit`,
      async (_what, welcome) => {
        const server = createServer((socket) => {
          socket.on("error", () => socket.destroy()).resume();
          welcome(socket);
        }).listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const transport = day().transport({ connectTimeoutMs: 400 }, `${scheme}://127.0.0.1:${port}/`);
        const failures = await Promise.all(
          [transport.stat("file"), transport.getBytes("file"), collect(transport.list())].map((work) =>
            work.catch((error: unknown) => error),
          ),
        );
        for (const failure of failures)
          expect(failure).toMatchObject({
            code: expect.stringMatching(/^(?:connection-(?:lost|failed)|timeout|tls-failed|protocol-error)$/),
            effect: "none",
          });
        await transport.disconnect();
        server.close();
        await once(server, "close");
      },
    );

  it.each(["http", "https"])(
    "%s: a port where nobody listens is connection-failed, with the way out",
    async (scheme) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      server.close();
      await once(server, "close");
      const transport = day().transport({ connectTimeoutMs: 400 }, `${scheme}://127.0.0.1:${port}/`);
      await day().witness.failure(transport.stat("file"), {
        code: "connection-failed",
        operation: "stat",
        temporary: true,
        says: /nothing listens there.*Check the port/,
      });
    },
  );
});

describe("a bad day with http: an answer that is cut at each of its bytes", () => {
  const day = httpDays();
  const content = "0123456789";
  const answers: Record<string, Buffer> = {
    "with a length": answer("200 OK", ['ETag: "1"', `Content-Length: ${content.length}`], content),
    "in chunks": answer("200 OK", ["Transfer-Encoding: chunked"], "4\r\n0123\r\n6\r\n456789\r\n0\r\nx: y\r\n\r\n"),
  };
  for (const [ending, end] of Object.entries(endings))
    it.each(Object.entries(answers))(
      `by a ${ending} is never a shorter file, %s`,
      async (_how, whole) => {
        const { server } = day();
        for (let length = 0; length < whole.length; length++) {
          const cut = (socket: Socket): void => {
            socket.write(whole.subarray(0, length), () => setTimeout(() => end(socket), 1));
          };
          server.on(cut);
          const transport = day().transport();
          await day().witness.failure(transport.getBytes("file"), {
            code: "connection-lost",
            operation: "getBytes",
            temporary: true,
            says: /./,
          });
          // What came of it is content, from its beginning.
          const chunks: Buffer[] = [];
          try {
            for await (const chunk of (await transport.get("file")) as AsyncIterable<Buffer>) chunks.push(chunk);
            expect.unreachable(`a file of ${Buffer.concat(chunks).length} bytes`);
          } catch (error) {
            expect(error).toMatchObject({ code: "connection-lost", operation: "get" });
          }
          expect(content.startsWith(String(Buffer.concat(chunks)))).toBe(true);
          // Once it is whole it is the file.
          server.on(cut, 1);
          expect(String(await transport.getBytes("file"))).toBe("content");
        }
      },
      30_000,
    );
});

describe("a bad day with http/2: an answer that is cut at each of its bytes", () => {
  it.each(["close", "reset"] as const)(
    "by a %s is never a shorter file",
    async (ending) => {
      const server = await startRawHttp2(identity);
      const whole = (stream: number): Buffer =>
        Buffer.concat([
          frame("headers", endHeaders, stream, Buffer.concat([ok, field("content-length", "10")])),
          frame("data", 0, stream, "0123"),
          frame("data", endStream, stream, "456789"),
        ]);
      const transport = getTransport(`https://127.0.0.1:${server.port}/`, [], { tls: { ca: identity.cert } });
      for (let length = 0; length < whole(1).length; length++) {
        server.on((socket, stream) => {
          socket.write(whole(stream).subarray(0, length), () => {
            if (ending === "close") socket.end();
            else server.sever();
          });
        });
        expect(await transport.getBytes("file").catch((error: unknown) => error)).toMatchObject({
          code: "connection-lost",
        });
      }
      server.behave();
      expect(String(await transport.getBytes("file"))).toBe("content");
      await transport.disconnect();
      await server.close();
    },
    30_000,
  );
});
