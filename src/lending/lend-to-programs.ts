import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Transport } from "../transport/transport.ts";
import type { LendOptions, Lending, LendingReport } from "./lend.ts";
import { basesOf, lend } from "./lend.ts";
import { lentVariable } from "./lent-channel.ts";

/** What is lent to programs, until it is closed. */
export interface ProgramLending extends AsyncDisposable {
  /** What a program's environment needs, so that it, and whatever it starts, may `borrow()`. */
  readonly env: Readonly<Record<"SAMEWIRE_LENT", string>>;
  /** What each of those that borrow at the moment does. */
  reports(): readonly LendingReport[];
  /** Ends it for all of them. The transports stay open. */
  close(): Promise<void>;
}

/**
 * Lends transports to any number of programs on this machine: to those that are started with `env` in their environment, and to those that they start. The
 * channel is a socket in a directory that only this user can enter. See `lend` for what they can do.
 */
export async function lendToPrograms(
  transports: Transport | Iterable<Transport>,
  options?: LendOptions,
): Promise<ProgramLending> {
  const all = transports instanceof Transport ? [transports] : [...transports];
  // What cannot be lent is refused before anybody comes.
  basesOf(all, options);
  const { path, remove } = await socketPath();
  const lendings = new Set<Lending>();
  const server = createServer((socket: Socket) => {
    const lending = lend(all, socket, options);
    lendings.add(lending);
    void lending.ended.then(() => lendings.delete(lending));
  });
  server.unref();
  try {
    await listening(server, path);
  } catch (error) {
    await remove();
    throw error;
  }
  let closed: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    const gone = once(server, "close");
    server.close();
    await Promise.all([...lendings].map((lending) => lending.close()));
    await gone;
    await remove();
  };
  const close = (): Promise<void> => (closed ??= closeAll());
  return {
    env: { [lentVariable]: path },
    reports: () => [...lendings].map((lending) => lending.report()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listening(server: Server, path: string): Promise<void> {
  const ready = once(server, "listening");
  server.listen(path);
  await ready;
}

/** A place for a socket that nobody else can reach: a directory of its own (mkdtemp makes it with mode 700), or a name that nobody can guess. */
async function socketPath(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  if (process.platform === "win32") return { path: `\\\\.\\pipe\\samewire-${randomUUID()}`, remove: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  return { path: join(folder, "lent"), remove: () => rm(folder, { recursive: true, force: true }) };
}
