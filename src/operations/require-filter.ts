import { TransportError } from "../errors/transport-error.ts";

/** For who has no types to be told by: patterns are no filter yet. */
export function requireFilter(filter: unknown): void {
  if (filter === undefined || filter === null || typeof filter === "function") return;
  throw new TransportError("unsupported", "a filter is a function, which is asked about each entry", {
    operation: "copy",
    hint: 'Have one made of patterns: filter: globs({ include: "*.ts" })',
  });
}

/** The same for `globs`: patterns are taken or left out, and a bare one says neither. */
export function requireGlobOptions(options: unknown): void {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new TransportError("unsupported", "globs takes patterns by what they are for", {
    hint: 'Say globs({ include: "*.ts" }), globs({ exclude: [".git/"] }), or both',
  });
}
