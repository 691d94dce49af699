import { once } from "node:events";
import type { ClientRequest } from "node:http";
import { request as startRequest } from "node:http";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { noise } from "../../benchmarks/readv/scattered.ts";
import type { Patience } from "../../src/gateway/defaults.ts";
import { serveWithin } from "../../src/gateway/serve.ts";
import type { Gateway, GatewayAnswer, ServeOptions, Transport } from "../../src/index.ts";
import { TransportError } from "../../src/index.ts";
import { TransportDecorator } from "../../src/extend.ts";
import { afterwards, sendRaw, start, storeWith } from "./gateway-site.ts";
import { asking, sftpSite } from "./sftp-site.ts";

const MiB = 2 ** 20;
const token = "correct-horse-battery-staple";

/** In the proportions of the gateway's own. */
const little: Patience = {
  headTimeoutMs: 1_000,
  headCheckIntervalMs: 100,
  stallTimeoutMs: 2_000,
  keepAliveTimeoutMs: 200,
};

/** Serves with little patience until the test is over. */
async function startImpatient(transport: Transport, options: ServeOptions = {}, patience = little): Promise<Gateway> {
  const gateway = await serveWithin(patience, transport, options);
  afterwards(() => gateway.close({ graceMs: 0 }));
  return gateway;
}

/** An upload of which something has been sent. */
function upload({ port }: Gateway, path: string): ClientRequest {
  const request = startRequest({ host: "127.0.0.1", port, path, method: "PUT", auth: `joe:${token}`, agent: false });
  request.on("error", () => undefined); // A test that has it cut off knows.
  afterwards(() => request.destroy());
  request.write("begun ");
  return request;
}

async function namesIn(transport: Transport): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list()) names.push(name);
  return names.toSorted();
}

