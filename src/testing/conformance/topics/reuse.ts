import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import type { Transport } from "../../../transport/transport.ts";
import { expectConnections } from "../../expect-connections.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { bytesOf, patternedBytes } from "../content.ts";

/** One wire for all: what every connected transport promises. Counted by the transport's own report, and by the server where one counts. */
export const reuse: ConformanceTopic = {
  name: "a connection",
  needs: ["connected"],
  cases: [
    {
      name: "is not opened by making transports, clones and URLs",
      async run(context) {
        await expectWires(context, 0, async (list) => {
          const transport = context.open(list);
          transport.clone("a").clone("..").abspath("b");
          transport.relpath(transport.abspath("c"));
          context.open(list, transport.abspath("d"));
          assert.equal(transport.connectionReport()?.state, "idle");
        });
      },
    },
    {
      name: "is shared by a transport, its clones, and other URLs with the same list",
      async run(context) {
        await expectWires(context, 1, async (list) => {
          const first = context.open(list);
          await first.stat("");
          await first.clone("a").has("x");
          await first.clone("/").has("");
          for (const path of ["a", "b/c", "d%e"]) await context.open(list, first.abspath(path)).has("");
          assert.equal(list.length, 1);
          assert.ok((first.connectionReport()?.reused ?? 0) >= 3);
        });
      },
    },
    {
      name: "is opened once for a hundred first verbs at once (R21)",
      async run(context) {
        await expectWires(context, 1, async (list) => {
          const first = context.open(list);
          const transports = Array.from({ length: 100 }, (_, index) =>
            context.open(list, first.abspath(`dir ${index}`)),
          );
          assert.deepEqual(
            new Set(await Promise.all(transports.map((transport) => transport.has("")))),
            new Set([false]),
          );
        });
      },
    },
    {
      name: "is opened for the hundredth when ninety-nine first verbs are aborted (R21)",
      async run(context) {
        await expectWires(context, 1, async (list) => {
          const transport = context.open(list);
          const control = new AbortController();
          const aborted = Array.from({ length: 99 }, () => transport.stat("", { signal: control.signal }));
          const last = transport.stat("");
          control.abort();
          await Promise.all(aborted.map((call) => context.rejects(call, "aborted")));
          assert.equal((await last).type, "directory");
        });
      },
    },
    {
      name: "that was disconnected is opened again by the next verb, for all (R22)",
      async run(context) {
        await expectWires(context, 2, async (list) => {
          const transport = context.open(list);
          const sibling = transport.clone("a");
          await transport.connect();
          await sibling.disconnect();
          assert.equal(transport.connectionReport()?.wiresOpen, 0);
          await transport.stat("");
          await sibling.has("");
          await Promise.all([context.open(list).has(""), transport.clone("b").has("")]);
        });
      },
    },
    {
      name: "may be connected and disconnected twice",
      async run(context) {
        await expectWires(context, 1, async (list) => {
          const transport = context.open(list);
          await transport.disconnect();
          await Promise.all([transport.connect(), transport.connect()]);
          await transport.connect();
          await Promise.all([transport.disconnect(), transport.disconnect()]);
          await transport.disconnect();
          assert.equal(transport.connectionReport()?.state, "idle");
        });
      },
    },
    {
      name: "is not closed by the disposal of a transport from a list (R26)",
      async run(context) {
        await expectWires(context, 1, async (list) => {
          const caller = context.open(list);
          await caller.stat("");
          {
            await using callee = context.open(list, caller.abspath("below"));
            await callee.has("");
          }
          await caller[Symbol.asyncDispose]();
          assert.equal((await caller.stat("")).type, "directory");
          assert.equal(caller.connectionReport()?.wiresOpen, 1);
        });
      },
    },
    {
      name: "of a transport without a list is closed by its disposal, for good",
      async run({ open, rejects }) {
        const owner = open();
        await owner.stat("");
        await owner[Symbol.asyncDispose]();
        await owner[Symbol.asyncDispose]();
        assert.equal(owner.connectionReport()?.state, "closed");
        await rejects(owner.stat(""), "closed", { operation: "stat" });
        await rejects(owner.has(""), "closed", { operation: "has" });
      },
    },
    {
      name: "is never taken from another caller's list (R24)",
      async run(context) {
        await expectWires(context, 2, async (list, other) => {
          await context.open(list).stat("");
          await context.open(other).stat("");
          assert.equal(list.length + other.length, 2);
        });
      },
    },
    {
      name: "explains what it decides",
      async run({ open }) {
        const transport = open([]);
        const verdict = transport.explainReuse(transport.abspath("elsewhere"));
        assert.equal(verdict.reuse, true);
        assert.ok(verdict.reason.length > 0);
        assert.ok(transport.reuseConnectionFor(transport.abspath("elsewhere")) !== undefined);
        const own = transport.reuseConnectionFor(transport.base);
        // A boundary that reaches further up than its URL says lends what the URL says, and no more.
        if (own !== transport) assert.ok(transport.location.decorators.length > 0);
        assert.equal(own?.base, transport.base);
      },
    },
    {
      name: "settles its disconnect while a stream is unread, and tells whoever reads it later",
      async run({ open, seed, rejects }) {
        await seed("file", patternedBytes(24 * 1024 * 1024));
        const transport = open([], undefined, { drainTimeoutMs: 20 });
        const unread = await transport.get("file");
        await transport.disconnect();
        assert.equal(transport.connectionReport()?.wiresOpen, 0);
        await rejects(bytesOf(unread), ["aborted", "connection-lost"], { operation: "get" });
      },
    },
    {
      name: "is not given up for a reader that takes longer than the server may be silent",
      async run({ open, seed }) {
        const content = patternedBytes(16 * 1024 * 1024);
        await seed("file", content);
        const transport = open([], undefined, { silenceTimeoutMs: 500 });
        const stream = await transport.get("file");
        await pause(1_200);
        assert.ok(content.equals(await bytesOf(stream)));
        assert.equal(transport.connectionReport()?.wiresOpened, 1);
      },
    },
  ],
};

/** Asserts how many wires work with fresh lists opens, by the transports' own reports, and by the server where it counts. */
async function expectWires(
  context: CaseContext,
  expected: number,
  work: (list: Transport[], otherList: Transport[]) => Promise<void>,
): Promise<void> {
  const [list, otherList]: [Transport[], Transport[]] = [[], []];
  const doWork = (): Promise<void> => work(list, otherList);
  await (context.hasServer ? expectConnections(context.server, expected, doWork) : doWork());
  const opened = [...list, ...otherList].reduce(
    (sum, transport) => sum + (transport.connectionReport()?.wiresOpened ?? 0),
    0,
  );
  assert.equal(opened, expected, "wires by the transports' reports");
}
