import { spawn } from "node:child_process";

import { openSshArguments } from "./openssh-arguments.ts";
import { startError } from "./openssh-errors.ts";
import type { OpenSshContext } from "./openssh-process.ts";
import { OpenSshProcess } from "./openssh-process.ts";
import type { OpenSshTarget } from "./openssh-target.ts";

export { OpenSshProcess } from "./openssh-process.ts";
export type { OpenSshTarget } from "./openssh-target.ts";

/**
 * Starts a process of OpenSSH's client that carries the server's SFTP subsystem. It is found by `PATH`, sees this process's environment, and has no terminal:
 * nobody is asked anything.
 *
 * @throws TransportError `unsupported` for a target that ssh cannot be told of, `connection-failed` where the system starts no process
 */
export function startOpenSshProcess(target: OpenSshTarget, context: Omit<OpenSshContext, "host">): OpenSshProcess {
  const args = openSshArguments(target);
  context.enter("resolve");
  // A group of its own, so that an interrupt at a terminal is ours to act on, and what it starts ends with it.
  const child = spawn("ssh", args, { detached: process.platform !== "win32", windowsHide: true });
  if ((child.stdin as unknown) === undefined) {
    // No descriptor is left, not even for its pipes; that it says so later is told nobody.
    child.once("error", () => undefined);
    throw startError(Object.assign(new Error("too many open files"), { code: "EMFILE" }));
  }
  return new OpenSshProcess(child, { ...context, host: target.host });
}
