import type { Capabilities } from "../transport/capabilities.ts";
import type { Stat } from "../transport/stat.ts";
import { modeOfCopy } from "./copy-file.ts";
import { nearestTime } from "./nearest-time.ts";
import type { Compare, CopyReason, SyncOptions } from "./sync-actions.ts";
import type { Preserve } from "./tree-options.ts";

/** How entries of the source and of the target are told apart. */
export interface CompareRules {
  readonly compare: Compare;
  /** Times that are less than this apart are the same. */
  readonly toleranceMs: number;
  /** A file in the target has the time that it was given, and not that at which it came there. */
  readonly keepsMtime: boolean;
  /** The target has permission bits of its own. */
  readonly keepsMode: boolean;
  /** The times that the target can store. */
  readonly mtimeRangeMs?: Capabilities["mtimeRangeMs"];
  /** The bits that the target can store. */
  readonly modeMask: number;
  readonly preserve: Preserve;
}

/** The rules for two sides that can do what they can. */
export function compareRules(source: Capabilities, target: Capabilities, options: SyncOptions): CompareRules {
  const { compare = "size-and-mtime", preserve = {} } = options;
  const { setsMtime, modes, specialModes, mtimeRangeMs } = target;
  return {
    compare,
    toleranceMs: Math.max(source.mtimeResolutionMs, target.mtimeResolutionMs, 1),
    keepsMtime: setsMtime && preserve.mtime !== false,
    mtimeRangeMs,
    keepsMode: modes && preserve.mode !== false,
    modeMask: specialModes && preserve.mode === "exact" ? 0o7777 : 0o777,
    preserve,
  };
}

/** Digests of a file on both sides. */
export interface Digests {
  readonly source: string;
  readonly target: string;
}

/** Why a file has to be copied over the one that is there; undefined where it is the same. `digests` is for files of one length, compared by content. */
export function differenceOf(
  source: Stat,
  target: Stat,
  rules: CompareRules,
  digests?: Digests,
): CopyReason | undefined {
  if (source.sizeBytes !== target.sizeBytes) return "size";
  if (rules.compare === "content") return digests?.source === digests?.target ? undefined : "content";
  if (rules.compare === "size" || source.mtime === undefined || target.mtime === undefined) return undefined;
  const ahead = nearestTime(source.mtime, rules).getTime() - target.mtime.getTime();
  // Where the time is that of the arrival, only a source that was changed since is another one.
  const same = rules.keepsMtime ? Math.abs(ahead) < rules.toleranceMs : ahead < rules.toleranceMs;
  return same ? undefined : "mtime";
}

/** What of a file or directory has another mode or time than it should have, as far as the target can be told. */
export interface Attributes {
  readonly mode?: number;
  readonly mtimeMs?: number;
}

/** The mode and time that a copy is to have; what the target cannot store, or the caller does not want, is left out. */
export function attributesOf({ mode: sourceMode, mtime }: Stat, rules: CompareRules): Attributes {
  const mode = rules.keepsMode ? modeOfCopy(sourceMode, rules.preserve) : undefined;
  return {
    ...(mode === undefined ? {} : { mode: mode & rules.modeMask }),
    ...(rules.keepsMtime && mtime !== undefined ? { mtimeMs: nearestTime(mtime, rules).getTime() } : {}),
  };
}

/** What has to be set for the target to have the source's attributes; undefined where it has. What a listing does not tell is taken to be right. */
export function attributesToSet(source: Stat, target: Stat, rules: CompareRules): Attributes | undefined {
  const { mode, mtimeMs } = attributesOf(source, rules);
  const modeDiffers = mode !== undefined && target.mode !== undefined && (target.mode & rules.modeMask) !== mode;
  const timeDiffers =
    mtimeMs !== undefined &&
    target.mtime !== undefined &&
    Math.abs(target.mtime.getTime() - mtimeMs) >= rules.toleranceMs;
  if (!modeDiffers && !timeDiffers) return undefined;
  return { ...(modeDiffers ? { mode } : {}), ...(timeDiffers ? { mtimeMs } : {}) };
}
