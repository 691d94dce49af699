import assert from "node:assert/strict";

import { copyTree } from "../../../operations/copy-tree.ts";
import { sync } from "../../../operations/sync.ts";
import { getTransport } from "../../../samewire.ts";
import type { Transport } from "../../../transport/transport.ts";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { collect } from "../content.ts";
import { controlCharacters, names, storedOrRefused } from "./names.ts";

/** Names of every kind, in one directory, through every verb and operation that takes them. */
export const nameJourneys: ConformanceTopic = {
  name: "names of every kind together",
  needs: ["writable", "listable", "directories"],
  cases: [
    {
      name: "are stored, listed, read, renamed, copied, synced and deleted as they are",
      async run(context) {
        const { transport, names: list, expectContent } = context;
        await transport.mkdir("from");
        const stored = (await store(context)).toSorted();
        assert.deepEqual(await list("from"), stored);
        for (const { name, path, stat } of await collect(transport.list("from"))) {
          assert.equal(path, `from/${name}`);
          const { type, sizeBytes } = stat ?? (await transport.stat(path));
          assert.deepEqual({ type, sizeBytes }, { type: "file", sizeBytes: Buffer.byteLength(contentOf(name)) });
          assert.equal(String(await transport.clone("from").getBytes(name)), contentOf(name));
        }
        await transport.mkdir("renamed");
        for (const name of stored) await moveOne(transport, `from/${name}`, `renamed/${name}`);
        assert.deepEqual(await list("from"), []);
        for (const name of stored) await expectContent(`renamed/${name}`, contentOf(name));
      },
    },
    {
      name: "come back from a copy and a sync as they are",
      async run(context) {
        const { transport, names: list } = context;
        await transport.mkdir("from");
        const stored = (await store(context)).toSorted();
        await using elsewhere = getTransport("memory:///copied/");
        assert.deepEqual((await copyTree(transport.clone("from"), elsewhere)).failures, []);
        assert.deepEqual((await collect(elsewhere.list())).map(({ name }) => name).toSorted(), stored);
        for (const name of stored) assert.equal(String(await elsewhere.getBytes(name)), contentOf(name));

        const back = transport.clone("back");
        assert.deepEqual((await copyTree(elsewhere, back)).failures, []);
        assert.deepEqual(await list("back"), stored);
        for (const name of stored) assert.equal(String(await back.getBytes(name)), contentOf(name));

        const again = await sync(elsewhere, back, { compare: "content", delete: true });
        assert.deepEqual([again.failures, again.files, again.deleted, again.unchanged], [[], 0, 0, stored.length]);
        for (const name of stored) await elsewhere.delete(name);
        assert.equal((await sync(elsewhere, back, { delete: true })).deleted, stored.length);
        assert.deepEqual(await list("back"), []);
        await transport.deleteTree("from");
        assert.equal(await transport.has("from"), false);
      },
    },
  ],
};

/** Those that the server stores; what it cannot store it has refused. */
async function store(context: CaseContext): Promise<string[]> {
  const { capabilities, write } = context;
  const all = Object.values(names);
  if (capabilities.controlCharactersInNames) all.push(...controlCharacters.map((character) => `a${character}b`));
  const stored: string[] = [];
  for (const name of all)
    if (await storedOrRefused(context, name, write(`from/${name}`, contentOf(name)))) stored.push(name);
  return stored;
}

async function moveOne(transport: Transport, from: string, to: string): Promise<void> {
  if (transport.capabilities.rename) await transport.rename(from, to);
  else await transport.move(from, to);
}

function contentOf(name: string): string {
  return `this is ${name}`;
}
