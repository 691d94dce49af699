import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import type { Network } from "../delay/network.ts";
import { sshWords } from "../peers/openssh.ts";
import type { Destination } from "../peers/transfer.ts";
import { placeOf } from "../peers/transfer.ts";
import { openChildReader } from "./child-reader.ts";
import type { RangePeer } from "./range-reader.ts";
import { MissingPeer } from "./range-reader.ts";

/** Debian's packages are those of Debian's Python. */
const python = "/usr/bin/python3";

/** The programs are compiled elsewhere; what is written in Python is where it was written. */
const benchmarks = join(dirname(createRequire(import.meta.url).resolve("samewire/package.json")), "benchmarks");

/** A client written in Python, in a process of its own that measures itself. */
export function pythonPeer(client: "breezy" | "fsspec", destination: Destination, network: Network): RangePeer {
  return {
    name: client,
    oneByOne: client === "fsspec" && placeOf(destination).scheme === "sftp",
    async open(target) {
      if (!existsSync(python)) throw new MissingPeer(`${python} is not installed`);
      const { host, port, user, path } = placeOf(destination);
      const { identityFile } = destination;
      const login = { host, port: Number(port), user, keyFile: identityFile, directory: `${path()}/` };
      const ranges = target.ranges.map(({ offset, length }) => [offset, length]);
      // Breezy starts `ssh` by itself.
      const ssh = {
        BRZ_SSH: join(benchmarks, "peers/programs/ssh-with-key.sh"),
        SSH_WORDS: sshWords(destination).join(" "),
      };
      const words = [python, join(benchmarks, "readv/read-ranges.py")] as const;
      return await openChildReader({ words, env: ssh }, network, { ...target, ranges, client, login });
    },
  };
}
