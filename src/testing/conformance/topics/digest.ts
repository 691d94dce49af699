import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import type { DigestAlgorithm } from "../../../transport/verb-options.ts";
import type { ConformanceTopic } from "../conformance-case.ts";
import { patternedBytes } from "../content.ts";

const algorithms: readonly DigestAlgorithm[] = ["sha256", "sha1", "md5"];

export const digests: ConformanceTopic = {
  name: "digest",
  cases: [
    {
      name: "is that of the content, in hex, SHA-256 unless another one is asked for",
      async run({ transport, seed }) {
        for (const size of [0, 1, 1_048_577]) {
          const content = patternedBytes(size, size + 1);
          await seed(`${size} bytes`, content);
          for (const algorithm of algorithms) {
            const expected = createHash(algorithm).update(content).digest("hex");
            assert.equal(
              await transport.digest(`${size} bytes`, { algorithm }),
              expected,
              `${algorithm} of ${size} bytes`,
            );
          }
          assert.equal(
            await transport.digest(`${size} bytes`),
            createHash("sha256").update(content).digest("hex"),
            "by default",
          );
        }
      },
    },
    {
      name: "follows the content when a file is replaced",
      needs: ["writable"],
      async run({ transport, write }) {
        await write("file", "one");
        const before = await transport.digest("file");
        await write("file", "two");
        assert.notEqual(await transport.digest("file"), before);
        await write("file", "one");
        assert.equal(await transport.digest("file"), before);
      },
    },
    {
      name: "of what is missing is not-found, of a directory is-a-directory, by what nobody knows unsupported",
      async run({ transport, seed, rejects }) {
        await seed("dir/file");
        await rejects(transport.digest("missing"), "not-found", { operation: "digest", path: "missing" });
        await rejects(transport.digest("dir"), "is-a-directory", { operation: "digest", path: "dir" });
        const algorithm = "crc32" as DigestAlgorithm;
        await rejects(transport.digest("dir/file", { algorithm }), "unsupported", { operation: "digest" });
      },
    },
  ],
};
