import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import { bytesOf, collect, oddChunks, patternedBytes } from "../../src/testing/conformance/content.ts";
import type { Act, Stage } from "./site.ts";

/** A stage of which the files can be looked at from the other side. */
export interface FileStage extends Stage {
  /** What a file holds; undefined where there is none. */
  content(name: string): Buffer | undefined;
  has(name: string): boolean;
}

/** What every stage has in its directory: `small`, `large`, and `kept`, which nobody touches. */
export const files: Readonly<Record<"small" | "large" | "kept", Buffer>> = {
  small: Buffer.from("what a small file holds"),
  large: patternedBytes(2 * 1024 * 1024),
  kept: Buffer.from("what nobody touches"),
};

/** What is done, without the moment in which the fault strikes. */
type Doing = Pick<Act<FileStage>, "name" | "manner" | "run" | "happened">;

export const stat: Doing = {
  name: "stat",
  manner: "reading",
  run: async (transport, options) =>
    expect(await transport.stat("small", options)).toMatchObject({ type: "file", sizeBytes: files.small.length }),
};
export const mkdir: Doing = {
  name: "mkdir",
  manner: "changing",
  run: (transport, options) => transport.mkdir("made", options),
  happened: (stage) => stage.has("made"),
};
export const list: Doing = {
  name: "list",
  manner: "reading",
  run: async (transport, options) =>
    expect((await collect(transport.list("", options))).map(({ name }) => name).toSorted()).toEqual([
      "kept",
      "large",
      "small",
    ]),
};
export const get: Doing = {
  name: "get",
  manner: "streaming",
  run: async (transport, options) => same(await bytesOf(await transport.get("large", options)), files.large),
};
export const getBytes: Doing = {
  name: "getBytes",
  manner: "reading",
  run: async (transport, options) => same(await transport.getBytes("large", options), files.large),
};
export const put: Doing = {
  name: "put",
  manner: "replacing",
  run: (transport, options) => transport.put("small", "the new content", options),
  happened: (stage) => String(stage.content("small")) === "the new content",
};
export const putStream: Doing = {
  name: "put of a stream",
  // Nothing has the file's name before all of it is there.
  manner: "streaming",
  run: (transport, options) => transport.put("new", oddChunks(files.large), options),
  happened: (stage) => stage.content("new")?.equals(files.large) === true,
};
export const rename: Doing = {
  name: "rename",
  // Without a look before it, what is there afterwards under the new name may have been there all the time.
  manner: "changing",
  run: (transport, options) => transport.rename("small", "renamed", options),
  happened: (stage) => stage.has("renamed") && !stage.has("small"),
};
export const remove: Doing = {
  name: "delete",
  manner: "looking",
  run: (transport, options) => transport.delete("small", options),
  happened: (stage) => !stage.has("small"),
};
export const setAttributes: Doing = {
  name: "setAttributes",
  manner: "replacing",
  run: (transport, options) => transport.setAttributes("small", { mode: 0o600 }, options),
};
export const readv: Doing = {
  name: "readv",
  manner: "streaming",
  run: async (transport, options) => {
    const ranges = [
      { offset: 1_500_000, length: 500_000 },
      { offset: 10, length: 1_400_000 },
    ];
    const parts = await collect(transport.readv("large", ranges, options));
    for (const [at, { offset, length }] of ranges.entries())
      same(parts[at] ?? Buffer.alloc(0), files.large.subarray(offset, offset + length));
  },
};
export const append: Doing = {
  name: "append",
  manner: "looking",
  run: (transport, options) => transport.append("small", " and more", options),
  happened: (stage) => String(stage.content("small")) === `${String(files.small)} and more`,
};

function same(got: Buffer, wanted: Buffer): void {
  expect(got.equals(wanted), "the bytes are the file's").toBe(true);
}

/** Asserts that a transport reads and writes. */
export async function filesWork(transport: Transport, name: string): Promise<void> {
  await transport.put(name, `content of ${name}`);
  expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
  same(await transport.getBytes("kept"), files.kept);
}
