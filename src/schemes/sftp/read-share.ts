import type { SftpSession } from "./protocol/sftp-session.ts";

/** Bytes that all streams of one session may have in memory ahead of their readers. Four have all that one asks for; three hundred cost no more. */
const sharedBytes = 16 * 1024 * 1024;
/** What a reader may have whatever the others have, so that none waits for another. Every server gives so much at once. */
const leastBytes = 32 * 1024;
/** A share is asked for in so many reads: some are answered while others are on their way. */
const readsPerShare = 4;

/** What one stream of many may ask for ahead of its reader. */
export class ReadShare {
  readonly #all: SharedMemory;
  #held = 0;
  #left = false;

  /** A share of what there is for all who read on a session, until `leave`. */
  constructor(session: SftpSession) {
    this.#all = memoryOf(session);
    this.#all.readers++;
  }

  /** How much to ask for next, of at most so many bytes; 0 while too much waits for readers already. */
  next(mostBytes: number): number {
    const fairBytes = sharedBytes / this.#all.readers;
    const bytes = Math.min(mostBytes, Math.max(leastBytes, Math.floor(fairBytes / readsPerShare)));
    if (this.#held === 0) return bytes;
    return this.#held + bytes <= fairBytes && this.#all.held + bytes <= sharedBytes ? bytes : 0;
  }

  take(bytes: number): void {
    this.#hold(bytes);
  }

  /** The reader has what was taken, or it will not come. */
  give(bytes: number): void {
    this.#hold(-bytes);
  }

  /** Nothing more is wanted. Once. */
  leave(): void {
    if (this.#left) return;
    this.#hold(-this.#held);
    this.#left = true;
    this.#all.readers--;
  }

  #hold(bytes: number): void {
    if (this.#left) return;
    this.#held += bytes;
    this.#all.held += bytes;
  }
}

interface SharedMemory {
  readers: number;
  held: number;
}

const memories = new WeakMap<SftpSession, SharedMemory>();

function memoryOf(session: SftpSession): SharedMemory {
  let memory = memories.get(session);
  if (memory === undefined) memories.set(session, (memory = { readers: 0, held: 0 }));
  return memory;
}
