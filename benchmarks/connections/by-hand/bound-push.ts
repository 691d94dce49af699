import type { Peer } from "../../sites/peer.ts";
import { connected } from "../../sites/peer.ts";
import { file, revisions } from "../layout.ts";

export async function boundPushByHand(from: string, to: string, peer: Peer): Promise<string> {
  const head = await readHead(from, peer);
  const content = await connected(peer, from, (source) => source.read(`${revisions}${head}`));
  const master = await connected(peer, to, (target) => target.read(file.master));
  await writeRevision(master, head, content, peer);
  await writeRevision(to, head, content, peer);
  return `master ${await readHead(master, peer)}, target ${await readHead(to, peer)}`;
}

function readHead(url: string, peer: Peer): Promise<string> {
  return connected(peer, url, (branch) => branch.read(file.head));
}

async function writeRevision(url: string, name: string, content: string, peer: Peer): Promise<void> {
  await connected(peer, url, async (branch) => {
    await branch.write(`${revisions}${name}`, content);
    await branch.write(file.head, name);
  });
}
