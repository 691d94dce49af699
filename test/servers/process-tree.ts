import { execFileSync } from "node:child_process";

/**
 * Ends a process and everything it started, at once, and whatever session or group they put themselves in, as sshd does with each
 * connection. The process is halted first, so that it starts nothing more meanwhile.
 */
export function killTree(pid: number): void {
  process.kill(pid, "SIGSTOP");
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // It ended by itself since it was listed.
    }
  }
}

/** The processes that a process started, those that these started, and so on. */
export function descendants(pid: number): number[] {
  const byParent = childrenByParent();
  const below = (parent: number): number[] => (byParent.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

/** The processes that a process started itself and that have not ended. */
export function children(pid: number): number[] {
  return childrenByParent().get(pid) ?? [];
}

function childrenByParent(): Map<number, number[]> {
  const byParent = new Map<number, number[]>();
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  for (const line of lines) {
    const [child, parent, state = ""] = line.trim().split(/\s+/);
    if (state.startsWith("Z")) continue; // It has ended, and only waits to be waited for.
    byParent.set(Number(parent), [...(byParent.get(Number(parent)) ?? []), Number(child)]);
  }
  return byParent;
}
