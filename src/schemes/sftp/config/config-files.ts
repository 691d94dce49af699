import { readFileSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

import type { SshDirective } from "../../../drivers/ssh-config.ts";
import { parseSshConfig } from "../../../drivers/ssh-config.ts";
import { TransportError } from "../../../errors/transport-error.ts";
import { expandGlob } from "./glob.ts";

/** The largest ssh_config that is read, in bytes. A config of a thousand hosts has some hundred thousand. */
const maxConfigBytes = 4 * 1024 * 1024;

export interface ConfigFile {
  readonly path: string;
  readonly directives: readonly SshDirective[];
}

/** What is asked of a file before it is believed. */
export interface ReadRules {
  /** Nobody but its owner, who is this user or root, may be able to write it; what ssh demands of a user's own files. */
  readonly guarded?: boolean;
}

/** The ssh_config files that took part in some answer, each read once, and what to look at to see whether they still are what was read. */
export class ConfigFiles {
  readonly #files = new Map<string, ConfigFile | undefined>();
  readonly #stamps = new Map<string, string>();
  readonly #globs = new Map<string, readonly string[]>();
  readonly #variables = new Map<string, string | undefined>();

  /** A file's directives; undefined where there is no file. */
  read(path: string, rules: ReadRules = {}): ConfigFile | undefined {
    if (!this.#files.has(path)) {
      const stats = stampedStats(path);
      this.#stamps.set(path, stampOf(stats));
      this.#files.set(
        path,
        stats === undefined ? undefined : { path, directives: parseSshConfig(readText(path, stats, rules)) },
      );
    }
    return this.#files.get(path);
  }

  /** The directives of a file that was named and must be there. */
  require(path: string): ConfigFile {
    const file = this.read(path);
    if (file === undefined)
      throw new TransportError("invalid-path", `there is no file ${path}`, {
        operation: "ssh_config",
        hint: "ssh: { config: null } reads none",
      });
    return file;
  }

  /** The paths that a pattern of `Include` stands for. */
  glob(pattern: string): readonly string[] {
    let paths = this.#globs.get(pattern);
    if (paths === undefined) {
      paths = expandGlob(pattern);
      this.#globs.set(pattern, paths);
    }
    return paths;
  }

  /** A variable of the environment. */
  variable(name: string): string | undefined {
    const value = process.env[name];
    this.#variables.set(name, value);
    return value;
  }

  /** Whether reading everything again would give the same. */
  unchanged(): boolean {
    for (const [path, stamp] of this.#stamps) if (stampOf(stampedStats(path)) !== stamp) return false;
    for (const [pattern, paths] of this.#globs) if (expandGlob(pattern).join("\0") !== paths.join("\0")) return false;
    for (const [name, value] of this.#variables) if (process.env[name] !== value) return false;
    return true;
  }
}

/** Undefined for what is not there, also because what should be a directory above it is none. */
function stampedStats(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unreadable(path, error);
  }
}

function stampOf(stats: Stats | undefined): string {
  return stats === undefined ? "missing" : `${stats.mtimeMs}:${stats.ctimeMs}:${stats.size}:${stats.ino}`;
}

function readText(path: string, stats: Stats, { guarded }: ReadRules): string {
  const user = process.getuid?.();
  if (guarded && user !== undefined && ((stats.uid !== 0 && stats.uid !== user) || (stats.mode & 0o022) !== 0)) {
    throw new TransportError("permission-denied", `${path} can be changed by other users, so it is not believed`, {
      operation: "ssh_config",
      hint: "Run chmod go-w on it, and see that you own it",
    });
  }
  if (stats.isFIFO())
    throw new TransportError("unsupported", `${path} is a pipe, and reading it could wait for ever`, {
      operation: "ssh_config",
    });
  if (stats.size > maxConfigBytes) {
    throw new TransportError(
      "unsupported",
      `${path} is larger than ${maxConfigBytes} bytes, too large for an ssh_config file`,
      { operation: "ssh_config" },
    );
  }
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): TransportError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "EISDIR")
    return new TransportError("invalid-path", `${path} is a directory, not an ssh_config file`, {
      operation: "ssh_config",
      cause,
    });
  const denied = code === "EACCES" || code === "EPERM";
  return new TransportError(denied ? "permission-denied" : "unexpected", `cannot read ${path}: ${message}`, {
    operation: "ssh_config",
    hint: "Make it readable, or pass ssh: { config: null } to read no ssh_config",
    cause,
  });
}
