import type { TransportOptions } from "samewire";
import { TransportScope } from "samewire";

import type { RangeReader, RangeTarget } from "./range-reader.ts";
import { timed } from "./timed.ts";

export const samewireName = "samewire";

/** This library, with nothing but its default settings. */
export async function openSamewire(
  { base, name, ranges }: RangeTarget,
  options: TransportOptions,
): Promise<RangeReader> {
  const scope = new TransportScope();
  const transport = scope.getTransport(base, options);
  await transport.stat(name);
  return {
    read: () => timed(() => collect(transport.readv(name, ranges))),
    [Symbol.asyncDispose]: () => scope.close(),
  };
}

async function collect(parts: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
