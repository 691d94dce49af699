import { inspect } from "node:util";

import { LocationError } from "./location-error.ts";
import { checkPath, endsAsDirectory, isBelow, resolvePath } from "./path.ts";
import { encodeSegment, encodeUser } from "./percent-encoding.ts";
import { redactQuery } from "./redact.ts";
import type { UrlSyntax } from "./url-syntax.ts";

/** What a location is made of; every text is decoded. */
export interface LocationParts {
  readonly syntax: UrlSyntax;
  /** Prefixes without their `+`, outermost first. */
  readonly decorators: readonly string[];
  readonly scheme: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Normalised for comparison; IPv6 without brackets; empty where there is none. */
  readonly host: string;
  /** As it was typed: what ssh_config's `Host` is matched with. */
  readonly typedHost: string;
  /** As it was written, also where it is the default. */
  readonly port: number | undefined;
  /** Whether the segments begin at the login directory (`/~/`). */
  readonly home: boolean;
  readonly segments: readonly string[];
  /**
   * The segments as they stand in the URL, in parallel; only where one holds an encoded slash, which plain text cannot say: its segment
   * then has `%2F` in its place, and counts as a different name than every other.
   */
  readonly written: readonly string[] | undefined;
  /** Whether a slash was written at the end. */
  readonly directory: boolean;
  /** Raw, without the question mark. */
  readonly query: string | undefined;
  /** Path and query exactly as they were written, where a server may be told so; undefined where there is only the normalised form. */
  readonly target: string | undefined;
}

/** A parsed, normalised URL. Immutable. It prints no password. */
export class Location {
  readonly #parts: LocationParts;
  #url: string | undefined;
  #whole: boolean | undefined;

  constructor(parts: LocationParts) {
    this.#parts = parts;
  }

  /** How URLs of its scheme are written. */
  get syntax(): UrlSyntax {
    return this.#parts.syntax;
  }
  /** Prefixes without their `+`, outermost first. */
  get decorators(): readonly string[] {
    return this.#parts.decorators;
  }
  /** In lower case, as it was written: `webdav` for `webdav://…`. */
  get scheme(): string {
    return this.#parts.scheme;
  }
  /** Decoded; undefined where the URL names none. */
  get user(): string | undefined {
    return this.#parts.user;
  }
  /** Decoded; an empty text is a password. It is in no text that a location prints. */
  get password(): string | undefined {
    return this.#parts.password;
  }
  /** Normalised; IPv6 without brackets; empty where there is none. */
  get host(): string {
    return this.#parts.host;
  }
  /** The host as it was typed. */
  get typedHost(): string {
    return this.#parts.typedHost;
  }
  /** As it was written, also where it is the default; else undefined. */
  get port(): number | undefined {
    return this.#parts.port;
  }
  /** Whether the path begins in the login directory (`/~/`). */
  get home(): boolean {
    return this.#parts.home;
  }
  /** The path's names, decoded. */
  get segments(): readonly string[] {
    return this.#parts.segments;
  }
  /** Whether a slash was written at the end. */
  get directory(): boolean {
    return this.#parts.directory;
  }
  /** Raw, without the question mark; undefined where there is none. */
  get query(): string | undefined {
    return this.#parts.query;
  }

  /** Plain text: `/` and the segments; relative to the login directory where `home`. */
  get path(): string {
    return `/${this.#parts.segments.join("/")}`;
  }

  /** The last segment, or `""` for a root. */
  get name(): string {
    return this.#parts.segments.at(-1) ?? "";
  }

  /** What a server is asked for: path and query, exactly as they were written where that is possible: a signature may cover every byte. */
  get target(): string {
    return this.#parts.target ?? this.#normalTarget();
  }

