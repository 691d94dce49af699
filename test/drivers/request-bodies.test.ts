import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { HttpAuthentication } from "../../src/drivers/http-authentication.ts";
import type { HttpCall } from "../../src/drivers/http-client.ts";
import { HttpClient } from "../../src/drivers/http-client.ts";
import { HttpConnector } from "../../src/drivers/http-connector.ts";
import type { HttpWire } from "../../src/drivers/http-wire.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { failureOf } from "../schemes/http/http-site.ts";

const identity = await generateTlsIdentity();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Site {
  readonly client: HttpClient;
  readonly connections: () => number;
}

async function site(protocol: string, answer: RequestListener): Promise<Site> {
  const http2 = protocol === "HTTP/2";
  const server: Server = http2
    ? createSecureServer({ key: identity.key, cert: identity.cert }, answer as never)
    : createServer(answer);
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const policy = connectionPolicy({ leaseTimeoutMs: 20_000, silenceTimeoutMs: 10_000 });
  const connector = new HttpConnector({
    label: "http://127.0.0.1",
    authentication: new HttpAuthentication({ user: "joe", password: "secret" }),
    patienceMs: 10_000,
    headers: {},
    target: {
      ...{ host: "127.0.0.1", port, localAddress: undefined, family: undefined, lookup: undefined },
      tls: http2 ? ({ host: "127.0.0.1", ca: identity.cert } as never) : undefined,
      http2,
    },
  });
  const connection = new SharedConnection<HttpWire>({
    key: { endpoint: `http://127.0.0.1:${port}`, identity: new Map() },
    connector,
    policy,
  });
  closing.push(async () => {
    await connection.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { client: new HttpClient(connection, () => connector), connections: () => connections };
}

function put(body: HttpCall["body"], change: Partial<HttpCall> = {}): HttpCall {
  return { method: "PUT", target: "/file", body, repeatable: true, operation: "put", signal: undefined, ...change };
}

/** Reads all, and answers with what it read. */
async function digest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash("sha1");
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk);
      length += chunk.length;
    }
  } catch {
    return; // Whoever sends it has given up.
  }
  response.writeHead(201, { "x-length": String(length), "x-hash": hash.digest("hex") });
  response.end("stored");
}

const isHttp2 = (protocol: string): boolean => protocol === "HTTP/2";

async function* pieces(count: number, size: number, each: () => void = () => undefined): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) {
    each();
    yield Buffer.alloc(size, at);
  }
}

async function hashOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha1");
  for await (const piece of source) hash.update(piece);
  return hash.digest("hex");
}

