import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import { listOf, mayBeLink } from "./ftp-list.ts";
import type { ListedEntry } from "./listing/listed-entry.ts";
import { parseFacts, parseTime } from "./listing/facts.ts";
import { readUnixLine } from "./listing/unix-listing.ts";
import { loginDirectory } from "./server-path.ts";

/**
 * What is at a path, a link being a link where the server tells. MLST says it in one round trip. Where there is none, STAT lists a file or directory on the
 * control connection; what it leaves out is a link, or nothing.
 *
 * @throws TransportError `not-found`
 */
export async function lookAt(wire: FtpWire, path: string): Promise<Stat> {
  const { stat, isFile } = await look(wire, path);
  if (stat !== undefined) return stat;
  if (wire.has("MLST")) throw notFound();
  const isDirectory = !isFile && (await canEnter(wire, path));
  const found = isFile || isDirectory || hidesFiles(wire) ? await searchParent(wire, path) : undefined;
  if (found !== undefined) return found;
  if (isFile) return await fileStat(wire, path);
  if (isDirectory) return { type: "directory", sizeBytes: 0 };
  // A link that leads nowhere is neither; it is listed by its own name.
  return (await listedAs(wire, path, ""))?.stat ?? refuse(notFound());
}

/** Whether what a server answers with to MDTM says nothing: it never said that it knows it. */
function hidesFiles(wire: FtpWire): boolean {
  return !wire.has("MDTM");
}

/** As `lookAt`, but for what a link leads to. */
export async function lookThrough(wire: FtpWire, path: string): Promise<Stat> {
  const { stat, isFile } = await look(wire, path);
  if (stat !== undefined && stat.type !== "link") return stat;
  if (stat === undefined && wire.has("MLST")) throw notFound();
  // SIZE goes through links, and knows files only.
  if (isFile || (await sizeOf(wire, path)) !== undefined) return await fileStat(wire, path);
  if (await canEnter(wire, path)) return { type: "directory", sizeBytes: 0 };
  const found = hidesFiles(wire) ? await searchParent(wire, path) : undefined;
  return found?.type === "file" ? found : refuse(notFound());
}

/** What is at a path, as far as the server tells it by the way; undefined where nothing is, or what a server without MLST hides: a link. */
export async function lookQuickly(wire: FtpWire, path: string): Promise<Stat | undefined> {
  return (await look(wire, path)).stat;
}

/** `isFile`: whether there is a file, or a link to one, of which no more is known. */
async function look(
  wire: FtpWire,
  path: string,
): Promise<{ readonly stat?: Stat | undefined; readonly isFile: boolean }> {
  if (wire.has("MLST")) {
    const stat = await askFacts(wire, path).catch((error: unknown) => unlessUnknown(wire, error));
    if (stat !== undefined || wire.has("MLST")) return { stat, isFile: false };
  }
  if (path === "/") return { stat: { type: "directory", sizeBytes: 0 }, isFile: false };
  // The path is given as a pattern, so that a directory is listed itself and not what is in it.
  const listed = await listedAs(wire, path, "*");
  if (listed?.stat.type === "directory") return { stat: listed.stat, isFile: false };
  // MDTM knows files only: what it does not know was a file in a directory of the same name.
  const time = await asked(wire, `MDTM ${path}`);
  if (time === undefined) return { isFile: false };
  const mtime = parseTime(time.trim());
  // Some take patterns for names.
  const { stat } = listed ?? (await listedAs(wire, path, "")) ?? {};
  if (stat?.type !== "file") return { isFile: true };
  return { stat: mtime === undefined ? stat : { ...stat, mtime }, isFile: true };
}

/** What is at a path, or undefined where nothing is. */
export async function lookFor(wire: FtpWire, path: string): Promise<Stat | undefined> {
  return await lookAt(wire, path).catch(unlessMissing);
}

/** Length in bytes of a file; undefined where there is none, or the server does not say. */
export async function sizeOf(wire: FtpWire, path: string): Promise<number | undefined> {
  const said = await asked(wire, `SIZE ${path}`);
  const size = /^[0-9]{1,16}$/.exec(said?.trim() ?? "");
  return size === null ? undefined : Number(size[0]);
}

