import type { Transport } from "samewire";
import { TransportScope } from "samewire";

import type { Peer } from "../sites/peer.ts";
import type { Chain, Place } from "./chain.ts";

/** A way to run a chain, from its first call until all that it opened is closed. */
export interface Mode {
  readonly name: string;
  /** Whether it promises no more connections than the chain's locations need. */
  readonly shares: boolean;
  run(chain: Chain, place: Place): Promise<string>;
}

/** No list: every function connects for itself. */
export const naive: Mode = {
  name: "naive",
  shares: false,
  run: (chain, place) => chain.run(place, undefined),
};

/** One array that is handed on. */
export const list: Mode = {
  name: "list",
  shares: true,
  async run(chain, place) {
    const possibleTransports: Transport[] = [];
    try {
      return await chain.run(place, possibleTransports);
    } finally {
      await Promise.all(possibleTransports.map((transport) => transport.disconnect()));
    }
  },
};

/** An ambient scope: nothing is handed on. */
export const scope: Mode = {
  name: "scope",
  shares: true,
  async run(chain, place) {
    await using ambient = new TransportScope();
    return await ambient.run(() => chain.run(place, undefined));
  },
};

/** Without samewire. */
export function byHand(peer: Peer): Mode {
  return { name: peer.name, shares: false, run: (chain, place) => chain.runByHand(place, peer) };
}
