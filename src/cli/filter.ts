import { isTransportError } from "../index.ts";
import { globs } from "../operations/globs.ts";
import type { EntryFilter } from "../operations/tree-options.ts";
import type { CommandLine } from "./command-line.ts";
import { UsageError } from "./usage-error.ts";

/** What `--include` and `--exclude` say; undefined where they say nothing. */
export function filterOf(line: CommandLine): EntryFilter | undefined {
  const [include, exclude] = [line.values("include"), line.values("exclude")];
  if (include.length === 0 && exclude.length === 0) return undefined;
  try {
    return globs({ include, exclude });
  } catch (error) {
    if (!isTransportError(error)) throw error;
    throw new UsageError(error.reason, "samewire help patterns tells more");
  }
}
