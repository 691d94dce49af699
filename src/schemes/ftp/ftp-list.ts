import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { dataLostError, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import { drained, giveUp } from "./ftp-drain.ts";
import type { ListedEntry, Listing } from "./listing/listed-entry.ts";
import { parseMachineListing } from "./listing/facts.ts";
import { parseListing } from "./listing/listing.ts";

/** The listing of a directory of half a million files; beyond it a server wants something else than to list. */
const maxListingBytes = 64 * 1024 * 1024;

/** Replies with which a server says that it does not know a command, or not with this argument. */
const unknownCommand = [500, 501, 502, 504];

/** A line of a listing. */
export interface DirectoryEntry extends Omit<ListedEntry, "name"> {
  /** Undefined where the bytes are no text in the server's encoding. */
  readonly name: string | undefined;
  /** The name's bytes, one to a character. */
  readonly bytes: string;
}

/**
 * The entries of a directory, and a line for the directory itself where the server gives one: with facts where the server knows MLSD, else as it
 * lists them for people. The server may answer with nothing at all, or with a file's own line, for what is no directory.
 */
export async function listOf(wire: FtpWire, path: string): Promise<readonly DirectoryEntry[]> {
  const { entries, unreadable } = await listedBytes(wire, path);
  const named = entries.map((entry) => ({ ...entry, name: wire.decode(entry.name), bytes: entry.name }));
  // A line that says nothing that is understood stands for something all the same.
  const others = unreadable.map((bytes): DirectoryEntry => ({
    name: undefined,
    bytes,
    self: false,
    stat: unknownStat,
  }));
  return [...named, ...others];
}

const unknownStat: Stat = { type: "other", sizeBytes: 0 };

async function listedBytes(wire: FtpWire, path: string): Promise<Listing> {
  if (wire.has("MLST") || wire.has("MLSD")) {
    const listing = await fetched(wire, `MLSD ${path}`);
    // Every line of it has an end (RFC 3659 section 7.2). Whoever cut the connection between may have left the server in the belief that it sent all.
    if (listing !== undefined && listing !== "" && !listing.endsWith("\n")) throw dataLostError();
    if (listing !== undefined) return await withLinks(wire, path, parseMachineListing(listing));
  }
  return await listForPeople(wire, path);
}

async function listForPeople(wire: FtpWire, path: string): Promise<Listing> {
  return parseListing((await fetched(wire, `LIST -a ${path}`)) ?? (await fetched(wire, `LIST ${path}`)) ?? "");
}

/**
 * Entries with links as links. ProFTPD's facts tell what a link leads to: whoever deletes or copies a tree would follow it. Where one may be hidden so, the
 * listing for people tells.
 */
async function withLinks(wire: FtpWire, path: string, listing: Listing): Promise<Listing> {
  const { entries, unreadable } = listing;
  const suspicious = entries.some(({ self, stat }) => !self && mayBeLink(wire, stat));
  if (!suspicious || entries.some(({ stat }) => stat.type === "link")) return listing;
  const links = new Map<string, ListedEntry>();
  for (const entry of (await listForPeople(wire, path)).entries)
    if (entry.stat.type === "link") links.set(entry.name, entry);
  return { entries: entries.map((entry) => links.get(entry.name) ?? entry), unreadable };
}

/** Whether facts of a file or directory may be those of a link: with its mode. Pure-FTPd, which tells sizes of directories (`sizd`), tells links, too. */
export function mayBeLink(wire: FtpWire, { type, mode }: Stat): boolean {
  return type !== "link" && mode === 0o777 && wire.facts.features?.get("MLST")?.includes("sizd") !== true;
}

/** What a listing command gives; undefined where the server does not know it. */
async function fetched(wire: FtpWire, command: string): Promise<string | undefined> {
  try {
    return await collect(await wire.download(command), wire);
  } catch (error) {
    if (!unknownCommand.includes(refusalCode(error) ?? 0)) throw error;
    return undefined;
  }
}

/** All bytes of a transfer, one to a character. */
async function collect(transfer: FtpTransfer, wire: FtpWire): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    wire.heard();
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxListingBytes) wire.destroy(tooLong());
  };
  try {
    await drained(transfer, take);
    await transfer.confirmed;
  } catch (error) {
    throw giveUp(wire, transfer, error);
  }
  return Buffer.concat(chunks, size).toString("latin1");
}

function tooLong(): TransportError {
  return new TransportError("protocol-error", `the listing is longer than ${maxListingBytes} bytes`);
}
