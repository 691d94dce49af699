import type { ListedEntry } from "./listed-entry.ts";
export function readUnixLine(line: string, _now: Date): ListedEntry | undefined {
  const m = /^([-dl])([-rwxsStT]{9})\s+\d+\s+\S+\s+\S+\s+(\d+)\s+(\w{3}\s+\d+\s+[\d:]+) ([^]*)$/.exec(line);
  if (!m) return undefined;
  let mode = 0;
  const p = m[2]!;
  for (let i = 0; i < 9; i++) {
    const c = p[i]!;
    if (c !== "-" && c !== "S" && c !== "T") mode |= 1 << (8 - i);
    if ("sS".includes(c)) mode |= i === 2 ? 0o4000 : 0o2000;
    if ("tT".includes(c)) mode |= 0o1000;
  }
  let name = m[5]!;
  if (m[1] === "l") name = name.split(" -> ")[0]!;
  if (name === "..") return undefined;
  return {
    name,
    self: name === ".",
    mtimeResolutionMs: 60000,
    stat: { type: m[1] === "d" ? "directory" : m[1] === "l" ? "link" : "file", sizeBytes: Number(m[3]), mode },
  };
}
