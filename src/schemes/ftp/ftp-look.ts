import type { FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import { listOf } from "./ftp-list.ts";
import type { ListedEntry } from "./listing/listed-entry.ts";
import { parseFacts } from "./listing/facts.ts";
import { readUnixLine } from "./listing/unix-listing.ts";
import { loginDirectory } from "./server-path.ts";

/**
 * What is at a path, a link being a link where the server tells. MLST says it in one round trip; where there is none, STAT lists it on the
 * control connection in one to three; where that leaves a doubt, the directory above is searched.
 *
 * @throws TransportError `not-found`
 */
export async function lookAt(wire: FtpWire, path: string): Promise<Stat> {
  if (wire.has("MLST")) return await askFacts(wire, path);
  if (path === "/") return { type: "directory", sizeBytes: 0 };
  const stat = (await statByCommand(wire, path)) ?? (await searchParent(wire, path)) ?? "nothing";
  if (stat === "nothing") throw notFound();
  return stat;
}

/** As `lookAt`, but for what a link leads to. */
export async function lookThrough(wire: FtpWire, path: string): Promise<Stat> {
  const stat = await lookAt(wire, path);
  if (stat.type !== "link") return stat;
  // SIZE goes through links, and knows files only.
  const sizeBytes = await sizeOf(wire, path);
  if (sizeBytes !== undefined) {
    const mtime = await modifiedAt(wire, path);
    return { type: "file", sizeBytes, ...(mtime === undefined ? {} : { mtime }) };
  }
  if (await isDirectory(wire, path)) return { type: "directory", sizeBytes: 0 };
  throw notFound();
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
  return said === undefined ? undefined : parseFacts(`type=file;modify=${said.trim()}; x`)?.stat.mtime;
}

/** Whether a path, links followed, is a directory. The current directory is changed for it, on which nothing relies. */
export async function isDirectory(wire: FtpWire, path: string): Promise<boolean> {
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
    const entry = parseFacts(wire.textOf(line).trimStart());
    if (entry !== undefined) return entry.stat;
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

/**
 * What STAT lists for a path, where that leaves no doubt; undefined where it does. The path is given as a pattern, so that a directory is listed itself and
 * not what is in it.
 */
async function statByCommand(wire: FtpWire, path: string): Promise<Stat | "nothing" | undefined> {
  const { named } = await askStatus(wire, path, "*");
  if (named?.stat.type === "directory") return { ...named.stat, sizeBytes: 0 };
  const mtime = await modifiedAt(wire, path);
  // MDTM knows files only: what it does not know was a file in a directory of the same name.
  if (named?.stat.type === "file" && mtime !== undefined) return { ...named.stat, mtime };
  if (named !== undefined || mtime !== undefined) return undefined;
  // A link may be left out where patterns are, or lead nowhere.
  const { own, entries } = await askStatus(wire, path, "");
  return own === undefined && entries === 0 ? "nothing" : undefined;
}

/** What STAT lists: the line of a directory itself, one that has the last name of the path, and how many there are. */
async function askStatus(
  wire: FtpWire,
  path: string,
  pattern: string,
): Promise<{ own: ListedEntry | undefined; named: ListedEntry | undefined; entries: number }> {
  const found: Awaited<ReturnType<typeof askStatus>> = { own: undefined, named: undefined, entries: 0 };
  const now = new Date();
  const name = nameOf(path);
  const take = (line: string): void => {
    const entry = readUnixLine(line, now);
    if (entry === undefined) return;
    found.entries++;
    if (entry.self) found.own ??= entry;
    else if (entry.name === name || entry.name === path) found.named ??= entry;
  };
  try {
    await wire.request(`STAT ${path}${pattern}`, [211, 212, 213], take);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Some list what is missing as nothing, others refuse.
    if (!isTransportError(error, "not-found")) found.entries = Infinity;
  }
  return found;
}

/** Searches the listing of the directory above. */
async function searchParent(wire: FtpWire, path: string): Promise<Stat | undefined> {
  const name = nameOf(path);
  const entries = await listOf(wire, path.slice(0, -name.length - 1) || "/").catch(unlessMissing);
  const entry = entries?.find((listed) => listed.name === name);
  if (entry?.stat.type !== "file" || entry.mtimeResolutionMs <= 1000) return entry?.stat;
  // Listings are exact to the minute, or the day; MDTM to the second.
  const mtime = await modifiedAt(wire, path);
  return mtime === undefined ? entry.stat : { ...entry.stat, mtime };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function unlessMissing(error: unknown): undefined {
  if (!isTransportError(error, "not-found")) throw error;
}

function notFound(): TransportError {
  return new TransportError("not-found", "there is nothing of that name");
}
