import { execFileSync } from "node:child_process";

/** The lines of `ps` about processes that have not ended: `pid state arguments`. */
export function processLines(): string[] {
  const lines = execFileSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="], { encoding: "utf8", maxBuffer: 2 ** 24 });
  return lines.split("\n").filter((line) => !/^\s*\d+\s+Z/.test(line));
}

/** The processes of OpenSSH's client that serve as wires, by a text that their arguments hold, as a path in a folder of the test's own. */
export function sshProcesses(text: string): number[] {
  return processLines().flatMap((line) => {
    const [, pid, args = ""] = /^\s*(\d+)\s+\S+\s+(ssh .*)$/.exec(line) ?? [];
    return args.includes("-oBatchMode=yes") && args.includes(text) ? [Number(pid)] : [];
  });
}
