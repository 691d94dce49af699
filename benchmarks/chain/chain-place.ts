import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { OpenSshServer } from "../../test/servers/openssh.ts";
import { startOpenSsh } from "../../test/servers/openssh.ts";
import type { Network } from "../delay/network.ts";
import { fingerprintOf } from "../sites/host-key.ts";
import { settled } from "../sites/settled.ts";
import { startAll } from "../sites/started.ts";
import type { ChainServer } from "./steps.ts";
import { chainFiles } from "./steps.ts";

/** Two real sshd on this machine, which let the same key in; the first has the files. */
export interface ChainPlace extends AsyncDisposable {
  readonly servers: readonly [first: ChainServer, second: ChainServer];
  /** Connections that both accepted so far. */
  accepted(): Promise<number>;
}

export function startChainPlace(network: Network): Promise<ChainPlace> {
  return startAll(async (started) => {
    const first = started.add(await startOpenSsh());
    const second = started.add(await startOpenSsh());
    await copyFile(join(first.folder, "authorized_keys"), join(second.folder, "authorized_keys"));
    for (const [path, content] of Object.entries(chainFiles)) {
      await mkdir(join(first.root, dirname(path)), { recursive: true });
      await writeFile(join(first.root, path), content);
    }
    const { identityFile } = first;
    const reached = async (server: OpenSshServer): Promise<ChainServer> => ({
      url: server.url(`${server.root}/`, await network.entrance(server.port)),
      identityFile,
      hostKeyFingerprint: fingerprintOf(await readFile(join(server.folder, "host_ed25519.pub"), "utf8")),
    });
    return {
      servers: [await reached(first), await reached(second)],
      accepted: () => settled(() => first.accepted + second.accepted),
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
