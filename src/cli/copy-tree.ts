import type { ErrorCode, Stat, Transport } from "../index.ts";
import { TransportError, isTransportError } from "../index.ts";
import type { WalkedEntry } from "../operations/walk.ts";
import { walk } from "../operations/walk.ts";
import type { CopyHow, Source } from "./copy-file.ts";
import { copyFile, modeOfCopy } from "./copy-file.ts";
import { refusedLink, refusedName } from "./hostile-name.ts";
import type { Place } from "./place.ts";
import { onOneWire } from "./place.ts";
import type { Session } from "./session.ts";

export interface TreeCounts {
  files: number;
  directories: number;
  links: number;
  bytes: number;
  /** What was not copied; each has been reported. */
  leftOut: number;
}

/** Files in flight: enough to hide a round trip, few enough for any server and for the buffers that each takes. */
const inFlight = 16;

/** Failures that the next file would meet as well. */
const final: readonly ErrorCode[] = [
  "aborted",
  "authentication-failed",
  "closed",
  "connection-failed",
  "host-key-changed",
  "host-key-unknown",
  "no-space",
  "read-only",
];

/**
 * Copies a directory with everything below it. What it is told by the source never leads outside the target: names are checked, links are made only where
 * they stay inside, and nothing is written through a link that is in the way. One item that fails is reported, and the rest goes on.
 */
export async function copyTree(
  session: Session,
  { place: from, stat }: Source,
  to: Place,
  how: CopyHow,
): Promise<TreeCounts> {
  refuseInsideItself(session, from, to);
  return await new TreeCopy(session, from, to, how).run(stat);
}

function refuseInsideItself(session: Session, from: Place, to: Place): void {
  const wire = onOneWire(from, to, session.options);
  if (wire === undefined || !`${wire.to}/`.startsWith(wire.from === "/" ? "/" : `${wire.from}/`)) return;
  throw new TransportError("invalid-path", "a directory cannot be copied into itself", {
    operation: "copy",
    url: from.url,
  });
}

class TreeCopy {
  readonly #session: Session;
  readonly #from: Place;
  readonly #to: Place;
  readonly #how: CopyHow;
  readonly #source: Transport;
  readonly #target: Transport;
  readonly #counts: TreeCounts = { files: 0, directories: 0, links: 0, bytes: 0, leftOut: 0 };
  readonly #running = new Set<Promise<void>>();
  readonly #barred = new Set<string>();
  #failure: { readonly error: unknown } | undefined;

  constructor(session: Session, from: Place, to: Place, how: CopyHow) {
    this.#session = session;
    this.#from = from;
    this.#to = to;
    this.#how = how;
    this.#source = from.transport.clone(from.path);
    this.#target = to.transport.clone(to.path);
  }

  async run(root: Stat): Promise<TreeCounts> {
    const { signal, report } = this.#session;
    const leftOutBefore = report.leftOutCount;
    await this.#makeDirectory("", root);
    const options = {
      directories: true,
      signal,
      enter: ({ path }: WalkedEntry) => !this.#barred.delete(path),
      onError: (error: unknown) => this.#leaveOut(error),
    };
    try {
      for await (const entry of walk(this.#source, "", options)) {
        if (this.#failure !== undefined) break;
        await this.#take(entry);
      }
    } finally {
      await Promise.all(this.#running);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    // What the listings held that is no name was reported by whoever listed.
    this.#counts.leftOut += report.leftOutCount - leftOutBefore;
    return this.#counts;
  }

  /** A directory is made before the walk goes on into it; files and links are copied beside one another. */
  async #take(entry: WalkedEntry): Promise<void> {
    const { path, stat } = entry;
    if (stat.type === "directory") {
      await this.#attempt(
        () => this.#copyDirectory(entry),
        () => this.#barred.add(path),
      );
      return;
    }
    while (this.#running.size >= inFlight) await Promise.race(this.#running);
    const copying: Promise<void> = this.#attempt(() => this.#copyEntry(entry)).finally(() =>
      this.#running.delete(copying),
    );
    this.#running.add(copying);
  }

  async #copyDirectory({ name, path, stat }: WalkedEntry): Promise<void> {
    this.#checkName(name, path);
    await this.#makeDirectory(path, stat);
    this.#counts.directories++;
  }

  async #copyEntry({ name, path, stat }: WalkedEntry): Promise<void> {
    this.#checkName(name, path);
    const [from, to] = [this.#from.inside(path), this.#to.inside(path)];
    if (stat.type === "link") {
      await this.#copyLink(path);
      this.#counts.links++;
    } else if (stat.type === "file") {
      if (!this.#how.atomic) await this.#removeLink(path);
      this.#counts.bytes += await copyFile(this.#session, { place: from, stat }, to, this.#how);
      this.#counts.files++;
    } else {
      throw new TransportError("unsupported", "this is neither a file nor a directory nor a link", {
        operation: "copy",
        url: from.url,
      });
    }
  }

  async #makeDirectory(path: string, { mode: sourceMode }: Stat): Promise<void> {
    const { signal } = this.#session;
    const mode = this.#target.capabilities.modes ? modeOfCopy(sourceMode, {}) : undefined;
    try {
      // Whatever the source allows, its owner has to be able to fill it.
      await this.#target.mkdir(path, { mode: mode === undefined ? undefined : mode | 0o700, signal });
    } catch (error) {
      if (!isTransportError(error, "already-exists")) throw error;
      // The root is the user's choice, and may be a link; below it, a link would lead elsewhere.
      const { type } = await this.#target.stat(path, { followLinks: path === "", signal });
      if (type !== "directory") throw error.with({ hint: "Something that is not a directory is in the way" });
    }
  }

  async #copyLink(path: string): Promise<void> {
    const { signal } = this.#session;
    const text = await this.#source.readlink(path, { signal });
    const refusal = this.#target.capabilities.symlinks
      ? refusedLink(text, path, this.#platform)
      : "the target has no links";
    if (refusal !== undefined)
      throw new TransportError("unsupported", `a link is not copied: ${refusal}`, {
        operation: "symlink",
        url: this.#source.abspath(path),
      });
    try {
      await this.#target.symlink(text, path, { signal });
    } catch (error) {
      const same =
        isTransportError(error, "already-exists") &&
        (await this.#target.readlink(path, { signal }).catch(() => undefined)) === text;
      if (!same) throw error;
    }
  }

  /** Writing in place would go through a link that an earlier copy, or somebody else, has put there. */
  async #removeLink(path: string): Promise<void> {
    const { signal } = this.#session;
    try {
      const { type } = await this.#target.stat(path, { signal });
      if (type === "link") await this.#target.delete(path, { signal });
    } catch (error) {
      if (!isTransportError(error, "not-found")) throw error;
    }
  }

  #checkName(name: string, path: string): void {
    const refusal = refusedName(name, this.#platform);
    if (refusal === undefined) return;
    throw new TransportError("invalid-path", `the name is refused: ${refusal}`, {
      operation: "copy",
      url: this.#source.abspath(path),
    });
  }

  /** Whose rules names on the target have to follow: a server's are its own business. */
  get #platform(): NodeJS.Platform | undefined {
    return this.#target.capabilities.local ? process.platform : undefined;
  }

  async #attempt(work: () => Promise<void>, onFailure?: () => void): Promise<void> {
    try {
      await work();
    } catch (error) {
      onFailure?.();
      this.#leaveOut(error);
    }
  }

  #leaveOut(error: unknown): void {
    if (isTransportError(error, ...final)) {
      this.#failure ??= { error };
      return;
    }
    this.#counts.leftOut++;
    this.#session.report.failed(error);
  }
}