describe("a gateway's patience", () => {
  it("ends with who stands still, of whom nothing is left, and not with who is slow", async () => {
    const content = noise(16 * MiB);
    const answered: GatewayAnswer[] = [];
    const wasCut = (target: string): boolean => answered.some((one) => one.target === target && !one.complete);
    const { server, transport, gateway } = await sftpSite(
      { large: content, kept: Buffer.from("old") },
      {
        transport: { idleTimeoutMs: 300 },
        startGateway: (served) =>
          startImpatient(served, { writable: { token }, onAnswered: (one) => answered.push(one) }),
      },
    );
    const stalledReader = await asking(gateway, "/large?stalled");
    upload(gateway, "/kept");
    const slowReader = await asking(gateway, "/large?slow");
    const slowUpload = upload(gateway, "/new");
    const isOver = (): boolean => wasCut("/large?stalled") && wasCut("/kept");
    const [read, [status, sent]] = await Promise.all([takeSlowly(slowReader, isOver), sendSlowly(slowUpload, isOver)]);
    expect(read.equals(content)).toBe(true);
    expect([status, String(await transport.getBytes("new"))]).toEqual([201, sent]);
    expect(String(await transport.getBytes("kept"))).toBe("old");
    await expect.poll(() => namesIn(transport)).toEqual(["kept", "large", "new"]);
    const count = (name: string): number => server.requests.get(name) ?? 0;
    await expect.poll(() => count("open") + count("opendir") - count("close")).toBe(0);
    // Nobody has the wire on loan any more: it is closed for idleness.
    await expect.poll(() => transport.connectionReport()?.wiresOpen).toBe(0);
    stalledReader.destroy();
  });

  it("ends with a head that does not come to its end, however busy its sender is", async () => {
    const gateway = await startImpatient(await storeWith({}));
    const socket = connect(gateway.port, "127.0.0.1");
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined);
    // With a reset, where something came that the gateway had not read yet.
    const ended = new Promise((resolve) => socket.once("close", resolve));
    const answer = once(socket, "data");
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    const dripping = setInterval(() => socket.write("x"), 20);
    afterwards(() => clearInterval(dripping));
    expect(String(await answer)).toMatch(/^HTTP\/1\.1 408 /);
    await ended;
  });

  it("ends with a connection on which nothing is asked, or nothing more", async () => {
    const gateway = await startImpatient(await storeWith({ file: "content" }));
    expect(await sendRaw(gateway, "")).toMatch(/^HTTP\/1\.1 408 /);
    expect(await sendRaw(gateway, "GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n")).toMatch(/content$/);
  });

  it("is not tried by who waits for the transport", async () => {
    const slow = new Slow(await storeWith({ file: "content" }), 1_000);
    const gateway = await startImpatient(slow, { writable: { token } }, { ...little, stallTimeoutMs: 300 });
    const head = `COPY /file HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nDestination: /copy\r\n`;
    expect(await sendRaw(gateway, `${head}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 201 /);
  });
});

describe("a gateway that is closed", () => {
  it("is so after its grace, whoever stands still, and leaves nothing half done", async () => {
    const { server, transport, gateway } = await sftpSite(
      { large: Buffer.alloc(32 * MiB), kept: Buffer.from("old") },
      {
        startGateway: (served) => start(served, { writable: { token } }),
      },
    );
    await asking(gateway, "/large");
    upload(gateway, "/kept");
    upload(gateway, "/new");
    const half = connect(gateway.port, "127.0.0.1");
    half.on("error", () => undefined);
    half.write("GET / HTTP/1.1\r\n");
    const temporaries = async (): Promise<number> =>
      (await namesIn(transport)).filter((name) => name.endsWith(".tmp")).length;
    await expect.poll(temporaries).toBe(2);
    await gateway.close({ graceMs: 50 });
    expect(await namesIn(transport)).toEqual(["kept", "large"]);
    expect(String(await transport.getBytes("kept"))).toBe("old");
    const count = (name: string): number => server.requests.get(name) ?? 0;
    await expect.poll(() => count("open") + count("opendir") - count("close")).toBe(0);
    half.destroy();
  });

  it("gives up a copy that its client waits for, and one whose client has gone", async () => {
    const store = await storeWith({ "tree/file": "content", "other/file": "content", "kept/file": "old" });
    const slow = new Slow(store, 60_000);
    const gateway = await start(slow, { writable: { token } });
    const copy = (from: string, to: string): Socket => {
      const socket = connect(gateway.port, "127.0.0.1");
      socket.on("error", () => undefined);
      afterwards(() => socket.destroy());
      socket.write(
        `COPY ${from} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nDestination: ${to}\r\n\r\n`,
      );
      return socket;
    };
    const gone = copy("/tree/", "/kept/");
    copy("/other/", "/new/");
    await expect.poll(() => slow.waiting).toBe(2);
    gone.destroy();
    await gateway.close({ graceMs: 50 });
    expect(slow.waiting).toBe(0);
    expect(String(await store.getBytes("kept/file"))).toBe("old");
  });
});

/** Reads all of an answer, and slowly until it `isOver`. */
async function takeSlowly(socket: Socket, isOver: () => boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    if (!isOver()) await setTimeout(20);
  }
  const whole = Buffer.concat(chunks);
  return whole.subarray(whole.indexOf("\r\n\r\n") + 4);
}

/** Sends a little at a time until it `isOver`, and answers with the status and all that was sent. */
async function sendSlowly(request: ClientRequest, isOver: () => boolean): Promise<[number | undefined, string]> {
  let sent = "begun ";
  while (!isOver()) {
    request.write("more ");
    sent += "more ";
    await setTimeout(50);
  }
  const answer = once(request, "response");
  request.end();
  const [{ statusCode }] = await answer;
  return [statusCode, sent];
}

/** Takes its time for each copy of a file. */
class Slow extends TransportDecorator {
  readonly prefix = "slow";
  readonly boundary = false;
  readonly #pauseMs: number;
  /** Copies that have begun. */
  waiting = 0;

  constructor(inner: Transport, pauseMs: number) {
    super(inner);
    this.#pauseMs = pauseMs;
  }

  protected around(inner: Transport): Slow {
    return new Slow(inner, this.#pauseMs);
  }

  override async copy(...[from, to, options]: Parameters<Transport["copy"]>): Promise<void> {
    this.waiting++;
    try {
      await setTimeout(this.#pauseMs, undefined, { signal: options?.signal ?? new AbortController().signal });
    } catch (error) {
      throw new TransportError("aborted", "the operation was aborted", { cause: error });
    } finally {
      this.waiting--;
    }
    await super.copy(from, to, options);
  }
}
