import { getEventListeners } from "node:events";
import { finished } from "node:stream/promises";

import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";

/** Every kind of verb once, with the signal: read to the end, given up in the middle, and refused. */
async function everyKind(transport: Transport, signal: AbortSignal, n: number): Promise<void> {
  const [name, options] = [`file ${n % 10}`, { signal }];
  await transport.put(name, "content", options);
  await transport.put(`${name}-streamed`, chunks(), options);
  await transport.stat(name, options);
  await transport.stat("missing", options).catch(() => undefined);
  await transport.getBytes(name, options);
  for await (const _chunk of await transport.get(name, options));
  (await transport.get(name, options)).destroy();
  for await (const _entry of transport.list("", options)) break;
  for await (const _part of transport.readv(name, [{ offset: 0, length: 2 }], options)) break;
  const stream = await transport.openWriteStream(`${name}-written`, options);
  const finishing = finished(stream);
  stream.end("content");
  await finishing;
  await transport.append(name, "more", options);
  await (await transport.lock("lock", options)).release();
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("content"));
}

describe("one signal for thousands of verbs", () => {
  it("has no listener left in the end: memory", async () => {
    await using transport = getTransport("memory://one-signal/");
    const { signal } = new AbortController();
    for (let n = 0; n < 800; n++) await everyKind(transport, signal, n);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("has no listener left in the end: sftp", async () => {
    await using server = await startSftpServer({ users: { joe: { password: "secret" } } });
    const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
    await using transport = getTransport(server.url, undefined, {
      password: "secret",
      ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints },
    });
    const { signal } = new AbortController();
    for (let n = 0; n < 40; n++) await everyKind(transport, signal, n);
    await expect.poll(() => getEventListeners(signal, "abort").length).toBe(0);
  });
});
