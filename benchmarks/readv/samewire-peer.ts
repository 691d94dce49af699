import type { TransportOptions } from "samewire";
import { TransportScope } from "samewire";

import type { RangePeer } from "./range-reader.ts";
import { timed } from "./timed.ts";

/** This library, with nothing but its default settings. */
export function samewirePeer(options: TransportOptions): RangePeer {
  return {
    name: "samewire",
    async open({ base, name, ranges }) {
      const scope = new TransportScope();
      const transport = scope.getTransport(base, options);
      await transport.stat(name);
      return {
        read: () => timed(() => collect(transport.readv(name, ranges))),
        [Symbol.asyncDispose]: () => scope.close(),
      };
    },
  };
}

async function collect(parts: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
