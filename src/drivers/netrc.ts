import { isUtf8 } from "node:buffer";
import type { Stats } from "node:fs";
import { readFileSync, statSync } from "node:fs";
import { devNull, homedir } from "node:os";
import { join } from "node:path";

import { TransportError } from "../errors/transport-error.ts";
import type { Logger } from "../log/logger.ts";
import { checkUser } from "../url/userinfo.ts";
import type { Netrc, NetrcEntry } from "./netrc-parser.ts";
import { parseNetrc } from "./netrc-parser.ts";

/** Whose password is looked for. */
export interface NetrcQuery {
  /** As URLs have it: lower case, ASCII, IPv6 without brackets. */
  readonly host: string;
  /** As it was typed. */
  readonly typedHost: string;
  /** Where somebody was named only their entry counts. */
  readonly user: string | undefined;
}

export interface NetrcOptions {
  /** Path of the file; `null` reads none. Default: the one that `$NETRC` names, then `~/.netrc`, on Windows also `~/_netrc`. */
  readonly file?: string | null | undefined;
  /** Told what is wrong with a file that nobody named, and with one that others can read: once for each change of it. */
  readonly logger?: Logger | undefined;
}

export interface NetrcLogin {
  readonly user: string;
  readonly password: string | undefined;
  readonly account: string | undefined;
}

/** The largest file that is read, in bytes. One of a thousand hosts has some hundred thousand. */
const maxBytes = 1024 * 1024;

/** How long a file is believed without a look at it, in milliseconds: a loop over thousands of URLs looks at it once. */
const freshForMs = 50;

/** Files remembered; a program has one. */
const maxSnapshots = 64;

/** What a file said while it did not change. */
interface Snapshot {
  readonly stamp: string;
  readonly netrc: Netrc;
  /** What its owner should be told. */
  readonly warnings: readonly string[];
  /** Why it is not believed. */
  readonly refusal: TransportError | undefined;
  readonly told: WeakSet<Logger>;
  checkedAt: number;
}

const snapshots = new Map<string, Snapshot>();
const nothing: Netrc = { entries: [], problems: [] };

/**
 * Who logs in at a host, and with which password, as a netrc file has it. Synchronous; the file is read when it is first asked and again after it changed.
 *
 * @throws TransportError for a file that was named in the options: `invalid-path` where it is not there, `permission-denied`, `unsupported`; `invalid-url` for a
 * login that no URL could have
 */
export function netrcLogin(query: NetrcQuery, { file, logger }: NetrcOptions = {}): NetrcLogin | undefined {
  if (file === null) return undefined;
  const path = file ?? usualFile();
  if (path === undefined || path === devNull) return undefined;
  const snapshot = snapshotOf(path);
  if (snapshot.refusal !== undefined && file !== undefined) throw snapshot.refusal;
  if (snapshot.stamp === missing && file !== undefined)
    throw new TransportError("invalid-path", `there is no file ${path}`, {
      operation: "netrc",
      hint: "netrc: null reads none",
    });
  tell(snapshot, path, logger);
  const entry = entryFor(snapshot.netrc, query);
  const user = entry?.login ?? query.user;
  if (entry === undefined || user === undefined) return undefined;
  refuseUser(user, path);
  return { user, password: entry.password, account: entry.account };
}

/** The first entry that fits; `default` only where no other does, wherever it stands. */
function entryFor({ entries }: Netrc, { host, typedHost, user }: NetrcQuery): NetrcEntry | undefined {
  const names = new Set([host, typedHost.toLowerCase()]);
  const fitting = entries.filter(({ login }) => (user === undefined ? login !== undefined : login === user));
  return (
    fitting.find(
      ({ machine }) => machine !== undefined && names.has(machine.toLowerCase().replace(/^\[(.*)\]$/, "$1")),
    ) ?? fitting.find(({ machine }) => machine === undefined)
  );
}

