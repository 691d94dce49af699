import type { FtpReply, FtpRequest, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal, refusalCode } from "../../drivers/basic-ftp.ts";
import { TransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Attributes } from "../../transport/verb-options.ts";
import type { KnownServer } from "./ftp-known.ts";
import { modifiedAt } from "./ftp-look.ts";
import { explained, whyNotChanged } from "./second-look.ts";

/** Replies with which servers say that they did it. */
const done = [200, 213, 250, 253];

/** Replies with which a server says that it does not know a command, or not with these parameters. */
const unknown = [500, 501, 502, 504];

/** A change of what is known of a file beside its content. */
export interface AttributeChange {
  readonly request: FtpRequest;
  /** Whether this server has done the like before, and takes more along with it: then it need not be waited for. */
  readonly proven: boolean;
  /** Resolves once the answer says that it is done; where the file has moved meanwhile, `where` says to which path. */
  readonly judge: (answer: Promise<FtpReply>, where?: string) => Promise<void>;
}

/** What has to be asked to give a file these attributes: all twelve bits of a mode, exactly; a time to the second. */
export function changesTo(
  wire: FtpWire,
  path: string,
  { mode, mtime }: Attributes,
  known: KnownServer,
): readonly AttributeChange[] {
  return [
    ...(mode === undefined ? [] : [changeOfMode(wire, path, mode, known)]),
    ...(mtime === undefined ? [] : [changeOfTime(wire, path, mtime, known)]),
  ];
}

/** Asks for all of them; rejects with the first failure. */
export async function change(wire: FtpWire, changes: readonly AttributeChange[]): Promise<void> {
  const answers = wire.requestAll(changes.map(({ request }) => request));
  await Promise.allSettled(answers);
  for (const [index, answer] of answers.entries()) await changes[index]?.judge(answer);
}

function changeOfMode(wire: FtpWire, path: string, mode: number, known: KnownServer): AttributeChange {
  return {
    request: { command: `SITE CHMOD ${mode.toString(8).padStart(3, "0")} ${path}`, expected: done },
    proven: known.setsModes && wire.takesSeveral,
    async judge(answer, where = path) {
      await judged(answer, wire, where, "mode", () => known.refuse({ modes: true }));
      known.setsModes = true;
    },
  };
}

/** By MFMT, or by what some servers make of MDTM. */
function changeOfTime(wire: FtpWire, path: string, mtime: Date, known: KnownServer): AttributeChange {
  const stamp = stampOf(mtime);
  const refuse = (): void => known.refuse({ setsMtime: true });
  return {
    request: { command: `${wire.has("MFMT") ? "MFMT" : "MDTM"} ${stamp} ${path}`, expected: done },
    proven: known.setsTimes && wire.takesSeveral,
    async judge(answer, where = path) {
      const { lines } = await judged(answer, wire, where, "time", refuse);
      // An answer that is a time may be one to a question: about a file of a strange name.
      const mayBeQuestion = !wire.has("MFMT") && /^[0-9]{14}/.test(lines[0] ?? "");
      if (mayBeQuestion && stampOf((await modifiedAt(wire, where)) ?? new Date(0)) !== stamp) {
        refuse();
        throw cannotSetTime();
      }
      known.setsTimes = true;
    },
  };
}

async function judged(
  answer: Promise<FtpReply>,
  wire: FtpWire,
  path: string,
  what: "mode" | "time",
  refuse: () => void,
): Promise<FtpReply> {
  try {
    return await explained(answer, whyNotChanged(wire, path, what));
  } catch (error) {
    const isUnknown = isRefusal(error) && unknown.includes(refusalCode(error) ?? 0);
    if (!isUnknown) throw error;
    refuse();
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
