import type { Location } from "../../url/location.ts";

/** A location's path as the server is given it: absolute, or, below `/~/`, relative to the login directory, which is where SFTP starts. */
export function serverPath({ home, segments }: Location): string {
  const joined = segments.join("/");
  if (home) return joined === "" ? "." : joined;
  return `/${joined}`;
}
