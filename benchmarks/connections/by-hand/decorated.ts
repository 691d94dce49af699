import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { file, revisions } from "../layout.ts";

export async function inspectAndChangeByHand(url: string, peer: Peer): Promise<string> {
  const before = await connected(peer, url, (branch) => branch.read(file.head));
  await connected(peer, url, async (branch) => {
    await branch.write(`${revisions}r2`, "a second change");
    await branch.write(file.head, "r2");
  });
  const after = await connected(peer, url, (branch) => branch.read(file.head));
  const names = await connected(peer, `${url}${revisions}`, (directory) => directory.list(""));
  return `${before}, ${after} of ${names.toSorted().join(", ")}`;
}
