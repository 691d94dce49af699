import { open } from "node:fs/promises";
import { promisify } from "node:util";

import type { SFTPWrapper } from "ssh2";

import { openSsh2Session } from "../../sites/ssh2-session.ts";
import { placeOf } from "../transfer.ts";
import { loginOf } from "./bare-ssh2.ts";
import type { Job } from "./job.ts";

/** The most that OpenSSH takes or gives at once. */
const requestBytes = 255 * 1024;
/** Requests in flight that serve best. */
const reads = 16;
const writes = 8;

export interface BareSsh2FileSettings {
  /** By ssh2's own `fastGet` and `fastPut`. Otherwise by hand. */
  readonly fast?: boolean;
}

/** One file by the public calls of ssh2, on a socket without Nagle's delay. By hand: large requests, many of them in flight, and each part written where it belongs. */
export async function bareSsh2File({ transfer, destination, settings }: Job): Promise<void> {
  const { fast = false } = settings as BareSsh2FileSettings;
  const { action, local, remote } = transfer;
  await using session = await openSsh2Session(destination.url, await loginOf(destination));
  const { sftp } = session;
  const there = placeOf(destination).path(remote);
  if (!fast) return await (action === "get" ? getFile : putFile)(sftp, local, there);
  if (action === "get") await promisify(sftp.fastGet.bind(sftp) as CopyFile)(there, local);
  else await promisify(sftp.fastPut.bind(sftp) as CopyFile)(local, there);
}

type CopyFile = (from: string, to: string, done: (error: Error | null | undefined) => void) => void;

async function getFile(sftp: SFTPWrapper, local: string, there: string): Promise<void> {
  const handle = await settled<Buffer>((done) => sftp.open(there, "r", done));
  const { size } = await settled<{ readonly size: number }>((done) => sftp.fstat(handle, done));
  const file = await open(local, "w");
  try {
    await inPieces(size, reads, async (position, length, buffer) => {
      const bytes = await settled<number>((done) => sftp.read(handle, buffer, 0, length, position, done));
      if (bytes !== length) throw new Error(`${bytes} of ${length} bytes arrived`);
      await file.write(buffer, 0, bytes, position);
    });
  } finally {
    await file.close();
  }
  await settled<void>((done) => sftp.close(handle, (error) => done(error, undefined)));
}

async function putFile(sftp: SFTPWrapper, local: string, there: string): Promise<void> {
  const file = await open(local, "r");
  try {
    const { size } = await file.stat();
    const handle = await settled<Buffer>((done) => sftp.open(there, "w", done));
    await inPieces(size, writes, async (position, length, buffer) => {
      await file.read(buffer, 0, length, position);
      await settled<void>((done) => sftp.write(handle, buffer, 0, length, position, (error) => done(error, undefined)));
    });
    await settled<void>((done) => sftp.close(handle, (error) => done(error, undefined)));
  } finally {
    await file.close();
  }
}

/** Works on so many pieces of a file at a time, each with a buffer that is used again. */
async function inPieces(
  size: number,
  most: number,
  work: (position: number, length: number, buffer: Buffer) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafeSlow(requestBytes);
    while (next < size) {
      const [position, length] = [next, Math.min(requestBytes, size - next)];
      next += length;
      await work(position, length, buffer);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
}

type Done<T> = (error: Error | null | undefined, value: T) => void;

function settled<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}
