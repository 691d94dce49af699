import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { packageVersion } from "../package-version.ts";
import { sshWords } from "./openssh.ts";
import { programVersion } from "./program-version.ts";
import type { SamewireSettings } from "./programs/samewire.ts";
import { destinationSchemes } from "./transfer.ts";
import type { Command, Destination, DestinationScheme, Transfer, TransferPeer } from "./transfer.ts";

interface Client {
  readonly name: string;
  /** The program's word for it. */
  readonly client: string;
  readonly schemes: readonly DestinationScheme[];
  readonly what?: readonly Transfer["what"][];
  readonly settings?: object;
}

const requireHere = createRequire(import.meta.url);

/** samewire itself, in a process of its own as everybody else. */
export function samewireProgram(name: string, settings: SamewireSettings = {}): TransferPeer {
  const program: Client = { name, client: "samewire", schemes: destinationSchemes, settings };
  return selfMeasured(program, nodeWords(), () => Promise.resolve(packageVersion("samewire")));
}

/** A package of npm and one way of using it. */
export function nodePeer(packageName: string, client: Client): TransferPeer {
  return selfMeasured(client, nodeWords(), () => Promise.resolve(packageVersion(packageName)));
}

function nodeWords(): Command["words"] {
  return [process.execPath, fileURLToPath(new URL("programs/main.js", import.meta.url))];
}

/** Programs in TypeScript are compiled elsewhere; others are where they were written. */
const programs = join(dirname(requireHere.resolve("samewire/package.json")), "benchmarks/peers/programs");

/** Debian's packages are those of Debian's Python. */
const python = "/usr/bin/python3";

/** A client written in Python. It is given a key by the words with which it starts `ssh`, where it does that. */
export function pythonPeer(client: Client): TransferPeer {
  const words: Command["words"] = [python, join(programs, "copy.py")];
  return selfMeasured(client, words, async () => {
    const version = await programVersion(...words, client.client, "--version");
    return version?.startsWith("No module") === true ? undefined : version;
  });
}

function selfMeasured(
  { name, client, schemes, what: kinds = ["tree", "file"], settings = {} }: Client,
  words: Command["words"],
  version: () => Promise<string | undefined>,
): TransferPeer {
  return {
    name,
    version,
    measuresItself: true,
    can: (scheme, what) => schemes.includes(scheme) && kinds.includes(what),
    commands(transfer, destination) {
      const input = JSON.stringify({ transfer, destination, settings });
      return Promise.resolve([{ words: [...words, client], env: sshEnv(destination), input }]);
    },
  };
}

/** How Breezy, which starts `ssh` by itself, is let in. */
function sshEnv(destination: Destination): Record<string, string> {
  return { BRZ_SSH: join(programs, "ssh-with-key.sh"), SSH_WORDS: sshWords(destination).join(" ") };
}
