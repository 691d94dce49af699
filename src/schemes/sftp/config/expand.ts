import { createHash } from "node:crypto";
import { homedir, hostname, userInfo } from "node:os";

import type { ConfigFiles } from "./config-files.ts";
import type { ConfigPlace } from "./config-error.ts";
import { unsupportedConfig } from "./config-error.ts";

/** What `%` followed by a letter stands for, where ssh_config(5) allows it. */
export type Tokens = Readonly<Partial<Record<string, string>>>;

/** The login name of this process's user; what the environment says where the system's list of users does not know it. */
export function localUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? process.env["LOGNAME"] ?? "";
  }
}

export interface ExpandedDestination {
  /** The host as it was typed. */
  readonly typedHost: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKeyAlias: string | undefined;
}

/** The tokens of file names, for one destination. */
export function fileTokens({ typedHost, host, port, user, hostKeyAlias }: ExpandedDestination): Tokens {
  const local = hostname();
  return {
    d: homedir(),
    h: host,
    i: String(process.getuid?.() ?? ""),
    k: hostKeyAlias ?? typedHost,
    L: local.split(".")[0] ?? local,
    l: local,
    n: typedHost,
    p: String(port),
    r: user,
    u: localUserName(),
    // As OpenSSH 9.2 computes it; from 9.7 on the jump host is hashed in as well, which is the same where there is none.
    C: createHash("sha1").update(`${local}${host}${port}${user}`).digest("hex"),
  };
}

/** Replaces `%h` and the like; `%%` is a percent sign. */
export function expandTokens(text: string, tokens: Tokens, place: ConfigPlace): string {
  return text.replaceAll(/%(.?)/gsu, (token, letter: string) => {
    if (letter === "%") return "%";
    const value = Object.hasOwn(tokens, letter) ? tokens[letter] : undefined;
    if (value === undefined) throw unsupportedConfig(place, `${token} has no meaning in ${JSON.stringify(text)}`);
    return value;
  });
}

/** A leading `~/` as the home directory. */
export function expandTilde(text: string, place: ConfigPlace): string {
  if (!text.startsWith("~")) return text;
  if (text === "~" || text.startsWith("~/")) return `${homedir()}${text.slice(1)}`;
  throw unsupportedConfig(place, `${text} names the home directory of another user; write it out`);
}

/** A file name with `~`, `%` tokens and `${VARIABLE}` replaced. What was inserted is not looked at again. */
export function expandFileName(text: string, tokens: Tokens, files: ConfigFiles, place: ConfigPlace): string {
  return expandTilde(text, place)
    .split(/(\$\{[^}]*\})/)
    .map((part, index) => {
      if (index % 2 === 0) return expandTokens(part, tokens, place);
      const name = part.slice(2, -1);
      const value = files.variable(name);
      if (value === undefined) throw unsupportedConfig(place, `the environment has no variable ${name}`);
      return value;
    })
    .join("");
}
