import { isTransportError } from "../../errors/transport-error.ts";
import type { TreeFile } from "../../schemes/memory/tree-file.ts";
import type { FtpDataConnection } from "./ftp-data-connection.ts";
import type { FtpEntry } from "./ftp-entries.ts";
import { entriesIn, entryAt, isDirectory } from "./ftp-entries.ts";
import { factLine } from "./ftp-facts.ts";
import { listLines, parseListArgument, visibleEntries } from "./ftp-list-argument.ts";
import type { FtpReply } from "./ftp-replies.ts";
import { FtpRefusal } from "./ftp-replies.ts";
import type { FtpCommand, FtpCommands, FtpSession } from "./ftp-session.ts";
import { changing } from "./ftp-session.ts";

/** What is read of a file at a time. */
const pieceBytes = 256 * 1024;
/** Lines that are sent at a time. */
const linesAtOnce = 512;
/** What new files are not allowed, whatever is asked for: the usual umask. */
const fileMode = 0o666 & ~0o022;

/** Commands about data connections. */
export const transferCommands: FtpCommands = {
  async PASV({ data, epsvOnly, control }) {
    if (epsvOnly) return "522 You asked for EPSV only.";
    const address = control.localAddress.replace(/^::ffff:/, "");
    if (address.includes(":")) return "425 This address is too long for PASV: use EPSV.";
    const port = await data.listen();
    return `227 Entering Passive Mode (${address.replaceAll(".", ",")},${port >> 8},${port & 255}).`;
  },

  async EPSV(session, protocol) {
    if (protocol.toUpperCase() === "ALL") {
      session.epsvOnly = true;
      return "200 There will be EPSV only.";
    }
    const own = session.control.localAddress.includes(".") ? "1" : "2";
    if (protocol !== "" && protocol !== own) return `522 That network protocol is not supported, use (${own}).`;
    return `229 Entering Extended Passive Mode (|||${await session.data.listen()}|)`;
  },

  REST(session, offset) {
    const restartAt = Number(offset);
    if (!/^\d+$/.test(offset) || !Number.isSafeInteger(restartAt)) return "501 That is no offset.";
    session.restartAt = restartAt;
    return `350 The next transfer starts at ${restartAt}.`;
  },

  RETR: onData(async (session, argument) => {
    const offset = takeRestart(session);
    const file = session.site.tree.open(session.path(argument), { read: true });
    try {
      return await transfer(session, (data) => data.send(piecesOf(file, offset), session.cut));
    } finally {
      file.close();
    }
  }),
  STOR: onData(
    changing(async (session, argument) => {
      const offset = takeRestart(session);
      const flags = { write: true, create: true, truncate: offset === 0 };
      return await receive(session, session.site.tree.open(session.path(argument), flags, fileMode), offset);
    }),
  ),
  APPE: onData(
    changing(async (session, argument) => {
      takeRestart(session);
      const file = session.site.tree.open(session.path(argument), { write: true, create: true }, fileMode);
      return await receive(session, file, file.stat().sizeBytes);
    }),
  ),

  LIST: onData(async (session, argument) => {
    const { path, name, all } = parseListArgument(session, argument);
    const { listing } = session.site;
    return await sendLines(session, listLines(entriesFor(session, path, name), { all, listing }));
  }),
  NLST: onData(async (session, argument) => {
    const { path, name, all } = parseListArgument(session, argument);
    const { listing } = session.site;
    const entries = visibleEntries(entriesFor(session, path, name), { all, listing });
    return await sendLines(
      session,
      entries.map((entry) => entry.name),
    );
  }),
  MLSD: onData(async (session, argument) => {
    const path = argument === "" ? session.directory : session.path(argument);
    const { site, readOnly, facts } = session;
    if (site.tree.stat(path).type !== "directory") return "501 It is not a directory.";
    const entries = entriesIn({ tree: site.tree, readOnly }, path);
    return await sendLines(
      session,
      entries.map((entry) => factLine(entry, facts)),
    );
  }),
};

/** A command with a data connection; one that was not used to the end is closed. */
function onData(command: FtpCommand): FtpCommand {
  return async (session, argument) => {
    try {
      if (session.site.security?.allowPlain === false && !session.protectsData)
        return "522 Data connections must be encrypted: use PROT P first.";
      session.data.require();
      return await command(session, argument);
    } finally {
      session.data.abort();
    }
  };
}

async function transfer(session: FtpSession, work: (data: FtpDataConnection) => Promise<void>): Promise<FtpReply> {
  const data = await session.data.open();
  await session.control.send("150 Here is the data connection.");
  try {
    const refusal = session.protectsData ? await protect(session, data) : undefined;
    if (refusal === undefined) await work(data);
    else data.end();
    session.data.release();
    if (refusal !== undefined) return refusal;
  } catch (error) {
    if (error instanceof FtpRefusal || isTransportError(error)) throw error;
    throw new FtpRefusal("426 The data connection broke; the transfer is incomplete.");
  }
  return "226 The transfer is complete.";
}

/** Goes on under TLS; what is said where the session is not the one it has to be. */
async function protect({ tls, site }: FtpSession, data: FtpDataConnection): Promise<FtpReply | undefined> {
  if (tls === undefined) return undefined;
  const resumed = await data.secure(tls).catch(() => {
    throw new FtpRefusal("522 TLS was not agreed on for the data connection.");
  });
  if (resumed) site.counts.dataSessionsResumed++;
  else if (site.security?.requireSessionReuse === true)
    return "522 The data connection has to resume the TLS session of the control connection.";
  return undefined;
}

async function receive(session: FtpSession, file: TreeFile, offset: number): Promise<FtpReply> {
  let at = offset;
  const take = (chunk: Buffer): void => {
    try {
      file.write(at, chunk);
    } catch (error) {
      const tooLarge = at + chunk.length > session.site.tree.maxBytes;
      if (isTransportError(error, "no-space") && tooLarge)
        throw new FtpRefusal("552 The file is too large to be stored.");
      throw error;
    }
    at += chunk.length;
  };
  try {
    return await transfer(session, (data) => data.receive(take, session.cut));
  } finally {
    file.close();
  }
}

async function sendLines(session: FtpSession, lines: readonly string[]): Promise<FtpReply> {
  const chunks = function* (): Generator<Buffer> {
    for (let at = 0; at < lines.length; at += linesAtOnce) {
      const text = lines.slice(at, at + linesAtOnce).map((line) => `${line}\r\n`);
      yield Buffer.from(text.join(""), session.site.encoding);
    }
  };
  return await transfer(session, (data) => data.send(chunks(), session.cut));
}

function* piecesOf(file: TreeFile, offset: number): Generator<Buffer> {
  for (let at = offset; ; at += pieceBytes) {
    const piece = file.read(at, pieceBytes);
    if (piece.length === 0) return;
    yield piece;
  }
}

function entriesFor(session: FtpSession, path: string, name: string): FtpEntry[] {
  const { tree, listsMissingAsEmpty } = session.site;
  const looking = { tree, readOnly: session.readOnly };
  if (isDirectory(tree, path)) return entriesIn(looking, path);
  try {
    return [entryAt(looking, path, name)];
  } catch (error) {
    if (listsMissingAsEmpty && isTransportError(error, "not-found", "not-a-directory")) return [];
    throw error;
  }
}

function takeRestart(session: FtpSession): number {
  const { restartAt } = session;
  session.restartAt = 0;
  return restartAt;
}
