import { TransportScope } from "samewire";

import type { ServerName } from "../sites/site.ts";
import { startSite } from "../sites/sites.ts";
import { Ssh2Peer } from "../sites/ssh2-peer.ts";
import { openSsh2Session } from "../sites/ssh2-session.ts";
import { startAll } from "../sites/started.ts";
import { BareSftp } from "./bare-sftp.ts";
import type { Comparisons } from "./comparison.ts";

const content = Buffer.alloc(4_096, "samewire ");

/** Against bare ssh2 that sends the same requests. Every put has a name of its own among a few, so that no two at once write the same file. */
export function startSftpComparisons(server: ServerName): Promise<Comparisons> {
  return startAll(async (started) => {
    const site = started.add(await startSite(server));
    if (!(site.peer instanceof Ssh2Peer)) throw new RangeError(`ssh2 does not speak to ${site.server} servers`);
    const [root] = site.roots;
    const transport = started.add(new TransportScope()).getTransport(root, site.options);
    await transport.put("file", content);
    const bare = new BareSftp(started.add(await openSsh2Session(root, site.peer.login)));
    const name = rotating(256);
    const atOnce = [1, 64];
    return {
      bare: "ssh2",
      comparisons: [
        { name: "stat", atOnce, ours: () => transport.stat("file"), theirs: () => bare.stat("file") },
        { name: "get 4 KiB", atOnce, ours: () => transport.getBytes("file"), theirs: () => bare.get("file") },
        {
          name: "put 4 KiB in place",
          atOnce,
          ours: () => transport.put(name("samewire"), content, { atomic: false }),
          theirs: () => bare.put(name("ssh2"), content),
        },
        {
          name: "put 4 KiB atomically",
          atOnce,
          ours: () => transport.put(name("samewire"), content),
          theirs: () => bare.putAtomically(name("ssh2"), content),
        },
      ],
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

function rotating(count: number): (prefix: string) => string {
  let last = 0;
  return (prefix) => `${prefix}-${(last = (last + 1) % count)}`;
}
