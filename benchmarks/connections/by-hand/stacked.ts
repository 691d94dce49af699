import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { file, revisions } from "../layout.ts";

export async function readStackedByHand(url: string, peer: Peer): Promise<string> {
  const head = await connected(peer, url, (branch) => branch.read(file.head));
  return await readRevision(url, head, peer);
}

async function readRevision(url: string, name: string, peer: Peer): Promise<string> {
  const path = `${revisions}${name}`;
  if (await connected(peer, url, (branch) => branch.has(path)))
    return await connected(peer, url, (branch) => branch.read(path));
  const below = await connected(peer, url, (branch) => branch.read(file.stackedOn));
  return await readRevision(below, name, peer);
}
