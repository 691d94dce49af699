import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DiskTree, MemoryTree } from "./trees.ts";
import type { Step } from "./trees.ts";

/** Few names and few levels, so that steps meet on the same nodes. */
const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join("/")}`);
const target = fc.oneof(
  path,
  name,
  fc.tuple(name, name).map((names) => names.join("/")),
  name.map((to) => `./${to}`),
  name.map((to) => `../${to}`),
);
const mode = fc.constantFrom(0o755, 0o700, 0o750);
const fileMode = fc.constantFrom(0o644, 0o600, 0o640);
const offset = fc.nat({ max: 20 });
const bytes = fc.uint8Array({ maxLength: 12 }).map((content) => Buffer.from(content));
const slot = fc.nat({ max: 2 });
const flags = fc.record({
  read: fc.boolean(),
  write: fc.boolean(),
  create: fc.boolean(),
  exclusive: fc.boolean(),
  truncate: fc.boolean(),
  append: fc.boolean(),
});

function step<Name extends Step[0]>(kind: Name, ...args: fc.Arbitrary<unknown>[]): fc.Arbitrary<Step> {
  return fc.tuple(fc.constant(kind), ...args) as unknown as fc.Arbitrary<Step>;
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: step("mkdir", path, mode) },
    { weight: 2, arbitrary: step("rmdir", path) },
    { weight: 3, arbitrary: step("unlink", path) },
    { weight: 6, arbitrary: step("rename", path, path) },
    { weight: 4, arbitrary: step("symlink", target, path) },
    { weight: 1, arbitrary: step("readlink", path) },
    { weight: 3, arbitrary: step("link", path, path) },
    { weight: 2, arbitrary: step("readdir", path) },
    { weight: 2, arbitrary: step("lstat", path) },
    { weight: 2, arbitrary: step("stat", path) },
    { weight: 2, arbitrary: step("realpath", path) },
    { weight: 2, arbitrary: step("chmod", path, mode) },
    { weight: 2, arbitrary: step("resize", path, offset) },
    { weight: 1, arbitrary: step("utimes", path, fc.nat({ max: 2_000_000_000 })) },
    { weight: 5, arbitrary: step("writeFile", path, bytes, fileMode) },
    { weight: 5, arbitrary: step("open", slot, path, flags, fileMode) },
    { weight: 4, arbitrary: step("write", slot, offset, bytes) },
    { weight: 3, arbitrary: step("read", slot, offset, fc.integer({ min: 1, max: 20 })) },
    { weight: 2, arbitrary: step("truncate", slot, offset) },
    { weight: 2, arbitrary: step("fstat", slot) },
    { weight: 1, arbitrary: step("close", slot) },
  ),
  { minLength: 5, maxLength: 40 },
);

describe("the file tree against the disk", () => {
  let folder = "";
  let runs = 0;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "samewire-tree-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("answers any steps with the same results, the same errors, and the same files in the end", () => {
    fc.assert(
      fc.property(steps, (list) => {
        // A level above the root, for links that lead out of it.
        const disk = new DiskTree(join(folder, String(++runs)));
        const memory = new MemoryTree();
        try {
          for (const [at, each] of list.entries()) {
            expect(memory.answer(each), `step ${at}: ${each[0]}`).toEqual(disk.answer(each));
          }
          expect(memory.everything()).toEqual(disk.everything());
        } finally {
          disk.close();
        }
      }),
      { numRuns: 400 },
    );
  });
});
