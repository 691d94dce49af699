import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { Stat } from "../transport/stat.ts";
import { isTempName } from "../transport/temp-name.ts";
import type { Transport } from "../transport/transport.ts";
import { modeOfCopy } from "./copy-file.ts";
import { setDirectoryAttributes } from "./directory-attributes.ts";
import { refusedNameCollision } from "./hostile-name.ts";
import { nearestTime } from "./nearest-time.ts";
import type { Preserve, TreeOptions } from "./tree-options.ts";
import type { WalkedEntry } from "./walk.ts";

/** Whether a file of the target is what one of the source is, as far as their lengths and times tell. */
export type SameFile = (source: Stat, target: Stat) => boolean;

export interface DirectoryOptions extends Pick<TreeOptions, "dryRun" | "resume" | "signal"> {
  readonly preserve: Preserve;
  readonly same: SameFile;
}

/** What has to be done for a directory when all is in it. */
export interface Finishing {
  readonly path: string;
  readonly work: () => Promise<void>;
}

/** The directories of a target that a copy has been in: each is made once, however many files wait for it. */
export class TargetDirectories {
  readonly #target: Transport;
  readonly #options: DirectoryOptions;
  readonly #made: (path: string) => void;
  /** Undefined where it could not be made. */
  readonly #known = new Map<string, Promise<TargetDirectory | undefined>>();
  readonly #late: Finishing[] = [];

  /** `made` is told of each that was not there. */
  constructor(target: Transport, options: DirectoryOptions, made: (path: string) => void) {
    this.#target = target;
    this.#options = options;
    this.#made = made;
  }

