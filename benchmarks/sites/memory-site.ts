import { memoryStore } from "samewire/testing";

import type { Site } from "./site.ts";

let sites = 0;

/** Two stores of this process, which count their sessions as a server does its connections. */
export function startMemorySite(): Promise<Site> {
  const number = ++sites;
  const names = [`first-${number}.example`, `second-${number}.example`] as const;
  return Promise.resolve({
    server: "memory",
    roots: [`memory://${names[0]}/`, `memory://${names[1]}/`],
    options: {},
    accepted: () => Promise.resolve(memoryStore(names[0]).accepted + memoryStore(names[1]).accepted),
    peer: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}
