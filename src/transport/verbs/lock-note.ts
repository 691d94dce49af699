import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { basename } from "node:path";

import { TransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { oneLine } from "../../url/printable.ts";
import type { LockInfo } from "../lock.ts";

/** A note is one line; what is longer is something else. */
export const maxNoteBytes = 4096;

const nameShape = /^holder-[0-9a-f-]{36}\.json$/;

/** How much is shown of each thing that a note says. */
const longestShown = 80;

/** What to do where it is not known who has the lock. */
export const wayToLook = "Look who has the lock: lockInfo(), or samewire lock";

/** A name for a note that no other lock has. */
export function newNoteName(): string {
  return `holder-${randomUUID()}.json`;
}

/** Whether a name is that of a note in the directory of a lock. */
export function isNoteName(name: string): boolean {
  return nameShape.test(name);
}

/** Who holds a lock, and a number that no other lock has: one line for whoever else wants it. */
export function noteOfHolder(id: string): string {
  const { pid } = process;
  return JSON.stringify({ user: userName(), host: hostname(), pid, program: program(), since: new Date(), id });
}

/** What a note says of who wrote it. The lock itself stands, whatever its note says. */
export function holderFrom(note: string | undefined, id: string): LockInfo {
  const fields = fieldsOf(note ?? "");
  // Another program's own words.
  if (fields === undefined) return { id, holder: shown(note) ?? unknownHolder };
  const pid = typeof fields.pid === "number" ? fields.pid : undefined;
  const [user, host, by] = [shown(fields.user), shown(fields.host), shown(fields.program)];
  const since = typeof fields.since === "string" ? new Date(fields.since) : undefined;
  const time = since === undefined || Number.isNaN(since.getTime()) ? undefined : since;
  const who = `${user ?? "?"}@${host ?? "?"}, process ${pid ?? "?"}${by === undefined ? "" : ` (${by})`}`;
  return { id, user, host, pid, program: by, since: time, holder: `${who}, since ${time?.toISOString() ?? "?"}` };
}

/** The number that a note was written with; undefined where it is something else. */
export function idOfNote(note: string): string | undefined {
  const id = fieldsOf(note)?.id;
  return typeof id === "string" && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
}

/** What a holder is told who gives back what was taken from it. */
export function lockBroken(cause?: unknown): TransportError {
  return new TransportError("locked", "the lock was broken, and may be held by somebody else", { cause });
}

/** The refusal of who else wants the lock that lies at a place. */
export function lockedBy({ id, holder }: LockInfo, place: Location, cause?: unknown): TransportError {
  return new TransportError("locked", `locked by ${holder}`, {
    temporary: true,
    hint:
      id === ""
        ? `If nobody needs it any more, delete ${place.redactedUrl}`
        : "If that process is gone, break the lock: breakLock(), or samewire break-lock",
    cause,
  });
}

const unknownHolder = "an unknown holder: its note could not be read";

function fieldsOf(note: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(note);
    return typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // It is somebody's own words, or nothing.
  }
}

/** What another process wrote, fit for a message. */
function shown(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const words = oneLine(value, longestShown);
  return words === "" ? undefined : words;
}

/** In a container a process may be of a user whom nobody has named. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "?"}`;
  }
}

/** Without arguments, in which there may be a password. */
function program(): string {
  return basename(process.argv[1] ?? process.execPath);
}
