import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";

/** Whether what is compared with OpenSSH's client programs runs. */
export const hasOpenSsh: boolean = hasProgram("openssh-client");

/** For the titles of what is compared with the real programs, so that a skip says why. */
export const ifOpenSsh: string = titleNeeding("openssh-client", "");

export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever its exit status. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Output> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** A directory of one test file's own; disposing it deletes it. */
export function temporaryDirectory(): Disposable & { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), "samewire-test-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true });
    },
  };
}
