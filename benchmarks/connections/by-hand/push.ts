import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { file, revisions } from "../layout.ts";

export async function pushByHand(url: string, peer: Peer): Promise<string> {
  await connected(peer, url, (target) => target.read(file.format));
  const repository = await findRepository(url, peer);
  await connected(peer, repository, (directory) => directory.write(`${revisions}r2`, "a second change"));
  await connected(peer, url, (branch) => branch.write(file.head, "r2"));
  const head = await connected(peer, url, (branch) => branch.read(file.head));
  return `${head}: ${await connected(peer, repository, (directory) => directory.read(`${revisions}${head}`))}`;
}

async function findRepository(url: string, peer: Peer): Promise<string> {
  const found = await connected(peer, url, (directory) => directory.has(revisions));
  return found ? url : await findRepository(new URL("../", url).href, peer);
}
