import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { getTransport, isTransportError } from "../../../src/index.ts";
import { expectConnections, memoryStore } from "../../../src/testing.ts";

describe("memory://name/", () => {
  it("outlives a cut session, an idle one, a disconnect, and the transport that made it", async () => {
    const name = randomUUID();
    const store = memoryStore(name);
    {
      await using transport = getTransport(`memory://${name}/`, undefined, { idleTimeoutMs: 1 });
      await transport.put("file", "content");
      store.sever();
      assert.equal(String(await transport.getBytes("file")), "content");
      while (store.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(String(await transport.getBytes("file")), "content");
      await transport.disconnect();
      assert.equal(String(await transport.getBytes("file")), "content");
    }
    assert.equal(store.open, 0);
    await using again = getTransport(`memory://${name.toUpperCase()}/`);
    assert.equal(String(await again.getBytes("file")), "content");
  });

  it("counts its sessions as a server does", async () => {
    const name = randomUUID();
    const list: Transport[] = [];
    await expectConnections(memoryStore(name), 1, async () => {
      await getTransport(`memory://${name}/a`, list).has("");
      await getTransport(`memory://${name}/b`, list).has("");
    });
    await expectConnections(memoryStore(name), 2, async () => {
      await getTransport(`memory://${name}/a`, []).has("");
      await getTransport(`memory://${name}/a`, []).has("");
    });
  });
});

describe("memory:///", () => {
  it("is private to its transport, and to the list that it was made in", async () => {
    const list: Transport[] = [];
    const mine = getTransport("memory:///", list);
    await mine.put("file", "mine");
    assert.equal(String(await getTransport("memory:///", list).getBytes("file")), "mine");
    assert.equal(String(await mine.clone("dir").getBytes("../file")), "mine");
    await using other = getTransport("memory:///");
    assert.equal(await other.has("file"), false);
    assert.equal(await getTransport("memory:///", []).has("file"), false);
    assert.equal(await getTransport("memory:///", list, { credentials: "explicit" }).has("file"), false);
  });

  it("is no second connection where another private store is open", async () => {
    const [one, other] = [getTransport("memory:///", []), getTransport("memory:///", [])];
    await one.has("");
    await other.has("");
    assert.deepEqual(other.connectionReport()?.spurious, []);
  });
});

describe("expectConnections", () => {
  it("gives what the work gives, and fails with both numbers", async () => {
    const counter = { accepted: 5 };
    assert.equal(await expectConnections(counter, 0, () => "result"), "result");
    const work = expectConnections(counter, 1, () => void (counter.accepted += 3));
    await assert.rejects(work, /accepted 3 connections instead of 1/);
  });

  it("rejects with what the work rejects with", async () => {
    const name = randomUUID();
    await using transport = getTransport(`memory://${name}/`);
    await assert.rejects(
      expectConnections(memoryStore(name), 1, () => transport.stat("missing")),
      (error) => isTransportError(error, "not-found"),
    );
  });
});
