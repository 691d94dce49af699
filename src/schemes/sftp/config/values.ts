import { unsupportedConfig } from "./config-error.ts";
import type { Tokens } from "./expand.ts";
import { expandTokens } from "./expand.ts";
import type { Setting } from "./settings.ts";

/** A host to go through. What it leaves out is asked of ssh_config under its own name. */
export interface JumpHost {
  readonly user?: string | undefined;
  /** As it was typed; an IPv6 address without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
}

export function wordOf(setting: Setting): string {
  return setting.words[0] ?? "";
}

export function portOf(setting: Setting): number {
  return parsePort(wordOf(setting)) ?? refuse(setting, "is not a port number");
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

export function flagOf(setting: Setting): boolean {
  const word = wordOf(setting).toLowerCase();
  if (word === "yes" || word === "true") return true;
  return word === "no" || word === "false" ? false : refuse(setting, "is neither yes nor no");
}

const secondsPer: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** A time of sshd_config(5), such as `90` or `1m30s`, in milliseconds; undefined for `none` and 0, which leave it to the system. */
export function durationMsOf(setting: Setting): number | undefined {
  const text = wordOf(setting).toLowerCase();
  if (text === "none") return undefined;
  if (!/^(?:\d{1,9}[smhdw])*(?:\d{1,9})?$/.test(text)) refuse(setting, "is not a time");
  let seconds = 0;
  for (const [, count, unit = ""] of text.matchAll(/(\d+)([smhdw]?)/g))
    seconds += Number(count) * (secondsPer[unit] ?? 1);
  return seconds === 0 ? undefined : seconds * 1000;
}

export type StrictHostKeyChecking = "yes" | "ask" | "accept-new" | "no";

export function strictnessOf(setting: Setting): StrictHostKeyChecking {
  const word = wordOf(setting).toLowerCase();
  if (word === "yes" || word === "true") return "yes";
  if (word === "no" || word === "false" || word === "off") return "no";
  return word === "ask" || word === "accept-new" ? word : refuse(setting, "is not one of yes, ask, accept-new, no");
}

/** A host name that is safe to put into a URL, a log and a command line. */
export function checkHost(host: string, setting: Setting): string {
  // Control characters, white space, shell metacharacters, URL delimiters.
  if (host === "" || host.startsWith("-") || /[\p{Cc}\s'"`$\\;&<>|(){}/@?#]/u.test(host))
    refuse(setting, `holds ${JSON.stringify(host)}, which is no host name`);
  return host;
}

export function checkUser(user: string, setting: Setting): string {
  if (user === "" || user.startsWith("-") || /[\p{Cc}\s'"`$;&<>|(){}]/u.test(user))
    refuse(setting, `holds ${JSON.stringify(user)}, which is no user name`);
  return user;
}

/** `user@host:port` or `ssh://user@host:port`, several with commas between, the first hop first; null for `none`. */
export function jumpHostsOf(setting: Setting, tokens: Tokens): readonly JumpHost[] | null {
  const text = wordOf(setting);
  if (text.toLowerCase() === "none") return null;
  return expandTokens(text, tokens, setting)
    .split(",")
    .map((hop) => parseJumpHost(hop, setting));
}

function parseJumpHost(text: string, setting: Setting): JumpHost {
  const bare = text.replace(/^ssh:\/\//i, "").replace(/\/$/, "");
  const at = bare.lastIndexOf("@");
  const place = /^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d+))?$/.exec(bare.slice(at + 1));
  const host = place?.[1] ?? place?.[2] ?? "";
  const port = place?.[3] === undefined ? undefined : parsePort(place[3]);
  if (place === null || host === "" || at === 0 || (place[3] !== undefined && port === undefined))
    refuse(setting, `holds ${JSON.stringify(text)}, which is no [user@]host[:port]`);
  return {
    host: checkHost(host, setting),
    ...(at > 0 && { user: checkUser(bare.slice(0, at), setting) }),
    ...(port !== undefined && { port }),
  };
}

function refuse(setting: Setting, complaint: string): never {
  throw unsupportedConfig(setting, `${setting.keyword} ${setting.words.join(" ")} ${complaint}`);
}
