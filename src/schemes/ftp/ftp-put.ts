import { whenAborted } from "../../connection/abort.ts";
import type { FtpReply, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import { abortedError } from "../../transport/operation.ts";
import type { AtomicPut } from "../../transport/primitives.ts";
import { tempName } from "../../transport/temp-name.ts";
import type { Attributes, ByteSource } from "../../transport/verb-options.ts";
import { keptMode, requireAtomicReplace } from "../../transport/verbs/put.ts";
import type { Location } from "../../url/location.ts";
import type { AttributeChange } from "./ftp-attributes.ts";
import { change, changesTo } from "./ftp-attributes.ts";
import type { KnownServer } from "./ftp-known.ts";
import { lookQuickly } from "./ftp-look.ts";
import type { Turn } from "./ftp-turn.ts";
import { sendAll } from "./ftp-write.ts";
import { renameRequests, renamed } from "./ftp-rename.ts";
import { explained, whyNotOpened } from "./second-look.ts";
import { serverPath } from "./server-path.ts";

/** Small enough to be sent at once, before the server has said that it takes it. */
const sentAtOnceBytes = 256 * 1024;

const readableForAll = 0o044;
const ownersOnly = 0o600;

/** What a write needs beside the wire. */
export interface WritePlace {
  readonly known: KnownServer;
  readonly operation: Operation;
}

/** A temporary that may have to be renamed on another connection: it is whole. Nothing as long as it is not. */
export type KeptTemporary =
  | { readonly temporary?: never }
  | {
      readonly temporary: Location;
      readonly sizeBytes: number;
      /** What it may lack beside its name. */
      readonly attributes: Attributes | undefined;
    };

export interface PutPlace extends WritePlace {
  readonly at: Location;
  /** For content that cannot be sent again: told of a temporary that is whole, which then is not discarded over a lost connection. */
  readonly keep?: ((temporary: KeptTemporary) => void) | undefined;
  /** The temporary is about to be given the file's name. */
  readonly renames: () => void;
  /** Has a temporary removed that is left behind on a wire which was lost. */
  readonly discardLater: (temporary: Location) => void;
}

/** Beside its name first, and then renamed: whoever reads sees the old content or the new. The bytes written. */
export async function putFile(turn: Turn, put: AtomicPut, place: PutPlace): Promise<number> {
  const { wire } = turn;
  const { at, known, keep } = place;
  requireAtomicReplace(known);
  const path = await serverPath(wire, at);
  const temporary = at.parent().resolve(tempName());
  const beside = await serverPath(wire, temporary);
  const mode = put.mode ?? (put.isNew ? undefined : await modeToKeep(wire, path, known));
  let renaming = false;
  let whole: KeptTemporary = {};
  try {
    const { bytesWritten, left } = await writeContent(
      turn,
      `STOR ${beside}`,
      beside,
      put.source,
      { mode, mtime: put.mtime },
      place,
    );
    renaming = true;
    place.renames();
    whole = {
      temporary,
      sizeBytes: bytesWritten,
      attributes: left.length > 0 ? { mode, mtime: put.mtime } : undefined,
    };
    await finish(wire, left, beside, path, known);
    return bytesWritten;
  } catch (error) {
    if (renaming && keep !== undefined && isTransportError(error, "connection-lost")) {
      keep(whole);
      throw error;
    }
    await discardOn(turn, temporary, error, place);
    // Another file in the way of a rename: from now on this is known.
    requireAtomicReplace(known);
    throw error;
  }
}

/** In place, in the way of the command: `STOR path`, `APPE path`. The bytes written. */
export async function writeFile(
  turn: Turn,
  command: string,
  path: string,
  source: ByteSource,
  attributes: Attributes,
  place: WritePlace,
): Promise<number> {
  const { bytesWritten, left } = await writeContent(turn, command, path, source, attributes, place);
  await change(turn.wire, left);
  return bytesWritten;
}

interface Written {
  readonly bytesWritten: number;
  /** What remains to be changed, and may be asked for along with something else. */
  readonly left: readonly AttributeChange[];
}

/** Writes a file; one that not everybody may read is never readable for everybody, not for a moment. */
async function writeContent(
  turn: Turn,
  command: string,
  path: string,
  source: ByteSource,
  { mode, mtime }: Attributes,
  { known, operation }: WritePlace,
): Promise<Written> {
  const { wire } = turn;
  const isPrivate = mode !== undefined && (mode & readableForAll) !== readableForAll;
  if (isPrivate) {
    await upload(turn, command, path, "", operation);
    await change(wire, changesTo(wire, path, { mode: ownersOnly }, known));
  }
  const bytesWritten = await upload(turn, command, path, source, operation);
  const isSet = isPrivate && mode === ownersOnly;
  const changes = changesTo(wire, path, { mode: isSet ? undefined : mode, mtime }, known);
  const left = changes.every(({ proven }) => proven) ? changes : [];
  if (left.length < changes.length) await change(wire, changes);
  return { bytesWritten, left };
}

async function upload(
  { wire, lease }: Turn,
  command: string,
  path: string,
  source: ByteSource,
  operation: Operation,
): Promise<number> {
  const drop = (): void => lease.discard(abortedError(operation).with({ effect: "unknown" }));
  const stopListening = whenAborted(operation.signal, drop);
  try {
    const content = bytesAtOnce(source);
    const transfer = await explained(wire.upload(command, content), whyNotOpened(wire, path, "write"));
    return await sendAll(transfer, lease, content ?? source, operation);
  } finally {
    stopListening();
  }
}

/** A source that is small, and in memory. */
function bytesAtOnce(source: ByteSource): Uint8Array | undefined {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return undefined;
  const bytes = typeof source === "string" ? Buffer.from(source) : source;
  return bytes.length <= sentAtOnceBytes ? bytes : undefined;
}

/** The bits that replacing what is there keeps. The port for what is written is asked for along with the look. */
async function modeToKeep(wire: FtpWire, path: string, known: KnownServer): Promise<number | undefined> {
  const old = await wire.beforeTransfer(() => lookQuickly(wire, path));
  if (old?.type === "directory") throw new TransportError("is-a-directory", "a directory is in the way");
  return keptMode(old, known);
}

/** Gives what was written its attributes, and its name. */
async function finish(
  wire: FtpWire,
  left: readonly AttributeChange[],
  from: string,
  to: string,
  known: KnownServer,
): Promise<void> {
  const answers = wire.requestAll([...left.map(({ request }) => request), ...renameRequests(from, to)]);
  await Promise.allSettled(answers);
  await renamed(wire, answers.slice(left.length), from, to, known);
  for (const [index, { judge }] of left.entries()) {
    await judge(answers[index] as Promise<FtpReply>, to).catch((error: unknown) => {
      throw toTransportError(error).with({ effect: "done" });
    });
  }
}

/** Removes a temporary on the wire that it was written on, if that is still good for anything, else on the next one. */
async function discardOn({ wire }: Turn, temporary: Location, failure: unknown, place: PutPlace): Promise<void> {
  if (isTransportError(failure, "not-found")) return; // There was no directory for it.
  if (wire.closed) return place.discardLater(temporary);
  await discard(wire, temporary).catch(() => place.discardLater(temporary));
}

/** Deletes a temporary; where the server refuses, it is not there, or not ours to delete. */
export async function discard(wire: FtpWire, temporary: Location): Promise<void> {
  try {
    await wire.request(`DELE ${await serverPath(wire, temporary)}`, [250, 200]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