  /**
   * Whether it is a file that can only be asked for as a whole, not as a name in a directory: it has a query, a name that plain text cannot say, or a path
   * that was not written as we would write it.
   */
  get whole(): boolean {
    return (this.#whole ??= this.#isWhole());
  }

  /** The normalised URL, without a password, with the query. */
  get url(): string {
    return (this.#url ??= this.#format(this.#parts.query));
  }

  /** The normalised URL as that of a directory: ends in `/`, has no query. */
  get base(): string {
    const { query, directory } = this.#parts;
    const url = query === undefined ? this.url : this.#format(undefined);
    return directory || url.endsWith("/") ? url : `${url}/`;
  }

  /** The URL for messages: what may be a secret in the query is left out. */
  get redactedUrl(): string {
    const { query } = this.#parts;
    return query === undefined ? this.url : this.#format(redactQuery(query));
  }

  /**
   * The location of a plain-text path below this one taken as a directory: `.` and `..` lexically, a leading `/` meaning the server's root,
   * nothing above the root (or, below `/~/`, above the login directory). The empty path of one that is asked for as a whole is itself.
   *
   * @throws LocationError `invalid-path` where the path holds what the scheme cannot say: NUL, half a character; for some, any control character
   */
  resolve(path: string): Location {
    const parts = this.#parts;
    const { segments, written } = parts;
    checkPath(path, parts.syntax);
    if (path === "" && this.whole) return this;
    const { kept, names } = resolvePath(segments.length, path);
    const home = parts.home && !path.startsWith("/");
    const directory = endsAsDirectory(path);
    if (
      names.length === 0 &&
      kept === segments.length &&
      home === parts.home &&
      directory === parts.directory &&
      parts.query === undefined
    )
      return this;
    return new Location({
      ...parts,
      home,
      segments: [...segments.slice(0, kept), ...names],
      written: written === undefined ? undefined : [...written.slice(0, kept), ...names.map(encodeSegment)],
      directory,
      query: undefined,
      target: undefined,
    });
  }

  /** The directory this is in; a root is its own. */
  parent(): Location {
    return this.resolve("../");
  }

  /**
   * The plain-text path of `to` below this, `""` for this itself; undefined where it is elsewhere.
   *
   * @throws LocationError `invalid-path` where the path has an encoded slash, which plain text cannot say
   */
  relative(to: Location): string | undefined {
    const [mine, other] = [this.#parts, to.#parts];
    const sameRoot =
      mine.scheme === other.scheme &&
      mine.host === other.host &&
      mine.user === other.user &&
      mine.home === other.home &&
      this.effectivePort === to.effectivePort &&
      mine.decorators.length === other.decorators.length &&
      mine.decorators.every((name, at) => name === other.decorators[at]);
    if (!sameRoot || !this.#isAbove(to)) return undefined;
    const depth = mine.segments.length;
    if (other.written?.slice(depth).some(hasEncodedSlash) === true) {
      throw new LocationError("invalid-path", "a path cannot say an encoded slash", {
        url: to.redactedUrl,
        hint: "Use the URL itself",
      });
    }
    return other.segments.slice(depth).join("/");
  }

  /** The port that a connection goes to: as written, else the scheme's. */
  get effectivePort(): number | undefined {
    return this.#parts.port ?? this.#parts.syntax.defaultPort;
  }

  /** The same location with something else in it. */
  with(
    change: Partial<
      Pick<LocationParts, "user" | "password" | "decorators" | "scheme" | "port" | "query" | "directory">
    >,
  ): Location {
    const target = "query" in change || "directory" in change ? undefined : this.#parts.target;
    return new Location({ ...this.#parts, ...change, target });
  }

  /** Whether both name the same thing, whoever asks for it. */
  equals(other: Location): boolean {
    return this.url === other.url && this.#parts.password === other.#parts.password;
  }

  toString(): string {
    return this.redactedUrl;
  }

  toJSON(): string {
    return this.redactedUrl;
  }

  #isAbove(to: Location): boolean {
    const [mine, other] = [this.#parts, to.#parts];
    if (mine.written === undefined && other.written === undefined) return isBelow(mine.segments, other.segments);
    return isBelow(
      mine.written ?? mine.segments.map(encodeSegment),
      other.written ?? other.segments.map(encodeSegment),
    );
  }

  #format(query: string | undefined): string {
    const { decorators, scheme, directory, segments } = this.#parts;
    let url = "";
    for (const name of decorators) url += `${name}+`;
    url += `${scheme}://${this.#authority()}${this.#path()}`;
    if (directory && segments.length > 0) url += "/";
    return query === undefined ? url : `${url}?${query}`;
  }

  #isWhole(): boolean {
    const { query, written, directory, target } = this.#parts;
    if (directory) return false;
    if (query !== undefined || hasEncodedSlash(written?.at(-1) ?? "")) return true;
    return target !== undefined && target !== this.#normalTarget();
  }

  #normalTarget(): string {
    const { query, directory, segments } = this.#parts;
    const path = this.#path() + (directory && segments.length > 0 ? "/" : "");
    return query === undefined ? path : `${path}?${query}`;
  }

  #authority(): string {
    const { user, host, port, syntax } = this.#parts;
    let authority = user === undefined ? "" : `${encodeUser(user)}@`;
    authority += host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
    if (port !== undefined && port !== syntax.defaultPort) authority += `:${port}`;
    return authority;
  }

  #path(): string {
    const { home, segments, written, syntax } = this.#parts;
    let path = home ? "/~" : "";
    for (let at = 0; at < segments.length; at++) {
      const segment = written?.[at] ?? encodeSegment(segments[at] as string);
      // A directory that is called "~" is not the login directory.
      path += at === 0 && !home && segment === "~" && syntax.homeDirectory ? "/%7E" : `/${segment}`;
    }
    return segments.length === 0 ? `${path}/` : path;
  }
}

Object.defineProperty(Location.prototype, inspect.custom, {
  value(this: Location): string {
    return `Location <${this.redactedUrl}>`;
  },
});

function hasEncodedSlash(written: string): boolean {
  return /%2f/i.test(written);
}
