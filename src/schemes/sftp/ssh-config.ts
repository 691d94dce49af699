import { homedir } from "node:os";

import { ConfigFiles } from "./config/config-files.ts";
import type { SshHostConfig } from "./config/host-config.ts";
import { hostConfigOf } from "./config/host-config.ts";
import type { SettingsFile, SshConfigQuery } from "./config/settings.ts";
import { Settings } from "./config/settings.ts";

export type { SshHostConfig } from "./config/host-config.ts";
export type { SshConfigQuery } from "./config/settings.ts";
export type { JumpHost, StrictHostKeyChecking } from "./config/values.ts";

export interface SshConfigOptions {
  /** Path of an ssh_config file; `null` reads none. Default `~/.ssh/config`, then `/etc/ssh/ssh_config`. */
  readonly file?: string | null | undefined;
  /** The caller said itself which hosts to go through, or that there are none: the files are not asked, and a `ProxyCommand` in them is no obstacle. */
  readonly ignoreProxy?: boolean | undefined;
}

/** How long the files are believed without a look at them, in milliseconds: a loop over thousands of URLs looks at them once. */
const freshForMs = 50;

/** Hosts remembered per file, so that a program that meets ever new ones stays small. */
const maxHosts = 10_000;

/** Answers remembered per host: one for each user and port that was asked about. */
const maxAnswersPerHost = 100;

/** Files remembered; a program has one or two. */
const maxSnapshots = 64;

interface Answer {
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly ignoreProxy: boolean;
  readonly config: SshHostConfig;
}

/** What some files said while they did not change. */
interface Snapshot {
  readonly home: string;
  readonly files: ConfigFiles;
  readonly answers: Map<string, Answer[]>;
  checkedAt: number;
}

const nothing: SshHostConfig = {};
const snapshots = new Map<string | undefined, Snapshot>();

/**
 * What ssh_config(5) says of a host, as `ssh -G` would; of what the query gives itself (user, port) it says nothing. Synchronous; the files are read
 * when first asked and again after they changed, and an answer is the same object as long as they have not. No command is run and no name is looked
 * up. One difference: a file that is included where it does not apply is not read, so that a `Match final` in it goes unnoticed.
 *
 * @throws TransportError `unsupported` for what would change the connection and is not supported, such as a `Match exec` around a `HostName`; it
 * names file and line. `invalid-path` where `file` is not there, `permission-denied` for a file that cannot be read or that others may write.
 */
export function resolveSshConfig(query: SshConfigQuery, options: SshConfigOptions = {}): SshHostConfig {
  const { file, ignoreProxy = false } = options;
  if (file === null) return nothing;
  const { host, user, port } = query;
  const { answers, files } = snapshotOf(file);
  const known = answers.get(host);
  if (known !== undefined) {
    for (const answer of known)
      if (answer.user === user && answer.port === port && answer.ignoreProxy === ignoreProxy) return answer.config;
  }
  const settings = new Settings(query, files, ignoreProxy);
  settings.takeFiles(filesOf(file, files));
  const config = hostConfigOf(settings, query, files);
  if (answers.size >= maxHosts) answers.clear();
  const others = known === undefined || known.length >= maxAnswersPerHost ? [] : known;
  answers.set(host, [...others, { user, port, ignoreProxy, config }]);
  return config;
}

function snapshotOf(file: string | undefined): Snapshot {
  const now = performance.now();
  const last = snapshots.get(file);
  if (last !== undefined) {
    if (now - last.checkedAt < freshForMs) return last;
    if (last.home === homedir() && last.files.unchanged()) {
      last.checkedAt = now;
      return last;
    }
  }
  if (snapshots.size >= maxSnapshots) snapshots.clear();
  const snapshot = { home: homedir(), files: new ConfigFiles(), answers: new Map<string, Answer[]>(), checkedAt: now };
  snapshots.set(file, snapshot);
  return snapshot;
}

/** A named file stands alone, as for `ssh -F`. What it includes is looked for where a user's own files are. */
function filesOf(file: string | undefined, files: ConfigFiles): SettingsFile[] {
  const userBase = `${homedir()}/.ssh`;
  if (file !== undefined) return [{ file: files.require(file), includeBase: userBase }];
  const taken: SettingsFile[] = [];
  const own = files.read(`${userBase}/config`, { guarded: true });
  if (own !== undefined) taken.push({ file: own, includeBase: userBase });
  const system = files.read("/etc/ssh/ssh_config");
  if (system !== undefined) taken.push({ file: system, includeBase: "/etc/ssh" });
  return taken;
}
