import { isIP } from "node:net";

import type { SshDirective } from "../../../drivers/ssh-config.ts";
import { unsupportedConfig } from "./config-error.ts";
import type { ConfigPlace } from "./config-error.ts";
import type { Applies, FinalPassWish, MatchSubject } from "./conditions.ts";
import { applyBoth, hostApplies, matchApplies } from "./conditions.ts";
import type { ConfigFile, ConfigFiles } from "./config-files.ts";
import { expandTilde, expandTokens, localUserName } from "./expand.ts";

/** The host and what was said of it elsewhere, which beats every file. */
export interface SshConfigQuery {
  /** As it was typed, case included; an IPv6 address without brackets. */
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}

/** A directive that was taken, and where it stands. */
export interface Setting extends ConfigPlace {
  readonly keyword: string;
  readonly words: readonly string[];
}

/** The directives that are read. */
const keywords = new Set([
  "addressfamily",
  "bindaddress",
  "bindinterface",
  "canonicaldomains",
  "canonicalizehostname",
  "canonicalizemaxdots",
  "canonicalizepermittedcnames",
  "connecttimeout",
  "globalknownhostsfile",
  "hashknownhosts",
  "hostkeyalias",
  "hostname",
  "identitiesonly",
  "identityagent",
  "identityfile",
  "port",
  "proxycommand",
  "proxyjump",
  "revokedhostkeys",
  "stricthostkeychecking",
  "user",
  "userknownhostsfile",
]);

/** Those that take more than one word; of the others, a second one is a mistake. */
const lists = new Set([
  "canonicaldomains",
  "canonicalizepermittedcnames",
  "globalknownhostsfile",
  "proxycommand",
  "revokedhostkeys",
  "userknownhostsfile",
]);

/** ssh gives up at the same depth. */
const maxIncludeDepth = 16;

/**
 * The settings that ssh_config files hold for one host, as words: the first value of each wins, `IdentityFile` accumulates. A block of which it is
 * unknown whether it applies is an error only where it would have set something.
 */
export class Settings {
  readonly #query: SshConfigQuery;
  readonly #files: ConfigFiles;
  readonly #localUser = localUserName();
  /** What the caller gave itself: no file is asked for it. */
  readonly #given: ReadonlySet<string>;
  readonly #taken = new Map<string, Setting[]>();
  readonly #finalPass: FinalPassWish = { wanted: false };
  #resolvedHost: string | undefined;

