import { posix, win32 } from "node:path";

import { Location } from "./location.ts";
import { LocationError } from "./location-error.ts";
import { checkPath, endsAsDirectory } from "./path.ts";
import type { UrlSyntax } from "./url-syntax.ts";

/** A path in the local file system, absolute or relative to the working directory, as a location. */
export function parseLocalPath(text: string, syntax: UrlSyntax, platform: string = process.platform): Location {
  if (text === "")
    throw new LocationError("invalid-url", "the location is empty", { hint: "Write . for the working directory" });
  checkPath(text, syntax);
  const { sep } = pathsOf(platform);
  const absolute = absolutePath(text, platform);
  // What is left of \\server\share without its server is a directory of this machine.
  if (absolute.startsWith("\\\\")) {
    throw new LocationError("invalid-path", "the path is on another machine, or that of a device", {
      hint: "Give the share a drive letter",
    });
  }
  return new Location({
    syntax,
    decorators: [],
    scheme: "file",
    user: undefined,
    password: undefined,
    host: "",
    typedHost: "",
    port: undefined,
    home: false,
    segments: absolute.split(sep).filter((segment) => segment !== ""),
    written: undefined,
    directory: endsAsDirectory(text.replaceAll(sep, "/")),
    query: undefined,
    target: undefined,
  });
}

function pathsOf(platform: string): typeof posix {
  return platform === "win32" ? win32 : posix;
}

function absolutePath(text: string, platform: string): string {
  try {
    return pathsOf(platform).resolve(text);
  } catch {
    // All that resolve asks of the system is where the working directory is.
    throw new LocationError("invalid-path", "the working directory is no longer there", {
      hint: "Write an absolute path, or change to another directory",
    });
  }
}

/**
 * The path in the local file system of a `file:` location.
 *
 * @throws LocationError `invalid-path` on Windows, where it names no drive or a name in it holds a backslash
 */
export function formatLocalPath(location: Location, platform: string = process.platform): string {
  if (platform !== "win32") return location.path;
  const [drive = "", ...names] = location.segments;
  if (!/^[A-Za-z]:$/.test(drive)) {
    throw new LocationError("invalid-path", "the path names no drive", {
      url: location.redactedUrl,
      hint: "Write file:///C:/path",
    });
  }
  if (names.some((name) => name.includes("\\"))) {
    throw new LocationError("invalid-path", "a name on Windows cannot hold a backslash", { url: location.redactedUrl });
  }
  return `${drive}\\${names.join("\\")}`;
}
