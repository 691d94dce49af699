import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { dataLostError, isRefusal, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Stat } from "../../transport/stat.ts";
import { drained, giveUp } from "./ftp-drain.ts";
import type { ListedEntry, Listing } from "./listing/listed-entry.ts";
import { parseMachineListing } from "./listing/facts.ts";
import { parseListing } from "./listing/listing.ts";

/** The listing of a directory of half a million files; beyond it a server wants something else than to list. */
const maxListingBytes = 64 * 1024 * 1024;

/** Replies with which a server says that it does not know a command. */
const unknownCommand = [500, 502];
/** The same, or that it does not take this argument. */
const unknownOption = [...unknownCommand, 501, 504];
/** What `LIST -a` is answered with by servers that take the option for a part of the name. */
const unknownName = [450, 550, 553];

/** What servers say of a directory in which there is nothing, as of a failure. */
const emptiness =
  /: [45]50 (?:[^:]*: )?(?:no (?:files|entries|members|data ?sets)(?: (?:were )?found| in (?:this |the )?directory)?|(?:the )?directory is empty|empty directory)\W*$/i;

/** A line of a listing. */
export interface DirectoryEntry extends Omit<ListedEntry, "name"> {
  /** Undefined where the bytes are no text in the server's encoding. */
  readonly name: string | undefined;
  /** The name's bytes, one to a character; the whole line's where nothing of it is understood. */
  readonly bytes: string;
  readonly understood: boolean;
}

/**
 * The entries of a directory, and a line for the directory itself where the server gives one: with facts where the server knows MLSD, else as it
 * lists them for people. The server may answer with nothing at all, or with a file's own line, for what is no directory.
 */
export async function listOf(wire: FtpWire, path: string): Promise<readonly DirectoryEntry[]> {
  const { entries, unreadable } = await listedBytes(wire, path);
  const named = entries.map((entry) => ({
    ...entry,
    name: wire.decode(entry.name),
    bytes: entry.name,
    understood: true,
  }));
  // A line that says nothing that is understood stands for something all the same.
  const others = unreadable.map((bytes): DirectoryEntry => ({
    name: undefined,
    bytes,
    understood: false,
    self: false,
    stat: unknownStat,
  }));
  return [...named, ...others];
}

const unknownStat: Stat = { type: "other", sizeBytes: 0 };

async function listedBytes(wire: FtpWire, path: string): Promise<Listing> {
  if (wire.has("MLSD")) {
    const listing = await fetchedFacts(wire, path);
    // Every line of it has an end (RFC 3659 section 7.2). Whoever cut the connection between may have left the server in the belief that it sent all.
    if (listing !== undefined && listing !== "" && !listing.endsWith("\n")) throw dataLostError();
    if (listing !== undefined) return await withLinks(wire, path, parseMachineListing(listing));
  }
  return await listForPeople(wire, path);
}

/** Undefined where the server does not know MLSD, or not with this path. */
async function fetchedFacts(wire: FtpWire, path: string): Promise<string | undefined> {
  try {
    return await fetched(wire, `MLSD ${path}`);
  } catch (error) {
    if (refusedWith(error, unknownCommand)) wire.lacks("MLSD");
    if (!refusedWith(error, unknownOption)) throw error;
    return undefined;
  }
}

/** The option of `ls` for names with a dot in front is in no standard: a server that refuses it, or lists no entry then, is asked without, from then on. */
async function listForPeople(wire: FtpWire, path: string): Promise<Listing> {
  const { facts } = wire;
  const all = facts.listsHidden === false ? undefined : await listWithHidden(wire, path);
  if (all !== undefined && all.entries.length > 0) facts.listsHidden = true;
  if (all !== undefined && facts.listsHidden === true) return all;
  const listing = parseListing(await fetched(wire, `LIST ${path}`));
  if (listing.entries.length > 0) facts.listsHidden = false;
  return listing;
}

async function listWithHidden(wire: FtpWire, path: string): Promise<Listing | undefined> {
  try {
    return parseListing(await fetched(wire, `LIST -a ${path}`));
  } catch (error) {
    const mayBeOption = wire.facts.listsHidden === undefined && refusedWith(error, [...unknownOption, ...unknownName]);
    if (!mayBeOption) throw error;
    return undefined;
  }
}

/** A server that has facts alone shows no more than they tell. */
function unlessUnknown(error: unknown): Listing {
  if (!refusedWith(error, unknownOption)) throw error;
  return { entries: [], unreadable: [] };
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
  const { entries: listed } = await listForPeople(wire, path).catch(unlessUnknown);
  for (const entry of listed) if (entry.stat.type === "link") links.set(entry.name, entry);
  return { entries: entries.map((entry) => links.get(entry.name) ?? entry), unreadable };
}

/** Whether facts of a file or directory may be those of a link: with its mode. Pure-FTPd, which tells sizes of directories (`sizd`), tells links, too. */
export function mayBeLink(wire: FtpWire, { type, mode }: Stat): boolean {
  return type !== "link" && mode === 0o777 && wire.facts.features?.get("MLST")?.includes("sizd") !== true;
}

/** What a listing command gives. */
async function fetched(wire: FtpWire, command: string): Promise<string> {
  try {
    return await collect(await wire.download(command), wire);
  } catch (error) {
    if (isRefusal(error) && emptiness.test(toTransportError(error).reason)) return "";
    throw error;
  }
}

function refusedWith(error: unknown, codes: readonly number[]): boolean {
  return codes.includes(refusalCode(error) ?? 0);
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
