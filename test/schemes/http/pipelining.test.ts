import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import type { HttpReaction } from "../../../src/testing.ts";
import { collect, patternedBytes } from "../../../src/testing/conformance/content.ts";
import { open, serverWith } from "./http-site.ts";

const content = patternedBytes(12_000_000);
/** A thousand parts, too far from one another to be read together: five requests. */
const scattered = Array.from({ length: 1_000 }, (_, index) => ({ offset: index * 12_000, length: 100 }));

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function expectScattered(transport: Transport): Promise<void> {
  const parts = await collect(transport.readv("file", scattered));
  expect(parts).toHaveLength(scattered.length);
  for (const [index, { offset, length }] of scattered.entries())
    expect(parts[index]?.equals(content.subarray(offset, offset + length)), `part ${index}`).toBe(true);
}

/** A request for parts as it came to the server below. */
interface Asked {
  readonly connection: number;
  readonly socket: Socket;
  /** What a server that can answers. */
  readonly answer: Buffer;
}

interface PipeliningServer {
  readonly asked: readonly Asked[];
  readonly transport: Transport;
}

/** A server that is told by a test what to do with each request for parts. */
async function serve(react: (request: Asked, all: readonly Asked[]) => void): Promise<PipeliningServer> {
  const asked: Asked[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.on("error", () => undefined);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        if (head.startsWith("HEAD")) {
          socket.write(`HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: ${content.length}\r\n\r\n`);
          continue;
        }
        const request = { connection, socket, answer: answerTo(head) };
        asked.push(request);
        react(request, asked);
      }
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const transport = getTransport(`http://127.0.0.1:${port}/`, undefined, { proxy: null });
  cleanUps.push(async () => {
    await transport.disconnect();
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, "close");
  });
  // The server is known to give parts of files.
  await transport.stat("file");
  return { asked, transport };
}

function answerTo(head: string): Buffer {
  const ranges = /^range: bytes=(.*)$/im.exec(head)?.[1]?.split(",") ?? [];
  const parts = ranges.flatMap((range) => {
    const [first = 0, last = 0] = range.split("-").map(Number);
    const line = `--b\r\nContent-Range: bytes ${range}/${content.length}\r\n\r\n`;
    return [Buffer.from(line), content.subarray(first, last + 1), Buffer.from("\r\n")];
  });
  const body = Buffer.concat([...parts, Buffer.from("--b--\r\n")]);
  const type = "Content-Type: multipart/byteranges; boundary=b";
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 206 Partial Content\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
}

describe("many ranges of a file whose server gives parts", () => {
  it("are asked for in several requests on one connection before the first is answered", async () => {
    const { asked, transport } = await serve(({ socket }, all) => {
      if (all.length < 5) return;
      for (const { answer } of all.slice(-5)) socket.write(answer);
    });
    await expectScattered(transport);
    expect(asked.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1]);
  });

  it("are asked for in the same way once the first answer has shown that it does", async () => {
    let most = 0;
    let now = 0;
    const server = await serverWith(
      { "/file": content },
      {
        onRequest: async (): Promise<HttpReaction> => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setImmediate(resolve));
          now--;
          return "answer";
        },
      },
    );
    await expectScattered(open(server.url));
    expect(server.requests).toHaveLength(5);
    expect(server.accepted).toBe(1);
    expect(most).toBeGreaterThan(1);
  });

  it("that come in the wrong order are asked for again, one request after the other", async () => {
    let [waiting, most] = [0, 0];
    const { asked, transport } = await serve(({ socket, answer }, all) => {
      if (all.length === 5) for (const { answer: late } of all.toReversed()) socket.write(late);
      if (all.length <= 5) return;
      most = Math.max(most, ++waiting);
      setImmediate(() => {
        waiting--;
        socket.write(answer);
      });
    });
    await expectScattered(transport);
    expect(new Set(asked.slice(5).map(({ connection }) => connection))).toEqual(new Set([2]));
    await expectScattered(transport);
    expect(most).toBe(1);
  });

  it("of which some did not come before the server hung up are asked for again, and no others", async () => {
    const { asked, transport } = await serve(({ socket, answer, connection }, all) => {
      if (connection > 1 || all.length < 3) socket.write(answer);
      else socket.end();
    });
    await expectScattered(transport);
    expect(asked.filter(({ connection }) => connection === 2)).toHaveLength(3);
  });

  it("are asked for again where the server hangs up in the middle of an answer, or resets the connection", async () => {
    for (const hangUp of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const { transport } = await serve(({ socket, answer, connection }, all) => {
        if (connection > 1 || all.length === 1) return void socket.write(answer);
        if (all.length === 2) socket.write(answer.subarray(0, 5_000), () => hangUp(socket));
      });
      await expectScattered(transport);
    }
  });

  it("are asked for one request after the other where the second is never answered but alone", async () => {
    const { asked, transport } = await serve(({ socket, answer }, all) => {
      if (all.length === 1) socket.end(answer);
      else if (!socket.writableEnded) socket.write(answer);
    });
    await expectScattered(transport);
    const before = asked.length;
    await expectScattered(transport);
    expect(asked.length - before).toBe(5);
  });

  it("are read whole from a server that only seemed to give parts", async () => {
    const whole = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: ${content.length}\r\n\r\n`),
      content,
    ]);
    const { transport } = await serve(({ socket }) => socket.write(whole));
    await expectScattered(transport);
  });

  it("may be refused for a while", async () => {
    let refusals = 0;
    const { transport } = await serve(({ socket, answer }) => {
      const refusal = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";
      socket.write(++refusals < 7 ? refusal : answer);
    });
    await expectScattered(transport);
  });

  it("leave the connection to others when nobody wants the rest", async () => {
    const { transport } = await serve(({ socket, answer }) => socket.write(answer));
    for await (const part of transport.readv("file", scattered)) {
      expect(part.equals(content.subarray(0, 100))).toBe(true);
      break;
    }
    expect((await transport.stat("file")).sizeBytes).toBe(content.length);
    await expectScattered(transport);
  });
});
