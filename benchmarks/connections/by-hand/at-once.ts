import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";

export async function countAtOnceByHand(urls: readonly string[], peer: Peer): Promise<string> {
  const there = await Promise.all(urls.map((url) => connected(peer, url, (directory) => directory.has(""))));
  return `${there.filter(Boolean).length} of ${urls.length}`;
}
