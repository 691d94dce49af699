import type { FtpTransfer, FtpWire } from "../../drivers/basic-ftp.ts";
import { refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ListedEntry } from "./listing/listed-entry.ts";
import { parseMachineListing } from "./listing/facts.ts";
import { parseListing } from "./listing/listing.ts";

/** The listing of a directory of half a million files; beyond it a server wants something else than to list. */
const maxListingBytes = 64 * 1024 * 1024;

/** Replies with which a server says that it does not know a command, or not with this argument. */
const unknownCommand = [500, 501, 502, 504];

/**
 * The entries of a directory, and a line for the directory itself where the server gives one: with facts where the server knows MLSD, else as it
 * lists them for people. The server may answer with nothing at all, or with a file's own line, for what is no directory.
 */
export async function listOf(wire: FtpWire, path: string): Promise<readonly ListedEntry[]> {
  if (wire.has("MLST") || wire.has("MLSD")) {
    const listing = await fetched(wire, `MLSD ${path}`);
    if (listing !== undefined) return parseMachineListing(listing).entries.map(withCertainTime);
  }
  const listing = (await fetched(wire, `LIST -a ${path}`)) ?? (await fetched(wire, `LIST ${path}`)) ?? "";
  return parseListing(listing, new Date()).entries.map(withCertainTime);
}

/** A time that is for people, to the minute or the day and in a zone that nobody names, is none. */
export function withCertainTime(entry: ListedEntry): ListedEntry {
  if (entry.mtimeResolutionMs <= 1000) return entry;
  const { mtime: _uncertain, ...stat } = entry.stat;
  return { ...entry, stat };
}

/** What a listing command gives; undefined where the server does not know it. */
async function fetched(wire: FtpWire, command: string): Promise<string | undefined> {
  try {
    return wire.textOf(await collect(await wire.download(command), wire));
  } catch (error) {
    if (!unknownCommand.includes(refusalCode(error) ?? 0)) throw error;
    return undefined;
  }
}

/** All bytes of a transfer, one to a character. */
async function collect({ socket, confirmed }: FtpTransfer, wire: FtpWire): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  confirmed.catch(passOver); // Awaited below, unless the data fails first.
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    wire.heard();
    size += chunk.length;
    if (size > maxListingBytes) throw tooLong(wire);
    chunks.push(chunk);
  }
  await confirmed;
  return Buffer.concat(chunks, size).toString("latin1");
}

function tooLong(wire: FtpWire): TransportError {
  const error = new TransportError("protocol-error", `the listing is longer than ${maxListingBytes} bytes`);
  wire.destroy(error);
  return error;
}

function passOver(): void {
  // Told in its turn.
}
