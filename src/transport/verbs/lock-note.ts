import { hostname, userInfo } from "node:os";

/** Who holds a lock, and a number that no other lock has: one line for whoever else wants it. */
export function noteOfHolder(id: string): string {
  const who = { user: userInfo().username, host: hostname(), pid: process.pid };
  return JSON.stringify({ ...who, since: new Date().toISOString(), id });
}

/** Who wrote a note, in words. The lock itself stands, whatever its note says. */
export function describeHolder(note: string | undefined): string {
  try {
    const { user, host, pid, since } = JSON.parse(note ?? "") as Record<string, unknown>;
    return `${shown(user)}@${shown(host)}, process ${shown(pid)}, since ${shown(since)}`;
  } catch {
    const words = note?.trim() ?? "";
    return words === "" ? "an unknown holder: its note could not be read" : shown(words); // Another program's own words.
  }
}

/** What another process wrote, fit for a message. */
function shown(value: unknown): string {
  return JSON.stringify(value ?? "?").slice(0, 80);
}
