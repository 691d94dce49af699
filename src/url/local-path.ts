import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { Location } from "./location.ts";
import { LocationError } from "./location-error.ts";
import { checkPath, endsAsDirectory } from "./path.ts";
import { decodePercent } from "./percent-encoding.ts";
import type { UrlSyntax } from "./url-syntax.ts";

/** A path in the local file system, absolute or relative to the working directory, as a location. */
export function parseLocalPath(text: string, syntax: UrlSyntax): Location {
  if (text === "")
    throw new LocationError("invalid-url", "the location is empty", { hint: "Write . for the working directory" });
  checkPath(text, syntax);
  // node:url knows how drive letters become URLs on Windows; elsewhere the segments are the path's own.
  const absolute = absolutePath(text);
  const segments =
    process.platform === "win32"
      ? pathToFileURL(absolute)
          .pathname.split("/")
          .map((segment) => decodePercent(segment, "path", "invalid-path"))
      : absolute.split("/");
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
    segments: segments.filter((segment) => segment !== ""),
    written: undefined,
    directory: endsAsDirectory(process.platform === "win32" ? text.replaceAll("\\", "/") : text),
    query: undefined,
  });
}

function absolutePath(text: string): string {
  try {
    return resolve(text);
  } catch {
    // All that resolve asks of the system is where the working directory is.
    throw new LocationError("invalid-path", "the working directory is no longer there", {
      hint: "Write an absolute path, or change to another directory",
    });
  }
}

/** The path in the local file system of a `file:` location. */
export function formatLocalPath(location: Location): string {
  if (process.platform === "win32") return fileURLToPath(location.with({ decorators: [] }).url);
  return location.path;
}