/** When a file was changed last; undefined where the server does not say. */
export async function modifiedAt(wire: FtpWire, path: string): Promise<Date | undefined> {
  const said = await asked(wire, `MDTM ${path}`);
  return said === undefined ? undefined : parseTime(said.trim());
}

/** What is known of a file that is not listed. */
async function fileStat(wire: FtpWire, path: string): Promise<Stat> {
  const [sizeBytes = 0, mtime] = [await sizeOf(wire, path), await modifiedAt(wire, path)];
  return { type: "file", sizeBytes, ...(mtime === undefined ? {} : { mtime }) };
}

/** Whether a path, links followed, is a directory. The current directory is changed for it, on which nothing relies. */
async function canEnter(wire: FtpWire, path: string): Promise<boolean> {
  // Afterwards it could not be asked any more.
  await loginDirectory(wire);
  try {
    await wire.request(`CWD ${path}`, [250, 200]);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return false;
  }
}

async function askFacts(wire: FtpWire, path: string): Promise<Stat> {
  const { lines } = await wire.request(`MLST ${path}`, [250]);
  for (const line of lines.slice(1)) {
    // What was asked for may be the parent of the current directory, and is told as that.
    const entry = parseFacts(
      wire
        .textOf(line)
        .trimStart()
        .replace(/^(\S*?type=)[cp]dir;/i, "$1dir;"),
    );
    if (entry === undefined) continue;
    const { stat } = entry;
    // ProFTPD tells the type of what a link leads to, and the mode that links have; in a listing it tells links.
    const listed = mayBeLink(wire, stat) ? await searchParent(wire, path) : undefined;
    return listed?.type === "link" ? listed : stat;
  }
  throw new TransportError("protocol-error", "the server's answer to MLST has no facts in it");
}

/** A server's answer in words; undefined where it refuses. */
async function asked(wire: FtpWire, command: string): Promise<string | undefined> {
  try {
    const { lines } = await wire.request(command, [213]);
    return lines[0];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** The line that STAT lists for a path and has its last name. */
async function listedAs(wire: FtpWire, path: string, pattern: "" | "*"): Promise<ListedEntry | undefined> {
  const name = nameOf(path);
  let named: ListedEntry | undefined;
  const take = (line: string): void => {
    const entry = readUnixLine(line.startsWith(" ") ? line.slice(1) : line); // Some indent what is inside a reply.
    if (entry?.name === name || entry?.name === path) named ??= entry;
  };
  try {
    await wire.request(`STAT ${path}${pattern}`, [211, 212, 213], take);
  } catch (error) {
    // Some list what is missing as nothing, others refuse, and some know STAT only without a path.
    if (!isRefusal(error)) throw error;
  }
  return named;
}

/** Searches the listing of the directory above. */
async function searchParent(wire: FtpWire, path: string): Promise<Stat | undefined> {
  const name = nameOf(path);
  const entries = await listOf(wire, path.slice(0, -name.length - 1) || "/").catch(unlessMissing);
  const entry = entries?.find((listed) => listed.name === name);
  if (entry?.stat.type !== "file" || entry.stat.mtime !== undefined) return entry?.stat;
  const mtime = await modifiedAt(wire, path);
  return mtime === undefined ? entry.stat : { ...entry.stat, mtime };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Nothing is there, or the server said that it knows MLST, and does not: from then on it is asked otherwise. */
function unlessUnknown(wire: FtpWire, error: unknown): undefined {
  const isUnknown = [500, 502].includes(refusalCode(error) ?? 0);
  if (isUnknown) wire.lacks("MLST");
  else unlessMissing(error);
}

function unlessMissing(error: unknown): undefined {
  if (!isTransportError(error, "not-found")) throw error;
}

function refuse(error: TransportError): never {
  throw error;
}

function notFound(): TransportError {
  return new TransportError("not-found", "there is nothing of that name");
}
