import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, it } from "vitest";

import { PrimitiveTransport, Registry, connectedScheme, getTransportFrom } from "../../src/extend.ts";
import type { RawEntry } from "../../src/extend.ts";
import { isTransportError } from "../../src/index.ts";
import { memoryConnector } from "../../src/schemes/memory/memory-connector.ts";
import { MemoryPrimitives } from "../../src/schemes/memory/memory-primitives.ts";
import { memoryScheme } from "../../src/schemes/memory/memory-scheme.ts";
import type { MemorySession } from "../../src/schemes/memory/memory-session.ts";
import { memoryStore } from "../../src/schemes/memory/memory-store.ts";

const unsafeNames = ["../x", "/abs", "a/../../x", "..", ".", "", "a\0b"];
/** Many servers list these two, which is no lie. */
const itselfAndParent = [".", ".."];

/** A server that lists what is no name, beside what is there. */
class LyingPrimitives extends MemoryPrimitives {
  readonly #lies: readonly string[];

  constructor(connection: ConstructorParameters<typeof MemoryPrimitives>[0], lies: readonly string[]) {
    super(connection);
    this.#lies = lies;
  }

  override async *listAt(...call: Parameters<MemoryPrimitives["listAt"]>): AsyncGenerator<RawEntry[]> {
    yield* super.listAt(...call);
    yield this.#lies.map((name) => ({ name }));
  }
}

let stores = 0;

function lyingTransport(lies = unsafeNames): PrimitiveTransport {
  const registry = new Registry();
  registry.registerScheme(
    connectedScheme<MemorySession>({
      ...memoryScheme,
      names: ["lying"],
      connector: ({ location }) => memoryConnector(memoryStore(location.host), `lying://${location.host}`),
      primitives: (connection) => new LyingPrimitives(connection, lies),
    }),
  );
  const transport = getTransportFrom(registry, `lying://lying-${++stores}/base/`);
  assert.ok(transport instanceof PrimitiveTransport);
  return transport;
}

describe("names from a server that are no names", () => {
  it("are dropped from a listing and reported, all but . and .., which servers may list", async () => {
    const reported: unknown[] = [];
    const report = (message: unknown): void => void reported.push((message as { name: unknown }).name);
    subscribe("samewire:list:refused-name", report);
    try {
      await using transport = lyingTransport();
      await transport.createPrefix();
      await transport.put("file", "content");
      const listed: string[] = [];
      for await (const { name } of transport.list()) listed.push(name);
      assert.deepEqual(listed, ["file"]);
      assert.deepEqual(
        reported,
        unsafeNames.filter((name) => !itselfAndParent.includes(name)).map((name) => JSON.stringify(name)),
      );
    } finally {
      unsubscribe("samewire:list:refused-name", report);
    }
  });

  it("lead deleteTree nowhere: it refuses before it deletes anything", async () => {
    await using transport = lyingTransport();
    await transport.clone("dir").createPrefix();
    await transport.put("dir/file", "content");
    await transport.put("x", "outside");
    await assert.rejects(transport.deleteTree("dir"), (error) => isTransportError(error, "protocol-error"));
    assert.equal(String(await transport.getBytes("dir/file")), "content");
    assert.equal(String(await transport.getBytes("x")), "outside");
  });

  it("do not keep deleteTree from its work where they are only . and ..", async () => {
    await using transport = lyingTransport(itselfAndParent);
    await transport.clone("dir/sub").createPrefix();
    await transport.put("dir/sub/file", "content");
    await transport.deleteTree("dir");
    assert.equal(await transport.has("dir"), false);
    assert.equal(await transport.has(""), true);
  });
});
