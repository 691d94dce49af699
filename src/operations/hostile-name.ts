import { TransportError } from "../errors/transport-error.ts";

/** What Windows takes for a device, whatever follows a dot (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const separator = /[<>:"/\\|?*\u0000-\u001f]/;

/**
 * Why a name that a server gave must not become one in the local file system; undefined where it may. It is one segment already; on Windows there is
 * more that leads elsewhere: backslashes, drive letters, streams, devices.
 */
export function refusedName(name: string, platform: NodeJS.Platform | undefined): string | undefined {
  if (platform !== "win32") return undefined;
  if (separator.test(name)) return "it has a character that means something else here";
  if (/[. ]$/.test(name)) return "it ends in a dot or a space";
  return device.test(name) ? "it is the name of a device" : undefined;
}

/**
 * Why a link at `path` below a tree must not be copied with it; undefined where it stays inside. It may climb only at its beginning, from the directory
 * it is in, which is a real one: a `..` behind a name could follow another link first.
 */
export function refusedLink(target: string, path: string, platform: NodeJS.Platform | undefined): string | undefined {
  if (target === "") return "it leads nowhere";
  if (target.startsWith("/")) return "it leads to an absolute path";
  const segments = target.split("/").filter((segment) => segment !== "" && segment !== ".");
  const climbs = segments.findIndex((segment) => segment !== "..");
  const up = climbs < 0 ? segments.length : climbs;
  const depth = path.split("/").length - 1;
  if (up > depth || segments.lastIndexOf("..") >= up) return "it may lead outside the directory that is copied";
  for (const segment of segments.slice(up)) {
    const refusal = refusedName(segment, platform);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Refuses a name that the target cannot tell from one that was used before; `taken` keeps them, and is undefined where names differ by case. */
export function refusedNameCollision(name: string, taken: Set<string> | undefined): void {
  if (taken === undefined) return;
  const folded = name.normalize("NFC").toLowerCase();
  if (taken.has(folded))
    throw new TransportError("already-exists", `the target does not tell ${JSON.stringify(name)} from another name`, {
      operation: "copy",
    });
  taken.add(folded);
}
