import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";

import { describe, it } from "vitest";

import type { LocationInput, PossibleTransports, Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, borrow, getTransport, lend } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance } from "../../src/testing.ts";
import { memorySite } from "./memory-site.ts";

/** What is lent at the moment: one store for each case that runs. */
const lent = new Set<Transport>();

/** A store whose root is lent through a port; the case has a directory in it. */
async function lentSite(): Promise<ConformanceSite> {
  const site = await memorySite();
  const { url, seed, reread, openFiles } = site;
  const scope = new TransportScope();
  const { port1, port2 } = new MessageChannel();
  const lending = lend(scope.getTransport(new URL("/", url).href), port1);
  const borrowed = await borrow(port2);
  for (const transport of borrowed.lent) lent.add(transport);
  return {
    url,
    ...(seed && { seed }),
    ...(reread && { reread }),
    ...(openFiles && { openFiles }),
    close: async () => {
      for (const transport of borrowed.lent) lent.delete(transport);
      const closed = once(port1, "close");
      await borrowed.close();
      await Promise.all([closed, lending.ended]);
      await scope.close();
      await site.close();
    },
  };
}

/** Every list has what is lent in front. */
function getBorrowed(location: LocationInput, list?: PossibleTransports, options?: TransportOptions): Transport {
  return getTransport(location, [...lent, ...(list ?? [])], options);
}

conformance({ describe, it }, { name: "memory, lent through a port,", open: lentSite, getTransport: getBorrowed });
