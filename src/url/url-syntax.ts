/** How URLs of one scheme are written. A scheme hands this to the parser; the parser knows no scheme by name. */
export interface UrlSyntax {
  /** The port that a normalised URL leaves out. */
  readonly defaultPort?: number;
  /** Whether an authority must, may or must not name a host. */
  readonly host: "required" | "optional" | "none";
  /** Whether `user:password@` may stand before the host. */
  readonly userinfo: boolean;
  /** Whether `?query` belongs to the resource. Elsewhere a raw `?` is refused. */
  readonly query: boolean;
  /** Whether `%2F` inside a segment is kept as written (http) or refused. */
  readonly encodedSlash: boolean;
  /** Whether servers can store names with control characters, so that encoded ones may stand in a path. */
  readonly controlCharacters: boolean;
  /** Whether `/~/` at the front of a path is the login directory. */
  readonly homeDirectory: boolean;
}
