import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { FileEntryWithStats, SFTPWrapper } from "ssh2";

import { openSsh2Session } from "../../sites/ssh2-session.ts";
import type { Destination, Transfer } from "../transfer.ts";
import { placeOf } from "../transfer.ts";
import { inFlight } from "./in-flight.ts";
import type { Job } from "./job.ts";
import { localTree } from "./local-tree.ts";

/** How many files are under way. */
export interface BareSsh2Settings {
  readonly files: number;
}

/** The public calls of ssh2, with what somebody would write by hand who counts round trips: nothing waits for an answer that it does not need. */
export async function bareSsh2({ transfer, destination, settings }: Job): Promise<void> {
  const { files } = settings as unknown as BareSsh2Settings;
  await using session = await openSsh2Session(destination.url, await loginOf(destination));
  await (transfer.action === "put" ? putTree : getTree)(
    session.sftp,
    transfer,
    placeOf(destination).path(transfer.remote),
    files,
  );
}

export async function loginOf({
  identityFile,
  password,
}: Destination): Promise<{ privateKey?: Buffer; password?: string }> {
  if (identityFile !== undefined) return { privateKey: await readFile(identityFile) };
  return password === undefined ? {} : { password };
}

async function putTree(sftp: SFTPWrapper, { local }: Transfer, there: string, files: number): Promise<void> {
  const content = await localTree(local);
  // The server makes them in the order in which it is asked.
  const made = ["", ...content.directories].map((path) =>
    settled<void>((done) => sftp.mkdir(join(there, path), (error) => done(error, undefined))),
  );
  await Promise.all([
    ...made,
    inFlight(files, content.files, async (path) => {
      const bytes = await readFile(join(local, path));
      const handle = await settled<Buffer>((done) => sftp.open(join(there, path), "w", done));
      const written = settled<void>((done) =>
        sftp.write(handle, bytes, 0, bytes.length, 0, (error) => done(error, undefined)),
      );
      await Promise.all([written, closed(sftp, handle)]);
    }),
  ]);
}

async function getTree(sftp: SFTPWrapper, { local }: Transfer, there: string, files: number): Promise<void> {
  const found: { readonly path: string; readonly bytes: number }[] = [];
  const list = async (path: string): Promise<void> => {
    const entries = await settled<FileEntryWithStats[]>((done) => sftp.readdir(join(there, path), done));
    await mkdir(join(local, path), { recursive: true });
    const below = entries.map(({ filename, attrs }) => ({ path: join(path, filename), attrs }));
    found.push(
      ...below
        .filter(({ attrs }) => !attrs.isDirectory())
        .map(({ path: name, attrs }) => ({ path: name, bytes: attrs.size })),
    );
    await Promise.all(below.filter(({ attrs }) => attrs.isDirectory()).map(({ path: name }) => list(name)));
  };
  await list("");
  await inFlight(files, found, async ({ path, bytes }) => {
    const handle = await settled<Buffer>((done) => sftp.open(join(there, path), "r", done));
    const buffer = Buffer.allocUnsafe(bytes);
    const read = settled<number>((done) => sftp.read(handle, buffer, 0, bytes, 0, done));
    const [arrived] = await Promise.all([read, closed(sftp, handle)]);
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes of ${path} arrived`);
    await writeFile(join(local, path), buffer);
  });
}

type Done<T> = (error: Error | null | undefined, value: T) => void;

function settled<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));
}

function closed(sftp: SFTPWrapper, handle: Buffer): Promise<void> {
  return settled<void>((done) => sftp.close(handle, (error) => done(error, undefined)));
}