function refuseUser(user: string, path: string): void {
  try {
    checkUser(user);
  } catch (cause) {
    throw new TransportError("invalid-url", `a login in ${path} is none that a URL could have`, {
      operation: "netrc",
      hint: "Correct it, or pass netrc: null to read no such file",
      cause,
    });
  }
}

function usualFile(): string | undefined {
  const named = process.env["NETRC"];
  if (named !== undefined && named !== "") return named;
  const usual = join(homedir(), ".netrc");
  const windows = join(homedir(), "_netrc");
  return process.platform === "win32" && snapshotOf(usual).stamp === missing ? windows : usual;
}

/** The stamp of what is not there. */
const missing = "missing";

function snapshotOf(path: string): Snapshot {
  const now = performance.now();
  const last = snapshots.get(path);
  if (last !== undefined && now - last.checkedAt < freshForMs) return last;
  const snapshot = read(path, last);
  snapshot.checkedAt = now;
  if (snapshots.size >= maxSnapshots) snapshots.clear();
  snapshots.set(path, snapshot);
  return snapshot;
}

/** What a file says now; the same object as before where it has not changed. */
function read(path: string, last: Snapshot | undefined): Snapshot {
  let stamp = missing;
  let netrc = nothing;
  let warnings: readonly string[] = [];
  let refusal: TransportError | undefined;
  try {
    const stats = statSync(path);
    stamp = `${stats.mtimeMs}:${stats.ctimeMs}:${stats.size}:${stats.ino}`;
    if (last?.stamp === stamp) return last;
    refusal = distrust(path, stats);
    if (refusal === undefined) {
      netrc = parseNetrc(textOf(path));
      warnings = [
        ...(readableByOthers(stats) ? ["other users can read it: run chmod go-rwx on it"] : []),
        ...netrc.problems.map(({ line, what }) => `line ${line}: ${what}`),
      ];
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ENOTDIR") {
      refusal = error instanceof TransportError ? error : unreadable(path, error as Error);
      stamp = `unreadable:${refusal.message}`;
    }
    if (last?.stamp === stamp) return last;
  }
  return { stamp, netrc, warnings, refusal, told: new WeakSet(), checkedAt: 0 };
}

/** Why a file is not believed: whoever can write it decides as whom this user's files are stored. */
function distrust(path: string, stats: Stats): TransportError | undefined {
  const user = process.getuid?.();
  const details = { operation: "netrc", hint: "Correct that, or pass netrc: null to read no such file" };
  if (!stats.isFile()) return new TransportError("unsupported", `${path} is no file`, details);
  if (stats.size > maxBytes)
    return new TransportError("unsupported", `${path} is larger than ${maxBytes} bytes`, details);
  if (user !== undefined && ((stats.uid !== 0 && stats.uid !== user) || (stats.mode & 0o022) !== 0))
    return new TransportError("permission-denied", `${path} can be changed by other users`, details);
  return undefined;
}

function readableByOthers({ mode }: Stats): boolean {
  return process.getuid !== undefined && (mode & 0o044) !== 0;
}

function textOf(path: string): string {
  const bytes = readFileSync(path);
  if (!isUtf8(bytes))
    throw new TransportError("unsupported", `${path} is not in UTF-8`, {
      operation: "netrc",
      hint: "Save it in UTF-8, or pass netrc: null to read no such file",
    });
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

function unreadable(path: string, cause: Error): TransportError {
  return new TransportError("permission-denied", `cannot read ${path}: ${cause.message}`, {
    operation: "netrc",
    hint: "Make it readable, or pass netrc: null to read no such file",
    cause,
  });
}

function tell({ warnings, refusal, told }: Snapshot, path: string, logger: Logger | undefined): void {
  if (logger === undefined || told.has(logger)) return;
  told.add(logger);
  for (const warning of warnings) logger.warn({ path, warning }, "the netrc file is not as it should be");
  if (refusal !== undefined) logger.warn({ path, warning: refusal.reason }, "the netrc file is not believed");
}