  /** Makes a directory where none is. Rejects where it cannot be made; what is in it then finds none. */
  async make(path: string, stat: Stat | undefined): Promise<void> {
    const making = this.#make(path, stat);
    this.#known.set(
      path,
      making.catch(() => undefined),
    );
    await making;
  }

  /** Takes it that a directory is there, which a listing told, and is not made. */
  present(path: string): void {
    if (this.#known.has(path)) return;
    const { caseSensitive } = this.#target.capabilities;
    this.#known.set(path, Promise.resolve(new TargetDirectory(false, caseSensitive, undefined, this.#options)));
  }

  /** Has nothing made in a directory that must not be there. */
  refuse(path: string): void {
    this.#known.set(path, Promise.resolve(undefined));
  }

  /** The directory of a file, once it is there; undefined where it was asked for and could not be made. One that was not asked for is made, with all above it. */
  of(path: string): Promise<TargetDirectory | undefined> {
    const parent = parentOf(path);
    let known = this.#known.get(parent);
    if (known === undefined) this.#known.set(parent, (known = this.#make(parent, undefined)));
    return known;
  }

  /** Modes that would have been in the way, and times that change with what is written: innermost first. */
  finishing(): readonly Finishing[] {
    return this.#late.toReversed();
  }

  /** What is to be written over in place. A link that an earlier copy, or somebody else, has put there would lead elsewhere, and is deleted. */
  async toOverwrite(path: string): Promise<Stat | undefined> {
    const { signal } = this.#options;
    try {
      const there = await this.#target.stat(path, { signal });
      if (there.type !== "link") return there;
      await this.#target.delete(path, { signal });
    } catch (error) {
      if (!isTransportError(error, "not-found")) throw error;
    }
    return undefined;
  }

  async #make(path: string, stat: Stat | undefined): Promise<TargetDirectory | undefined> {
    if (path !== "") {
      const parent = await this.of(path);
      if (parent === undefined) return undefined;
      parent.take(path.slice(path.lastIndexOf("/") + 1));
    }
    const made = this.#options.dryRun === true ? !(await this.#isThere(path)) : await this.#ensure(path, stat);
    if (made) {
      this.#made(path);
    }
    if (stat !== undefined && this.#options.dryRun !== true) this.#finishLater(path, stat, made);
    const held = made ? undefined : await this.#held(path);
    return new TargetDirectory(made, this.#target.capabilities.caseSensitive, held, this.#options);
  }

  /** True if it made the directory, false if it was there. */
  async #ensure(path: string, stat: Stat | undefined): Promise<boolean> {
    const target = this.#target;
    const { preserve, signal } = this.#options;
    if (path === "") return await target.createPrefix({ signal });
    const mode = target.capabilities.modes ? modeOfCopy(stat?.mode, preserve) : undefined;
    try {
      // Whatever the source allows, its owner has to be able to fill it.
      await target.mkdir(path, { mode: mode === undefined ? undefined : (mode & 0o777) | 0o700, signal });
      return true;
    } catch (error) {
      // Some servers say of what is there that they are not permitted to make it.
      if (!isTransportError(error, "already-exists", "permission-denied")) throw error;
      if (await this.#isThere(path)) return false;
      throw isTransportError(error, "already-exists")
        ? error.with({ hint: "Something that is not a directory is in the way" })
        : error;
    }
  }

  /** The top is the caller's choice, and may be a link; below it, a link would lead elsewhere. */
  async #isThere(path: string): Promise<boolean> {
    try {
      const { type } = await this.#target.stat(path, { followLinks: path === "", signal: this.#options.signal });
      if (type === "directory") return true;
      if (this.#options.dryRun === true)
        throw new TransportError("already-exists", "something that is not a directory is in the way", {
          operation: "mkdir",
          url: this.#target.abspath(path),
        });
      return false;
    } catch (error) {
      if (isTransportError(error, "not-found")) return false;
      throw error;
    }
  }

  /** What is in a directory, where that matters: what an interrupted copy left behind, without its temporaries, which are deleted; or what would be in the way. */
  async #held(path: string): Promise<ReadonlyMap<string, Stat> | undefined> {
    const { resume, dryRun, signal } = this.#options;
    if (resume !== true && dryRun !== true) return undefined;
    const held = new Map<string, Stat>();
    for await (const { name, path: at, stat } of this.#target.list(path, { signal, mtimes: true })) {
      if (stat?.type === "directory" || !isTempName(name)) {
        if (stat !== undefined) held.set(name, stat);
      } else if (dryRun !== true) await this.#target.delete(at, { signal });
    }
    return held;
  }

  #finishLater(path: string, { mode: sourceMode, mtime }: Stat, made: boolean): void {
    const { preserve, resume, signal } = this.#options;
    const { capabilities } = this.#target;
    // What an interrupted copy has made may still lack its mode.
    const isOurs = made || resume === true;
    const wanted = capabilities.modes && isOurs && path !== "" ? modeOfCopy(sourceMode, preserve) : undefined;
    const mode = wanted !== undefined && wanted !== ((wanted & 0o777) | 0o700) ? wanted : undefined;
    const keepsTime = preserve.mtime === true && capabilities.setsMtime;
    const late = keepsTime && mtime !== undefined ? nearestTime(mtime, capabilities) : undefined;
    if (mode === undefined && late === undefined) return;
    const attributes = { mode, mtime: late };
    this.#late.push({ path, work: () => setDirectoryAttributes(this.#target, path, attributes, { signal }) });
  }
}

/** A directory of the target that is there. */
export class TargetDirectory {
  /** Whether this copy made it, so that nothing is in it but what this copy brings. */
  readonly isNew: boolean;
  readonly #taken: Set<string> | undefined;
  readonly #held: ReadonlyMap<string, Stat> | undefined;
  readonly #options: DirectoryOptions;

  constructor(
    isNew: boolean,
    caseSensitive: boolean,
    held: ReadonlyMap<string, Stat> | undefined,
    options: DirectoryOptions,
  ) {
    this.isNew = isNew;
    this.#taken = caseSensitive ? undefined : new Set();
    this.#held = held;
    this.#options = options;
  }

  /** Keeps a name for an entry of this copy. Throws where another one has it, written in another way, as far as the target can tell. */
  take(name: string): void {
    refusedNameCollision(name, this.#taken);
  }

  /** Whether an earlier copy has brought it here already. */
  holdsSame({ name, stat }: WalkedEntry): boolean {
    const there = this.#held?.get(name);
    if (this.#options.resume !== true || there?.type !== "file" || stat.type !== "file") return false;
    return this.#options.same(stat, there);
  }

  /** Whether a directory has the name of a file or a link, as far as a dry run has looked; a copy finds out when it writes. */
  holdsDirectory({ name }: WalkedEntry): boolean {
    return this.#held?.get(name)?.type === "directory";
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