  constructor(query: SshConfigQuery, files: ConfigFiles, ignoreProxy: boolean) {
    this.#query = query;
    this.#files = files;
    const { user, port } = query;
    this.#given = new Set([
      ...(user === undefined ? [] : ["user"]),
      ...(port === undefined ? [] : ["port"]),
      ...(ignoreProxy ? ["proxy"] : []),
    ]);
  }

  /** Takes in everything the files say, in their order. */
  takeFiles(files: readonly SettingsFile[]): void {
    for (const file of files) this.#takeFile(file, "yes", []);
    if (!this.#canonicalizes() && !this.#finalPass.wanted) return;
    this.#resolvedHost = this.hostName;
    for (const file of files) this.#takeFile(file, "yes", []);
  }

  first(slot: string): Setting | undefined {
    return this.#taken.get(slot)?.[0];
  }

  all(slot: string): readonly Setting[] | undefined {
    return this.#taken.get(slot);
  }

  /** The name to connect to: what `HostName` makes of the host, in lower case as ssh has it. */
  get hostName(): string {
    if (this.#resolvedHost !== undefined) return this.#resolvedHost;
    const { host } = this.#query;
    const setting = this.first("hostname");
    const name = setting === undefined ? host : expandTokens(setting.words[0] ?? host, { h: host }, setting);
    return isIP(name) === 0 ? name.toLowerCase() : name;
  }

  get user(): string {
    return this.#query.user ?? this.first("user")?.words[0] ?? this.#localUser;
  }

  get #subject(): MatchSubject {
    return {
      typedHost: this.#query.host,
      hostName: this.hostName,
      user: this.user,
      localUser: this.#localUser,
      finalPass: this.#resolvedHost !== undefined,
    };
  }

  #takeFile({ file, includeBase }: SettingsFile, outer: Applies, ancestors: readonly string[]): void {
    let applies = outer;
    for (const directive of file.directives) {
      const place = { file: file.path, line: directive.line };
      if (directive.keyword === "host" || directive.keyword === "match") {
        const inner =
          directive.keyword === "host"
            ? hostApplies(directive, place, this.#resolvedHost ?? this.#query.host)
            : matchApplies(directive, place, this.#subject, this.#finalPass);
        applies = applyBoth(outer, inner);
      } else if (applies === "no") {
        continue;
      } else if (directive.keyword === "include") {
        this.#include(directive, place, { file, includeBase }, applies, ancestors);
      } else {
        this.#take(directive, place, applies);
      }
    }
  }

  #include(
    directive: SshDirective,
    place: ConfigPlace,
    { file, includeBase }: SettingsFile,
    applies: Applies,
    ancestors: readonly string[],
  ): void {
    if (directive.problem !== undefined) throw unsupportedConfig(place, directive.problem);
    const path = [...ancestors, file.path];
    if (path.length > maxIncludeDepth)
      throw unsupportedConfig(place, `files include each other more than ${maxIncludeDepth} levels deep`);
    for (const word of directive.words) {
      const pattern = expandTilde(word, place);
      for (const included of this.#files.glob(pattern.startsWith("/") ? pattern : `${includeBase}/${pattern}`)) {
        if (path.includes(included)) throw unsupportedConfig(place, `${included} includes itself`);
        const content = this.#files.read(included, { guarded: true });
        if (content !== undefined) this.#takeFile({ file: content, includeBase }, applies, path);
      }
    }
  }

  #take({ keyword, words, problem }: SshDirective, place: ConfigPlace, applies: Applies): void {
    if (keyword !== "" && !keywords.has(keyword)) return;
    // To ssh this is as good as nothing said: a later line may still set a time.
    if (keyword === "connecttimeout" && words[0]?.toLowerCase() === "none") return;
    // Of the two proxy directives the first one decides.
    const slot = keyword === "proxycommand" || keyword === "proxyjump" ? "proxy" : keyword;
    const taken = this.#taken.get(slot);
    if (this.#given.has(slot) || (taken !== undefined && slot !== "identityfile")) return;
    if (typeof applies === "object")
      throw unsupportedConfig(applies.at, `${applies.unknown}; line ${place.line} of ${place.file} depends on it`);
    // A command is the rest of its line, whatever the quotes in it.
    if (problem !== undefined && keyword !== "proxycommand") throw unsupportedConfig(place, problem);
    if (words.length > 1 && !lists.has(keyword))
      throw unsupportedConfig(place, `${keyword} takes one value, not ${words.length}`);
    const setting = { ...place, keyword, words: problem === undefined ? words : [...words, "…"] };
    if (taken === undefined) this.#taken.set(slot, [setting]);
    else if (!taken.some((other) => other.words[0] === words[0])) taken.push(setting);
  }

  /** Whether the host's name is put in its canonical form; where only a name server could say which, it is refused. */
  #canonicalizes(): boolean {
    const setting = this.first("canonicalizehostname");
    const mode = setting?.words[0]?.toLowerCase() ?? "no";
    if (setting === undefined || mode === "no" || mode === "false") return false;
    const name = this.hostName;
    const dots = name.split(".").length - 1;
    const domains = this.first("canonicaldomains")?.words[0] ?? "none";
    const aliases = this.first("canonicalizepermittedcnames")?.words[0] ?? "none";
    const searches = domains !== "none" && dots <= Number(this.first("canonicalizemaxdots")?.words[0] ?? 1);
    // Behind a proxy only `always` canonicalises.
    const direct = mode === "always" || (this.first("proxy")?.words[0] ?? "none") === "none";
    if (isIP(name) === 0 && direct && (searches || aliases !== "none")) {
      throw unsupportedConfig(
        setting,
        `CanonicalizeHostname would ask a name server what ${name} stands for, which is not supported`,
      );
    }
    return true;
  }
}

/** A file to take in, and the directory that its relative `Include`s start from. */
export interface SettingsFile {
  readonly file: ConfigFile;
  readonly includeBase: string;
}