for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
  describe(`a request's body over ${protocol}`, () => {
    it.each([0, 1, 70_000, 1_048_576, 5_000_001])("arrives whole when it is %i bytes in memory", async (size) => {
      const { client, connections } = await site(protocol, (request, response) => void digest(request, response));
      const bytes = Buffer.alloc(size, "samewire ");
      for (let times = 0; times < 3; times++) {
        const answer = await client.send(put(bytes));
        expect(answer.status).toBe(201);
        expect(answer.headers.get("x-length")).toBe(String(size));
        expect(answer.headers.get("x-hash")).toBe(createHash("sha1").update(bytes).digest("hex"));
        await answer.discard();
      }
      expect(connections()).toBe(1);
    });

    it("arrives whole when it comes from a source, and the connection is used again", async () => {
      const { client, connections } = await site(protocol, (request, response) => void digest(request, response));
      for (const [count, size] of [
        [0, 1],
        [1, 1],
        [300, 70_001],
        [1, 3_000_000],
      ] as const) {
        const answer = await client.send(put(pieces(count, size)));
        expect(answer.headers.get("x-length")).toBe(String(count * size));
        expect(answer.headers.get("x-hash")).toBe(await hashOf(pieces(count, size)));
        await answer.discard();
      }
      expect(connections()).toBe(1);
    });

    it("is not asked for faster than the server takes it", async () => {
      let [release, asked] = [(): void => undefined, 0];
      const { client } = await site(protocol, (request, response) => {
        release = () => void digest(request, response);
      });
      const sending = client.send(put(pieces(200, 256 * 1024, () => asked++)));
      let before = -1;
      // The source rests when nothing moves any more.
      while (before !== asked || asked === 0) {
        before = asked;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(asked).toBeLessThan(100);
      release();
      await (await sending).discard();
      expect(asked).toBe(200);
    });

    it("is not sent to its end when the server has answered, and the source is told", async () => {
      const { client } = await site(protocol, (_request, response) => {
        response.writeHead(413);
        response.end("too large");
      });
      let [asked, told] = [0, false];
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) {
            asked++;
            yield Buffer.alloc(64 * 1024);
          }
        } finally {
          told = true;
        }
      }
      const answer = await client.send(put(endless()));
      expect(answer.status).toBe(413);
      expect(String(await answer.bytes())).toBe("too large");
      const then = asked;
      await expect.poll(() => told).toBe(true);
      expect(asked).toBe(then);
      // Whatever became of the connection, the next request is answered.
      const next = await client.send(put(Buffer.from("x")));
      expect(next.status).toBe(413);
      await next.discard();
    });

    it("whose source fails never looks whole to the server, and the failure is the source's", async () => {
      const seen: string[] = [];
      const { client } = await site(protocol, (request, response) => {
        request.on("end", () => {
          seen.push(request.complete && !request.destroyed && !request.aborted ? "whole" : "cut");
          response.end();
        });
        request.on("aborted", () => seen.push("cut"));
        request.on("error", () => undefined);
        request.resume();
      });
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000);
        throw new Error("the disk is gone");
      }
      const failure = await failureOf(client.send(put(failing())));
      expect(failure).toMatchObject({ code: "unexpected", cause: { message: "the disk is gone" } });
      while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(seen).not.toContain("whole");
    });

    it("is given up with its operation, although the source has nothing to say", async () => {
      const { client } = await site(protocol, (request, response) => void digest(request, response));
      const control = new AbortController();
      async function* silent(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(10);
        setImmediate(() => control.abort());
        await new Promise(() => undefined);
      }
      const failure = await failureOf(client.send(put(silent(), { signal: control.signal })));
      expect(failure.code).toBe("aborted");
      const next = await client.send(put(Buffer.from("next")));
      expect(next.headers.get("x-length")).toBe("4");
      await next.discard();
    });

    it("from a source is sent again from its beginning when the server asks who it is", async () => {
      const wrong: string[] = [];
      const { client } = await site(protocol, (request, response) => {
        if (request.headers.authorization !== undefined) return void digest(request, response);
        wrong.push(request.headers["transfer-encoding"] ?? "");
        response.writeHead(401, { "www-authenticate": 'Basic realm="here"' });
        response.end();
      });
      const answer = await client.send(put(pieces(40, 20_000)));
      expect(answer.headers.get("x-hash")).toBe(await hashOf(pieces(40, 20_000)));
      expect(wrong).toEqual([isHttp2(protocol) ? "" : "chunked"]);
      await answer.discard();
    });

    it("may come from a source that fills one buffer again and again", async () => {
      let refusals = 0;
      const { client } = await site(protocol, (request, response) => {
        if (request.headers.authorization !== undefined) return void digest(request, response);
        refusals++;
        // Once some of it has come, so that it must be sent twice.
        request.once("data", () => {
          response.writeHead(401, { "www-authenticate": 'Basic realm="here"' });
          response.end();
        });
        request.on("error", () => undefined);
      });
      async function* refilled(): AsyncGenerator<Uint8Array> {
        const buffer = Buffer.alloc(3_000);
        for (let at = 0; at < 300; at++) yield buffer.fill(at);
      }
      const answer = await client.send(put(refilled()));
      expect(answer.headers.get("x-hash")).toBe(await hashOf(pieces(300, 3_000)));
      expect(refusals).toBe(1);
      await answer.discard();
    });

    it("that cannot be sent again says so, and the next one is sent with the credentials", async () => {
      const { client } = await site(protocol, (request, response) => {
        if (request.headers.authorization !== undefined) return void digest(request, response);
        let length = 0;
        request.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length < 2_000_000 || response.headersSent) return;
          response.writeHead(401, { "www-authenticate": 'Basic realm="here"' });
          response.end();
        });
        request.on("error", () => undefined);
      });
      const failure = await failureOf(client.send(put(pieces(100, 100_000))));
      expect(failure).toMatchObject({ code: "authentication-failed", temporary: true });
      const answer = await client.send(put(pieces(100, 100_000)));
      expect(answer.headers.get("x-length")).toBe("10000000");
      await answer.discard();
    });
  });
}
