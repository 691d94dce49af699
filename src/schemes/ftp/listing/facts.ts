import type { ListedEntry } from "./listed-entry.ts";
export function parseFacts(line: string): ListedEntry | undefined {
  const sp = line.indexOf(" ");
  if (sp < 0) return undefined;
  const facts = new Map(
    line
      .slice(0, sp)
      .split(";")
      .filter(Boolean)
      .map((f) => {
        const i = f.indexOf("=");
        return [f.slice(0, i).toLowerCase(), f.slice(i + 1)] as const;
      }),
  );
  const name = line.slice(sp + 1);
  const t = facts.get("type")?.toLowerCase() ?? "";
  if (t === "pdir") return undefined;
  const type = t === "file" ? "file" : /dir$/.test(t) ? "directory" : /link/.test(t) ? "link" : "other";
  const m = facts.get("modify");
  const mode = facts.get("unix.mode");
  return {
    name,
    self: t === "cdir",
    mtimeResolutionMs: 1000,
    stat: {
      type,
      sizeBytes: Number(facts.get("size") ?? 0),
      ...(m
        ? {
            mtime: new Date(
              Date.UTC(
                +m.slice(0, 4),
                +m.slice(4, 6) - 1,
                +m.slice(6, 8),
                +m.slice(8, 10),
                +m.slice(10, 12),
                +m.slice(12, 14),
              ),
            ),
          }
        : {}),
      ...(mode ? { mode: parseInt(mode, 8) & 0o7777 } : {}),
    },
  };
}
export function parseMachineListing(text: string): { entries: ListedEntry[] } {
  return {
    entries: text
      .split(/\r?\n/)
      .filter(Boolean)
      .map(parseFacts)
      .filter((e) => e !== undefined),
  };
}
