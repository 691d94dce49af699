import { fileURLToPath } from "node:url";

import type { Network } from "../delay/network.ts";
import { sshWords } from "../peers/openssh.ts";
import { runCommands } from "../peers/run-commands.ts";
import type { Destination } from "../peers/transfer.ts";
import { placeOf } from "../peers/transfer.ts";
import type { StatAnswer } from "./programs/stat-job.ts";

/** Somebody who connects and asks for one file. */
export interface StatClient {
  readonly name: string;
  /** How long that took, in milliseconds, in a process that has not done it before. */
  ask(destination: Destination, path: string, network: Network): Promise<number>;
}

/** A client in JavaScript, by the word that `programs/main.ts` has for it. */
export function nodeClient(client: "samewire" | "ssh2" | "basic-ftp" | "undici", name: string = client): StatClient {
  const program = fileURLToPath(new URL("programs/main.js", import.meta.url));
  return {
    name,
    async ask(destination, path, { wrap }) {
      const input = JSON.stringify({ destination, path });
      const { output } = await runCommands([{ words: [process.execPath, program, client], input }], wrap);
      return (JSON.parse(output) as StatAnswer).ms;
    },
  };
}

/** OpenSSH's `sftp`, from its start to its end. */
export const openSshClient: StatClient = {
  name: "OpenSSH sftp",
  async ask(destination, path, { wrap }) {
    const place = placeOf(destination);
    const words = ["-q", "-b", "-", ...sshWords(destination), "-P", place.port, `${place.user}@${place.host}`];
    const input = `ls -l "${place.path(path)}"\n`;
    return (await runCommands([{ words: ["sftp", ...words], input }], wrap)).ms;
  },
};
