import { Client } from "undici";

import type { RangeReader, RangeTarget } from "./range-reader.ts";
import type { Stretch } from "./scattered.ts";
import { timed } from "./timed.ts";

/** What Debian's Apache answers at most, with room to spare. */
const rangesPerRequest = 128;

/** How bare `undici` is used on one connection. */
export interface UndiciWay {
  readonly name: string;
  readonly pipelining: number;
  readonly read: (client: Client, path: string, ranges: readonly Stretch[]) => Promise<readonly Buffer[]>;
}

/** Many ranges in each of several requests, which are sent one after another or all at once, or one range a request. */
export const undiciWays: readonly UndiciWay[] = [
  { name: "undici, 128 ranges a request", pipelining: 1, read: manyAtOnce },
  { name: "undici, 128 ranges a request, pipelined", pipelining: 8, read: manyAtOnce },
  { name: "undici, one by one", pipelining: 1, read: oneByOne },
];

export async function openUndici(
  { base, name, ranges }: RangeTarget,
  { pipelining, read }: UndiciWay,
): Promise<RangeReader> {
  const { origin, pathname } = new URL(name, base);
  const client = new Client(origin, { pipelining });
  await (await client.request({ method: "GET", path: pathname, headers: { range: "bytes=0-0" } })).body.dump();
  return {
    read: () => timed(() => read(client, pathname, ranges)),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function oneByOne(client: Client, path: string, ranges: readonly Stretch[]): Promise<readonly Buffer[]> {
  const parts: Buffer[] = [];
  for (const range of ranges) parts.push(await ask(client, path, [range]));
  return parts;
}

async function manyAtOnce(client: Client, path: string, ranges: readonly Stretch[]): Promise<readonly Buffer[]> {
  const sorted = ranges.toSorted((one, other) => one.offset - other.offset);
  const groups: Stretch[][] = [];
  for (let at = 0; at < sorted.length; at += rangesPerRequest) groups.push(sorted.slice(at, at + rangesPerRequest));
  const found = new Map<Stretch, Buffer>();
  const answered = groups.map(async (group) => {
    const body = await ask(client, path, group);
    // One part after another, each behind the blank line that ends its head: as the servers here send them.
    let at = 0;
    for (const range of group) {
      const from = group.length === 1 ? 0 : body.indexOf("\r\n\r\n", at) + 4;
      at = from + range.length;
      found.set(range, body.subarray(from, at));
    }
  });
  await Promise.all(answered);
  return ranges.map((range) => found.get(range) as Buffer);
}

async function ask(client: Client, path: string, ranges: readonly Stretch[]): Promise<Buffer> {
  const wanted = ranges.map(({ offset, length }) => `${offset}-${offset + length - 1}`);
  const { statusCode, body } = await client.request({
    method: "GET",
    path,
    headers: { range: `bytes=${wanted.join(",")}` },
    blocking: false,
  });
  if (statusCode !== 206) throw new Error(`the server answers with ${statusCode}`);
  return Buffer.from(await body.arrayBuffer());
}
