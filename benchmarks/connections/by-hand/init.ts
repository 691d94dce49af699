import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { control, file, formatText, revisions } from "../layout.ts";

export async function initByHand(url: string, peer: Peer): Promise<string> {
  await connected(peer, url, async (branch) => {
    await branch.mkdir("");
    await branch.mkdir(control);
    await branch.mkdir(revisions);
  });
  await connected(peer, url, async (branch) => {
    await branch.write(file.format, formatText);
    await branch.write(file.head, "nothing");
  });
  const format = await connected(peer, url, (branch) => branch.read(file.format));
  const head = await connected(peer, url, (branch) => branch.read(file.head));
  const stored = await connected(peer, `${url}${revisions}`, (directory) => directory.list(""));
  const tree = await connected(peer, url, (directory) => directory.list(""));
  return `${format.trim()} at ${head} with ${stored.length} revisions in ${tree.join(", ")}`;
}
