import { posix } from "node:path";

import type { ConnectConfig, SFTPWrapper } from "ssh2";

import { openSsh2Session } from "../sites/ssh2-session.ts";
import type { RangeReader, RangeTarget } from "./range-reader.ts";
import type { Stretch } from "./scattered.ts";
import { timed } from "./timed.ts";

const inFlight = 64;

export const bareSsh2Name: string = `ssh2, ${inFlight} in flight`;

/** Bare `ssh2` on a socket without Nagle's delay: as many reads in flight as serve OpenSSH best. */
export async function openBareSsh2({ base, name, ranges }: RangeTarget, login: ConnectConfig): Promise<RangeReader> {
  const session = await openSsh2Session(base, login);
  const path = posix.join(session.base, name);
  return {
    read: () => timed(() => read(session.sftp, path, ranges)),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function read(sftp: SFTPWrapper, path: string, ranges: readonly Stretch[]): Promise<readonly Buffer[]> {
  const handle = await settled<Buffer>((done) => sftp.open(path, "r", done));
  const parts: Buffer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < ranges.length; at = next++)
      parts[at] = await readPart(sftp, handle, ranges[at] as Stretch);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await settled<void>((done) => sftp.close(handle, (error) => done(error, undefined)));
  return parts;
}

async function readPart(sftp: SFTPWrapper, handle: Buffer, { offset, length }: Stretch): Promise<Buffer> {
  const part = Buffer.allocUnsafe(length);
  const bytes = await settled<number>((done) => sftp.read(handle, part, 0, length, offset, done));
  return part.subarray(0, bytes);
}

function settled<T>(call: (done: (error: Error | null | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}
