import type { FtpReply, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import { modifiedAt } from "./ftp-look.ts";
import { explained, whyNotChanged } from "./second-look.ts";

/** Replies with which servers say that they did it. */
const done = [200, 213, 250, 253];

/** Replies with which a server says that it does not know a command, or not with these parameters. */
const unknown = [500, 501, 502, 504];

/** Sets the twelve bits, exactly. */
export async function setMode(wire: FtpWire, path: string, mode: number): Promise<void> {
  await change(wire, `SITE CHMOD ${mode.toString(8).padStart(3, "0")} ${path}`, path, "mode");
}

/** Sets when a file was changed last, to the second: by MFMT, or by what some servers make of MDTM. */
export async function setTime(wire: FtpWire, path: string, mtime: Date): Promise<void> {
  const stamp = stampOf(mtime);
  if (wire.has("MFMT")) {
    await change(wire, `MFMT ${stamp} ${path}`, path, "time");
    return;
  }
  const { lines } = await change(wire, `MDTM ${stamp} ${path}`, path, "time");
  // An answer that is a time may be one to a question: about a file of a strange name.
  if (!/^[0-9]{14}/.test(lines[0] ?? "")) return;
  if (stampOf((await modifiedAt(wire, path)) ?? new Date(0)) !== stamp) throw cannotSetTime();
}

async function change(wire: FtpWire, command: string, path: string, what: "mode" | "time"): Promise<FtpReply> {
  try {
    return await explained(wire.request(command, done), whyNotChanged(wire, path, what));
  } catch (error) {
    if (!isRefusal(error) || !unknown.includes(refusalCode(error) ?? 0)) throw error;
    throw new TransportError("unsupported", toTransportError(error).reason, { cause: error });
  }
}

/** `20261121083000`, in UTC (RFC 3659 section 2.3). */
function stampOf(time: Date): string {
  const year = time.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new TransportError("range-not-satisfiable", "FTP has times of the years 0 to 9999 only");
  }
  return time.toISOString().slice(0, 19).replaceAll(/[-T:]/g, "");
}

function cannotSetTime(): TransportError {
  return new TransportError("unsupported", "the server cannot set the time of a file", {
    hint: "It has no MFMT, and takes MDTM for a question",
  });
}
