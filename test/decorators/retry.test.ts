import type { RetryOptions, Transport } from "samewire";
import { getTransport, retry } from "samewire";
import { fastClock, startFtpServer } from "samewire/testing";
import { afterEach, describe, expect, it } from "vitest";

import { collect } from "../../src/testing/conformance/content.ts";
import { seed } from "../secrets/bearer.ts";

describe("retry", () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  /** A transport to a server that says `reply` to the next commands of a kind, and does as it is told otherwise. */
  async function troubled(
    command: string,
    times: number,
    options: RetryOptions = { attempts: 4, clock: fastClock(50) },
  ): Promise<{ transport: Transport; asked: () => number }> {
    let left = times;
    const server = await startFtpServer({
      users: { joe: "secret" },
      onCommand: (verb) => (verb === command && left-- > 0 ? { reply: "450 Not now." } : "answer"),
    });
    open.push(server);
    const inner = getTransport(`ftp://joe:secret@127.0.0.1:${server.port}/`, []);
    open.push({ close: () => inner.disconnect() });
    seed(server.tree, "/file");
    const before = server.commands.get(command) ?? 0;
    return {
      transport: retry(inner, options),
      asked: () => (server.commands.get(command) ?? 0) - before,
    };
  }

  it("asks again what was refused for now, until it is answered", async () => {
    const { transport, asked } = await troubled("RETR", 3);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(asked()).toBe(4);
  });

  it("gives up after as many attempts, with the last error", async () => {
    const { transport, asked } = await troubled("RETR", 100);
    await expect(transport.get("file")).rejects.toMatchObject({ temporary: true });
    expect(asked()).toBe(4);
  });

  it("does not ask again what will not change", async () => {
    const { transport, asked } = await troubled("DELE", 0);
    await expect(transport.delete("missing")).rejects.toMatchObject({ code: "not-found" });
    expect(asked()).toBe(1);
  });

  it("tries a listing again before its first entry", async () => {
    const { transport, asked } = await troubled("MLSD", 2);
    expect((await collect(transport.list())).map(({ name }) => name)).toContain("file");
    expect(asked()).toBe(3);
  });

  it("puts bytes again, and never a source that was read from", async () => {
    const { transport, asked } = await troubled("STOR", 1);
    expect(await transport.put("other", "content")).toBe(7);
    expect(asked()).toBe(2);
    const { transport: again, asked: askedAgain } = await troubled("STOR", 1);
    const source = (async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from("content"));
    })();
    await expect(again.put("other", source)).rejects.toMatchObject({ temporary: true });
    expect(askedAgain()).toBe(1);
  });

  it("stops when it is told to", async () => {
    const { transport, asked } = await troubled("RETR", 100, { baseMs: 1_000_000, capMs: 1_000_000 });
    const abort = new AbortController();
    const bytes = transport.getBytes("file", { signal: abort.signal });
    await expect.poll(asked).toBeGreaterThan(0);
    abort.abort();
    await expect(bytes).rejects.toMatchObject({ code: "aborted" });
    expect(asked()).toBe(1);
  });
});
