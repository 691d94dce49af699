import { mayMakeNamespaces, startNamespaceNetwork } from "./namespace-network.ts";
import type { Network } from "./network.ts";
import { straight } from "./network.ts";
import { startProxyNetwork } from "./proxy-network.ts";

/** A delay of so much for a round trip: by network namespaces where that is possible, else by a proxy; nothing for 0. `progress` is told why not the former. */
export async function startNetwork(roundTripMs: number, progress: (line: string) => void): Promise<Network> {
  if (roundTripMs === 0) return straight;
  if (!mayMakeNamespaces()) return startProxyNetwork(roundTripMs);
  try {
    return await startNamespaceNetwork(roundTripMs);
  } catch (error) {
    progress(`a proxy makes the delay: ${(error as Error).message}`);
    return startProxyNetwork(roundTripMs);
  }
}
