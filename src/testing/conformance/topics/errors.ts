import assert from "node:assert/strict";
import { inspect } from "node:util";

import type { ChangingVerb } from "../../../transport/verbs.ts";
import type { Need, ConformanceTopic } from "../conformance-case.ts";
import { isMet } from "../conformance-case.ts";
import type { VerbCall } from "../verb-calls.ts";
import { changingCalls, readingCalls } from "../verb-calls.ts";

/** What a verb takes to be asked at all; else it is `unsupported` before anything is looked at. */
const takes: Readonly<Record<string, Need>> = {
  list: "listable",
  readlink: "symlinks",
  rename: "rename",
  hardlink: "hardlinks",
  setAttributes: "setsMtime",
  rmdir: "directories",
};

/** Verbs that fail with `not-found` on a path that is missing. */
const needsFile: readonly ChangingVerb[] = [
  "delete",
  "rmdir",
  "deleteTree",
  "rename",
  "copy",
  "move",
  "hardlink",
  "setAttributes",
];

export const errors: ConformanceTopic = {
  name: "an error",
  cases: [
    {
      name: "names the verb, the URL and the path, for every reading verb on what is missing",
      async run({ transport, rejects, capabilities }) {
        for (const [operation, call] of Object.entries(readingCalls)) {
          const need = takes[operation];
          if (
            operation === "has" ||
            operation === "lockInfo" ||
            (need !== undefined && !isMet(need, capabilities, false))
          )
            continue;
          const error = await rejects(call(transport, "missing name"), "not-found", {
            operation,
            path: "missing name",
          });
          assert.ok(error.message.includes("missing%20name") || error.message.includes("missing name"), error.message);
          assert.ok(error.message.includes(operation));
        }
      },
    },
    {
      name: "names the verb, the URL and the path, for every changing verb on what is missing",
      needs: ["writable"],
      async run({ transport, rejects, capabilities }) {
        for (const operation of needsFile) {
          const need = takes[operation];
          if (need !== undefined && !isMet(need, capabilities, false)) continue;
          const error = await rejects(changingCalls[operation](transport, "missing"), "not-found", { operation });
          assert.equal(error.effect, "none");
          assert.equal(error.temporary, false);
        }
      },
    },
    {
      name: "is invalid-path for NUL, from every verb that is supported",
      async run({ transport, rejects, capabilities }) {
        const calls: Record<string, VerbCall> = capabilities.writable
          ? { ...readingCalls, ...changingCalls }
          : readingCalls;
        for (const [operation, call] of Object.entries(calls)) {
          const need = takes[operation];
          const supported = need === undefined || isMet(need, capabilities, false);
          // `clone`, which some calls begin with, throws at once.
          const called = Promise.resolve().then(() => call(transport, "a\0b"));
          await rejects(called, supported ? "invalid-path" : ["invalid-path", "unsupported"]);
        }
      },
    },
    {
      name: "can be printed as text and as JSON",
      async run({ transport, rejects }) {
        const error = await rejects(transport.stat("missing"), "not-found");
        const json = JSON.parse(JSON.stringify(error)) as Record<string, unknown>;
        assert.equal(json.code, "not-found");
        assert.equal(json.operation, "stat");
        assert.equal(json.path, "missing");
        assert.ok(inspect(error).includes("TransportError"));
      },
    },
    {
      name: "and whatever else can be printed shows no secret",
      async run({ transport, open, secrets }) {
        const other = open([], transport.abspath("other"));
        await transport.has("");
        const { reason } = transport.explainReuse(other.base);
        const printable = [transport, other, transport.location, transport.connectionReport(), [transport]];
        const texts = [reason, transport.externalUrl(), transport.abspath("x"), String(transport)];
        for (const value of printable) texts.push(inspect(value, { depth: 8 }), JSON.stringify(value) ?? "");
        for (const secret of secrets) for (const text of texts) assert.ok(!text.includes(secret), text);
        assert.equal(new URL(transport.externalUrl()).password, "");
      },
    },
    {
      name: "of a verb leaves the transport fit for others",
      async run({ transport, seed }) {
        await seed("file", "content");
        const failures = await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) => transport.getBytes(`missing ${index}`)),
        );
        assert.ok(failures.every(({ status }) => status === "rejected"));
        assert.equal(String(await transport.getBytes("file")), "content");
      },
    },
  ],
};
