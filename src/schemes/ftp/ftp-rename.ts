import type { FtpReply, FtpRequest, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { RenameEvidence } from "../../transport/primitives.ts";
import type { KnownServer } from "./ftp-known.ts";
import { explained, whyNotRenamed } from "./second-look.ts";

/** In one step on the server; replaces a file where the server does that. */
export async function rename(
  wire: FtpWire,
  from: string,
  to: string,
  known: KnownServer,
  evidence: RenameEvidence = {},
): Promise<void> {
  const answers = wire.requestAll(renameRequests(from, to));
  // The server has found what is to be renamed.
  answers[0]?.then(
    () => (evidence.source = "there"),
    () => undefined,
  );
  await Promise.allSettled(answers);
  await renamed(wire, answers, from, to, known);
}

/** RNTO behind an RNFR that was refused is out of sequence, and refused as well. */
export function renameRequests(from: string, to: string): readonly FtpRequest[] {
  return [
    { command: `RNFR ${from}`, expected: [350] },
    { command: `RNTO ${to}`, expected: [250, 200] },
  ];
}

/** Judges the answers to both. */
export async function renamed(
  wire: FtpWire,
  answers: readonly Promise<FtpReply>[],
  from: string,
  to: string,
  known: KnownServer,
): Promise<void> {
  try {
    await explained(bothOf(wire, answers), whyNotRenamed(wire, from, to));
  } catch (error) {
    // A file over a file: this server does not replace.
    if (isTransportError(error, "already-exists")) known.refuse({ atomicReplace: true });
    throw error;
  }
}

async function bothOf(wire: FtpWire, [source, target]: readonly Promise<FtpReply>[]): Promise<void> {
  await source;
  try {
    await target;
  } catch (error) {
    // A server that remembers what was to be renamed would take the next RNTO for it, were the RNFR before that refused.
    if (isRefusal(error)) wire.sendOneByOne();
    throw error;
  }
}
