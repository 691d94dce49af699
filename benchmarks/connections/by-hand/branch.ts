import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { control, file, formatText, revisions } from "../layout.ts";

export async function branchByHand(from: string, to: string, peer: Peer): Promise<string> {
  const head = await connected(peer, from, (source) => source.read(file.head));
  await connected(peer, to, async (target) => {
    await target.mkdir("");
    await target.mkdir(control);
    await target.mkdir(revisions);
    await target.write(file.format, formatText);
  });
  for (const name of await revisionNames(from, peer)) {
    const content = await connected(peer, from, (source) => source.read(`${revisions}${name}`));
    await connected(peer, to, (target) => target.write(`${revisions}${name}`, content));
  }
  await connected(peer, to, (target) => target.write(file.head, head));
  const written = await connected(peer, to, (target) => target.read(file.head));
  return `${written} of ${(await revisionNames(to, peer)).join(", ")}`;
}

async function revisionNames(url: string, peer: Peer): Promise<readonly string[]> {
  return (await connected(peer, `${url}${revisions}`, (directory) => directory.list(""))).toSorted();
}
