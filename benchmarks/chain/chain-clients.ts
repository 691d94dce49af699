import { createRequire } from "node:module";
import { devNull } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Network } from "../delay/network.ts";
import { packageVersion } from "../package-version.ts";
import { sshWords } from "../peers/openssh.ts";
import { programVersion } from "../peers/program-version.ts";
import { runCommands } from "../peers/run-commands.ts";
import type { Command } from "../peers/transfer.ts";
import type { ChainAnswer, ChainJob, ChainServer, ChainStep } from "./steps.ts";

/** Somebody who takes the steps of a chain. */
export interface ChainClient {
  /** As it is named in results. */
  readonly name: string;
  /** As it says itself; undefined where it is not installed. */
  version(): Promise<string | undefined>;
  run(job: ChainJob, network: Network): Promise<ChainAnswer>;
}

/** The name of the first, with whom every other one is compared. */
export const ours = "samewire";

/** Programs in TypeScript are compiled elsewhere; others are where they were written. */
const written = dirname(createRequire(import.meta.url).resolve("samewire/package.json"));

/** Debian's packages are those of Debian's Python. */
const python = "/usr/bin/python3";

export const chainClients: readonly ChainClient[] = [
  nodeClient(ours, "samewire", ours),
  pythonClient("fsspec"),
  pythonClient("Breezy"),
  nodeClient("ssh2-sftp-client", "ssh2-sftp-client", "ssh2-sftp-client"),
  {
    name: "rclone",
    version: () => programVersion("rclone", "version"),
    run: runRclone,
  },
];

function nodeClient(name: string, packageName: string, client: string): ChainClient {
  const program = fileURLToPath(new URL("programs/main.js", import.meta.url));
  return {
    name,
    version: () => Promise.resolve(packageVersion(packageName)),
    run: (job, network) => runOnce({ words: [process.execPath, program, client] }, job, network),
  };
}

function pythonClient(name: string): ChainClient {
  const words: Command["words"] = [python, join(written, "benchmarks/chain/programs/chain.py"), name.toLowerCase()];
  return {
    name,
    async version() {
      const version = await programVersion(...words, "--version");
      return version?.startsWith("No module") === true ? undefined : version;
    },
    run(job, network) {
      // Breezy starts `ssh` by itself.
      const [{ url, identityFile }] = job.servers;
      const env = {
        BRZ_SSH: join(written, "benchmarks/peers/programs/ssh-with-key.sh"),
        SSH_WORDS: sshWords({ url, identityFile, options: {} }).join(" "),
      };
      return runOnce({ words, env }, job, network);
    },
  };
}

/** One program that takes all the steps. */
async function runOnce(command: Command, job: ChainJob, { wrap }: Network): Promise<ChainAnswer> {
  const { output } = await runCommands([{ ...command, input: JSON.stringify(job) }], wrap);
  return JSON.parse(output) as ChainAnswer;
}

/** rclone has no way to do one thing after another on a connection: each step is a program. */
async function runRclone({ servers, steps }: ChainJob, { wrap }: Network): Promise<ChainAnswer> {
  let ms = 0;
  const found: string[] = [];
  for (const step of steps) {
    const run = await runCommands([rcloneCommand(step, servers[step.server])], wrap);
    ms += run.ms;
    if (step.action === "read") found.push(run.output);
    if (step.action === "list") found.push(run.output.trim().split("\n").toSorted().join(","));
  }
  return { ms, found };
}

const rcloneVerbs = { read: "cat", list: "lsf", mkdir: "mkdir", write: "rcat" } as const;

function rcloneCommand({ action, path, content }: ChainStep, { url, identityFile }: ChainServer): Command {
  const { hostname, port, username, pathname } = new URL(url);
  return {
    words: ["rclone", rcloneVerbs[action], `:sftp:${pathname}${path}`],
    env: {
      RCLONE_CONFIG: devNull,
      RCLONE_SFTP_HOST: hostname,
      RCLONE_SFTP_PORT: port,
      RCLONE_SFTP_USER: username,
      RCLONE_SFTP_KEY_FILE: identityFile,
      RCLONE_SFTP_DISABLE_HASHCHECK: "true",
      RCLONE_SFTP_SET_MODTIME: "false",
    },
    ...(content === undefined ? {} : { input: content }),
  };
}
