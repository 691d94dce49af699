import { TransportError } from "../index.ts";

/** What has to be known about the surroundings to read an operand. */
export interface Surroundings {
  /** Whether there is a local file or directory, or a link, of that name. */
  readonly exists: (path: string) => boolean;
  readonly isScheme: (name: string) => boolean;
}

/** `[user@]host:path`, the host of an IPv6 address in brackets, no slash before the colon. */
const hostAndPath = /^(?:([^/]*)@)?(?:\[([^\]/]+)\]|([^@:/[\]]+)):(.*)$/s;

/** What is meant as `user:password@host:path`, and would be the path `password@host:path` on the host `user`. */
const userAndPassword = /^[^/@:[\]]*:[^/@]*@[^/@]+:/;

/**
 * An operand as a location that the library takes: `host:path`, as scp writes it, becomes an `sftp:` URL; everything else stays as it is. A
 * path without a leading slash begins in the login directory.
 *
 * What is there as a local file is one, and so is whatever has a slash before its first colon (`./a:b`).
 *
 * @throws TransportError `invalid-path` for a path that climbs out of the login directory; `invalid-url` for `user:password@host:path`
 */
export function locationOf(operand: string, { exists, isScheme }: Surroundings): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(operand)) return operand;
  const match = hostAndPath.exec(operand);
  if (match === null) return operand;
  if (userAndPassword.test(operand) && !exists(operand)) throw passwordRefused();
  const [, user, address, name, path] = match;
  const host = address === undefined ? (name as string) : bracketed(address);
  const bare = user === undefined && address === undefined;
  if (bare && (isScheme(host.toLowerCase()) || (process.platform === "win32" && host.length === 1))) return operand;
  if (exists(operand)) return operand;
  const authority = user === undefined ? host : `${encodeURIComponent(user)}@${host}`;
  return `sftp://${authority}${urlPath(path as string, operand)}`;
}

/** Says nothing of the operand, which holds a password. */
function passwordRefused(): TransportError {
  return new TransportError("invalid-url", "host:path has no room for a password", {
    hint: "Leave it out to be asked for it, or write sftp://user:password@host/path",
  });
}

/** scp takes any host in brackets; a URL an IPv6 address alone. */
function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function urlPath(path: string, operand: string): string {
  const absolute = path.startsWith("/");
  const below = path === "~" ? "" : path.replace(/^~\//, "");
  const segments = (absolute ? path : below).split("/").filter((segment) => segment !== "");
  if (!absolute && climbsOut(segments)) {
    throw new TransportError("invalid-path", "the path climbs out of the login directory", {
      path: operand,
      hint: "Write it from the root: host:/path",
    });
  }
  const directory = segments.length > 0 && path.endsWith("/") ? "/" : "";
  return `${absolute ? "" : "/~"}/${segments.map(encoded).join("/")}${directory}`;
}

/** Plain text for a URL; a directory that is called "~" is not the login directory. */
function encoded(segment: string): string {
  return segment === "~" ? "%7E" : encodeURIComponent(segment);
}

function climbsOut(segments: readonly string[]): boolean {
  let depth = 0;
  for (const segment of segments) {
    if (segment === "..") depth--;
    else if (segment !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
