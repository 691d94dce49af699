import assert from "node:assert/strict";

import { isTransportError } from "../../../errors/transport-error.ts";
import type { ConformanceTopic } from "../conformance-case.ts";

const plainPaths = [
  "a",
  "a/b",
  "%2e",
  "%2e%2e/x",
  "a b",
  "a%20b",
  "a#b",
  "a?b=c",
  "ä",
  "a+b",
  "a;b,c",
  "~",
  "~joe",
  "-rf",
  "a:b",
  "a@b",
];

/** What a base and a path mean, before anything is sent. */
export const paths: ConformanceTopic = {
  name: "paths",
  cases: [
    {
      name: "base ends in a slash, is its own normal form, and is what abspath and relpath call the empty path",
      async run({ transport, open }) {
        assert.ok(transport.base.endsWith("/"));
        assert.equal(open([], transport.base).base, transport.base);
        assert.equal(transport.relpath(transport.base), "");
        assert.equal(transport.relpath(transport.abspath("")), "");
        assert.equal(transport.relpath(transport.abspath(".")), "");
        assert.equal(String(transport), transport.base);
      },
    },
    {
      name: "relpath undoes abspath for every path below the base",
      async run({ transport }) {
        for (const path of plainPaths) assert.equal(transport.relpath(transport.abspath(path)), path);
      },
    },
    {
      name: "clone is a transport of the directory, and without a path of the same one",
      async run({ transport }) {
        assert.equal(transport.clone().base, transport.base);
        assert.equal(transport.clone("").base, transport.base);
        assert.equal(transport.clone("a").base, `${transport.base}a/`);
        assert.equal(transport.clone("a/").base, `${transport.base}a/`);
        assert.equal(transport.clone("a").clone("b c").base, transport.clone("a/b c").base);
        assert.equal(transport.clone("a").clone("..").base, transport.base);
      },
    },
    {
      name: ". and .. are resolved before anything is sent",
      async run({ transport }) {
        assert.equal(transport.abspath("a/./b/../c"), transport.abspath("a/c"));
        assert.equal(transport.abspath("missing/../c"), transport.abspath("c"));
        assert.equal(transport.clone("a").abspath("../c"), transport.abspath("c"));
      },
    },
    {
      name: ".. above the root, or above the login directory, stays there",
      async run({ transport }) {
        const top = transport.clone("../".repeat(60));
        assert.ok(transport.base.startsWith(top.base));
        assert.equal(top.clone("..").base, top.base);
        assert.equal(transport.abspath(`${"../".repeat(60)}x`), top.abspath("x"));
        assert.equal(transport.clone("/").clone("..").base, transport.clone("/").base);
      },
    },
    {
      name: "a leading slash means the root",
      async run({ transport }) {
        assert.equal(transport.abspath("/x/y"), transport.clone("/").abspath("x/y"));
      },
    },
    {
      name: "a path is plain text: %2e%2e is a name, and climbs nowhere",
      async run({ transport, seed }) {
        await seed("above.txt");
        const below = transport.clone("below");
        assert.equal(below.relpath(below.abspath("%2e%2e/above.txt")), "%2e%2e/above.txt");
        assert.equal(await below.has("%2e%2e/above.txt"), false);
      },
    },
    {
      name: "relpath refuses a URL that is not below the base: foo is not foo-bar",
      async run({ transport }) {
        const foo = transport.clone("foo");
        for (const outside of [
          transport.base,
          transport.abspath("foo-bar"),
          transport.abspath("foo-bar/x"),
          transport.abspath("other"),
        ]) {
          assert.throws(
            () => foo.relpath(outside),
            (error) => isTransportError(error, "outside-base"),
            outside,
          );
        }
        assert.equal(foo.relpath(transport.abspath("foo/x")), "x");
      },
    },
    {
      name: "NUL is refused by every function that takes a path",
      async run({ transport, rejects }) {
        const refused = (error: unknown): boolean => isTransportError(error, "invalid-path");
        assert.throws(() => transport.abspath("a\0b"), refused);
        assert.throws(() => transport.clone("a\0b"), refused);
        await rejects(transport.stat("a\0b"), "invalid-path", { operation: "stat" });
        await rejects(transport.getBytes("a\0/b"), "invalid-path", { operation: "getBytes" });
      },
    },
    {
      name: "capabilities are data, known before the first connection, and the same for every clone",
      async run({ transport, open }) {
        const { capabilities } = open([]);
        assert.deepEqual(JSON.parse(JSON.stringify(capabilities)), { ...capabilities });
        await transport.has("");
        assert.deepEqual({ ...transport.clone("a").capabilities }, { ...transport.capabilities });
      },
    },
    {
      name: "the empty path and . are the base itself",
      async run({ transport, seed }) {
        await seed("dir/file");
        const directory = transport.clone("dir");
        assert.equal((await directory.stat("")).type, "directory");
        assert.equal((await directory.stat(".")).type, "directory");
        assert.equal(await directory.has(""), true);
      },
    },
    {
      name: "a clone sees the same files by other paths",
      async run({ transport, seed }) {
        await seed("a/b/deep.txt", "deep");
        await seed("a/beside.txt", "beside");
        const deep = transport.clone("a/b");
        assert.equal(String(await deep.getBytes("deep.txt")), "deep");
        assert.equal(String(await deep.getBytes("../beside.txt")), "beside");
      },
    },
  ],
};
