import { once } from "node:events";

import { walk } from "samewire";

import { bytesOf, lengthOf } from "./content.ts";
import type { DeedOf, ReadEnding, Share } from "./deed.ts";
import type { Doing, Done } from "./doing.ts";
import { expect } from "./doing.ts";
import { isNobodys } from "./nobodys.ts";
import type { Item, World } from "./world.ts";
import { below, isFile } from "./world.ts";

type ReadingVerb = "get" | "getBytes" | "readv" | "stat" | "has" | "list" | "walk";

/** Does what only looks, and compares what it sees with what is there. Rejects as the verb does. */
export async function performRead(deed: DeedOf<ReadingVerb>, doing: Doing): Promise<Done> {
  const { transport, world, signal } = doing;
  const options = { signal };
  switch (deed.verb) {
    case "has": {
      const found = await transport.has(deed.path, options);
      return expect(found === world.has(deed.path), () => `has says ${found}`);
    }
    case "stat": {
      const { type, sizeBytes } = await transport.stat(deed.path, options);
      return expect(isLike(world.get(deed.path), type, sizeBytes), () => `stat says ${type} of ${sizeBytes} bytes`);
    }
    case "list":
      return await checkList(deed.path, doing);
    case "walk":
      return await checkWalk(deed.path, doing);
    case "getBytes": {
      const { range, bytes } = wanted(world, deed.path, deed.share);
      const got = await transport.getBytes(deed.path, { ...options, ...range });
      if (!bytes.equals(got)) return { wrong: differs("getBytes", bytes, got) };
      return whole(world, deed.path, deed.share);
    }
    case "get":
      return await readStream(deed.path, deed.share, deed.ending, doing);
    case "readv":
      return await readParts(deed.path, deed.shares, deed.take, doing);
  }
}

function isLike(item: Item | undefined, type: string, sizeBytes: number): boolean {
  return isFile(item) ? type === "file" && sizeBytes === lengthOf(item) : type === item;
}

async function checkList(path: string, { transport, world, signal }: Doing): Promise<Done> {
  const expected = new Map(below(world, path).filter(([name]) => !name.includes("/")));
  for await (const { name, stat } of transport.list(path, { signal })) {
    if (isNobodys(name)) continue;
    const item = expected.get(name);
    if (!expected.delete(name)) return { wrong: `list names ${JSON.stringify(name)}, which is not there` };
    if (stat !== undefined && !isLike(item, stat.type, stat.sizeBytes))
      return { wrong: `list says that ${JSON.stringify(name)} is a ${stat.type} of ${stat.sizeBytes} bytes` };
  }
  return expect(expected.size === 0, () => `list leaves out ${JSON.stringify([...expected.keys()])}`);
}

async function checkWalk(path: string, { transport, world, signal }: Doing): Promise<Done> {
  const prefix = path === "" ? "" : `${path}/`;
  const expected = new Map(below(world, path).filter(([, item]) => isFile(item)));
  for await (const { path: found, stat } of walk(transport, path, { signal })) {
    if (isNobodys(found)) continue;
    const name = found.slice(prefix.length);
    const item = expected.get(name);
    if (!expected.delete(name)) return { wrong: `walk finds ${JSON.stringify(found)}, which is not there` };
    if (!isLike(item, stat.type, stat.sizeBytes))
      return { wrong: `walk says that ${JSON.stringify(found)} is a ${stat.type} of ${stat.sizeBytes} bytes` };
  }
  return expect(expected.size === 0, () => `walk leaves out ${JSON.stringify([...expected.keys()])}`);
}

interface Wanted {
  readonly range: { readonly offset: number; readonly length: number } | undefined;
  readonly bytes: Buffer;
}

/** What of a file is asked for, and what must come. Where there is no file anything is asked for. */
function wanted(world: World, path: string, share: Share | undefined): Wanted {
  const item = world.get(path);
  const content = isFile(item) ? bytesOf(item) : Buffer.alloc(0);
  if (share === undefined) return { range: undefined, bytes: content };
  const range = rangeOf(share, content.length);
  return { range, bytes: content.subarray(range.offset, range.offset + range.length) };
}

function rangeOf({ from, length }: Share, of: number): { readonly offset: number; readonly length: number } {
  return { offset: Math.floor(from * of), length: Math.floor(length * of) };
}

/** All of a file was asked for, and came, unless a part of it was. */
function whole(world: World, path: string, share: Share | undefined): Done {
  const item = world.get(path);
  return share === undefined && isFile(item) ? { seen: [item] } : {};
}

async function readStream(
  path: string,
  share: Share | undefined,
  ending: ReadEnding,
  { transport, world, signal }: Doing,
): Promise<Done> {
  const { range, bytes } = wanted(world, path, share);
  const stream = await transport.get(path, { signal, ...range });
  if (ending === "forget") return {};
  const parts: Buffer[] = [];
  try {
    if (ending === "destroy") return {};
    for await (const part of stream as AsyncIterable<Buffer>) {
      parts.push(part);
      if (ending === "part") break;
    }
  } finally {
    stream.destroy();
    if (!stream.closed) await once(stream, "close").catch(() => undefined); // Its failure was told to who read it.
  }
  const got = Buffer.concat(parts);
  const expected = ending === "part" ? bytes.subarray(0, got.length) : bytes;
  if (!expected.equals(got)) return { wrong: differs("get", expected, got) };
  return ending === "part" ? {} : whole(world, path, share);
}

async function readParts(
  path: string,
  shares: readonly Share[],
  take: number,
  { transport, world, signal }: Doing,
): Promise<Done> {
  const item = world.get(path);
  const length = isFile(item) ? lengthOf(item) : 0;
  const content = isFile(item) ? bytesOf(item) : Buffer.alloc(0);
  const ranges = shares.map((share) => rangeOf(share, length));
  let at = 0;
  for await (const part of transport.readv(path, ranges, { signal })) {
    const { offset, length: bytes } = ranges[at++] as (typeof ranges)[number];
    const expected = content.subarray(offset, offset + bytes);
    if (!expected.equals(part)) return { wrong: differs(`readv part ${at}`, expected, part) };
    if (at === take) return {};
  }
  return expect(at === ranges.length, () => `readv gave ${at} parts of ${ranges.length}`);
}

/** What is wrong with bytes, in few words: whose they are stands at their front. */
function differs(what: string, expected: Buffer, got: Buffer): string {
  let at = 0;
  while (at < expected.length && expected[at] === got[at]) at++;
  const shown = JSON.stringify(got.toString("latin1", at, at + 32));
  return `${what} gave ${got.length} bytes for ${expected.length}, the first other one at ${at}: ${shown}`;
}
