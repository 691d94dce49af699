import type { ErrorCode } from "../errors/error-code.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { Flow } from "../transport/flow.ts";
import type { EntryType, Stat } from "../transport/stat.ts";
import { compareRules, differenceOf } from "./compare-entries.ts";
import type { CopyHow, FileToCopy } from "./copy-file.ts";
import { copyFile, smallBytes, weightOf } from "./copy-file.ts";
import { copyLink } from "./copy-link.ts";
import { FileMeter } from "./file-meter.ts";
import { isFinal } from "./final-failure.ts";
import { refusedName } from "./hostile-name.ts";
import { mayBeItself } from "./in-place.ts";
import { targetSeenFromSource } from "./one-wire.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { SameFile } from "./target-directories.ts";
import { TargetDirectories } from "./target-directories.ts";
import type { Ends, TreeDeed, TreeFailure, TreeOptions, TreeReport } from "./tree-options.ts";
import { verifyCopy } from "./verify.ts";
import type { WalkedEntry } from "./walk.ts";

/** Work that waits for its turn before whoever gives more has to wait. */
const mostWaiting = 1_024;

/** Failures after which a file is copied once more: its connection broke, or the server asked for a moment. */
const passing: readonly ErrorCode[] = ["connection-lost", "timeout"];

/**
 * Does what a copy or a sync has to do, many things at once: directories before what is in them, one failure beside the others. What it is told by the
 * source never leads outside the target: names are checked, links are made only where they stay inside, and nothing is written through a link that is
 * in the way.
 */
export class TreeCopier {
  readonly meter: ProgressMeter;
  readonly #ends: Ends;
  readonly #options: TreeOptions;
  readonly #how: CopyHow;
  readonly #flow: Flow;
  readonly #directories: TargetDirectories;
  readonly #failures: TreeFailure[] = [];
  readonly #counts = { files: 0, directories: 0, links: 0, bytes: 0, unchanged: 0, deleted: 0 };
  readonly #running = new Set<Promise<void>>();
  #fatal: { readonly error: unknown } | undefined;
  /** Wait for room, the first of them first: `copyFiles` gives from many places at once. */
  readonly #waiting: (() => void)[] = [];

  /** `planned`: what is given to it says what copies are to be, and not what the source is. */
  constructor(ends: Ends, options: TreeOptions, { planned = false }: { readonly planned?: boolean } = {}) {
    const { limits, onProgress, resume, signal } = options;
    this.#ends = ends;
    this.#options = options;
    this.#flow = new Flow(limits);
    this.meter = new ProgressMeter(onProgress && ((progress) => this.#voice(() => onProgress(progress))));
    const preserve = resume === true ? { ...options.preserve, mtime: true } : (options.preserve ?? {});
    this.#how = {
      // Asked for each file: a server says what it can do when it is connected to.
      get atomic() {
        return options.atomic ?? ends.target.capabilities.atomicReplace;
      },
      preserve,
      signal,
      seenFromSource: targetSeenFromSource(ends),
      moved: undefined,
      digest: options.verify === "content",
      planned,
    };
    const { source, target } = ends;
    const same: SameFile = (one, other) =>
      differenceOf(one, other, compareRules(source.capabilities, target.capabilities, { preserve })) === undefined;
    this.#directories = new TargetDirectories(target, { ...options, preserve, same }, (path) => {
      this.#counts.directories++;
      this.#tell({ action: "mkdir", path, bytes: 0 });
    });
  }

  /** Whether nothing more is of use, because of what failed. */
  get ended(): boolean {
    return this.#fatal !== undefined;
  }

  /** Makes the target's base and what is missing above it; without it there is nothing to do. */
  top(): void {
    this.#start("", async () => {
      try {
        await this.#directories.make("", undefined);
      } catch (error) {
        this.#fatal ??= { error };
      }
    });
  }

  /** Takes it that a directory is there, which a listing told. */
  present(path: string): void {
    this.#directories.present(path);
  }

  /** Makes a directory, where none is. */
  directory(path: string, stat: Stat): void {
    this.#start(path, async () => {
      try {
        this.#checkName(path);
      } catch (error) {
        this.#directories.refuse(path);
        throw error;
      }
      await this.#directories.make(path, stat);
    });
  }

  /** Copies a file or a link once its directory is there. */
  copy(entry: WalkedEntry): void {
    const { path, stat } = entry;
    if (stat.type === "file" || stat.type === "link") this.meter.know(1, stat.type === "file" ? stat.sizeBytes : 0);
    this.#start(path, () => this.#copy(entry), stat.sizeBytes);
  }

  /** Does anything else for a path, in its turn. */
  work(path: string, work: () => Promise<void>): void {
    this.#start(path, () => this.#flow.run(0, true, work));
  }

  /** Counts and tells what `work` did. */
  did(deed: TreeDeed): void {
    if (deed.action === "delete") this.#counts.deleted++;
    this.#tell(deed);
  }

  /** `sizeBytes`: of the file that could not be copied. */
  fail(path: string, error: unknown, sizeBytes = 0): void {
    const failure = { path, error: toTransportError(error) };
    if (isFinal(failure.error, sizeBytes)) {
      this.#fatal ??= { error: failure.error };
      return;
    }
    this.#failures.push(failure);
    this.meter.failures++;
    this.#voice(() => this.#options.onFailure?.(failure));
  }

  unchanged(count = 1): void {
    this.#counts.unchanged += count;
  }

  /** Resolves once there is room for more. */
  async room(): Promise<void> {
    while (this.#running.size >= mostWaiting) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves once all that was begun has ended. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Finishes the directories, and answers with what was done. Rejects where something ended it all. */
  async finish(): Promise<TreeReport> {
    await this.settled();
    if (this.#fatal === undefined) for (const { path, work } of this.#directories.finishing()) this.work(path, work);
    await this.settled();
    this.meter.end();
    if (this.#fatal !== undefined) throw this.#fatal.error;
    return { ...this.#counts, failures: this.#failures };
  }

  #start(path: string, work: () => Promise<void>, sizeBytes = 0): void {
    const running: Promise<void> = this.#attempt(path, work, sizeBytes).finally(() => {
      this.#running.delete(running);
      this.#waiting.shift()?.();
    });
    this.#running.add(running);
  }

  async #attempt(path: string, work: () => Promise<void>, sizeBytes: number): Promise<void> {
    if (this.ended) return;
    try {
      await work();
    } catch (error) {
      this.fail(path, error, sizeBytes);
    }
  }

  async #copy(entry: WalkedEntry): Promise<void> {
    const { path, stat } = entry;
    this.#checkName(path);
    const directory = await this.#directories.of(path);
    // That it could not be made was said of the directory itself.
    if (directory === undefined) return;
    directory.take(entry.name);
    if (directory.holdsSame(entry)) {
      this.#counts.unchanged++;
      this.meter.moved(stat.sizeBytes);
      this.meter.fileDone();
      return;
    }
    const isInTheWay = directory.holdsDirectory(entry);
    if (stat.type === "link") await this.#copyLink(path, isInTheWay);
    else if (stat.type === "file" && isInTheWay) throw directoryInTheWay(this.#ends.target.abspath(path), stat.type);
    else if (stat.type === "file") await this.#copyFile({ path, stat, isNew: directory.isNew, mayBeItself: false });
    else throw unsupportedKind(this.#ends.source.abspath(path));
  }

  async #copyFile(file: FileToCopy): Promise<void> {
    const { path, stat } = file;
    const meter = new FileMeter(this.meter, stat.sizeBytes);
    const copying = this.#flow.run(weightOf(stat), stat.sizeBytes <= smallBytes, async () => {
      if (this.ended) return undefined;
      if (this.#options.dryRun === true) return stat.sizeBytes;
      if (this.#how.atomic || file.isNew) return await this.#copyRepeatedly(file, meter);
      const there = await this.#directories.toOverwrite(path);
      return await this.#copyRepeatedly({ ...file, mayBeItself: mayBeItself(this.#ends, stat, there) }, meter);
    });
    const bytes = await copying.catch((error: unknown) => {
      meter.failed();
      throw error;
    });
    if (bytes === undefined) return;
    this.#counts.files++;
    this.#counts.bytes += bytes;
    meter.done(bytes);
    this.#tell({ action: "copy", path, bytes });
  }

  /** A copy is the same whether it is made once or twice, unless the first one was written over its source. */
  async #copyRepeatedly(file: FileToCopy, meter: FileMeter): Promise<number> {
    const how: CopyHow = { ...this.#how, moved: this.meter.watched ? (bytes) => meter.moved(bytes) : undefined };
    try {
      return await this.#copyOnce(file, how);
    } catch (error) {
      const isAborted = this.#options.signal?.aborted === true;
      if (!isTransportError(error, ...passing) || isAborted || file.mayBeItself) throw error;
      meter.again();
      return await this.#copyOnce(file, how);
    }
  }

  async #copyOnce(file: FileToCopy, how: CopyHow): Promise<number> {
    const { source, target } = this.#ends;
    const written = await copyFile(this.#ends, file, how);
    await verifyCopy(source, target, file.path, written, this.#options.verify ?? "none", how.signal);
    return written.sizeBytes;
  }

  /** A link that is refused is refused whatever is in its way. */
  async #copyLink(path: string, isInTheWay: boolean): Promise<void> {
    const { dryRun, preserve, signal } = this.#options;
    await this.#flow.run(0, true, () => copyLink(this.#ends, path, { dryRun, links: preserve?.links ?? true, signal }));
    if (dryRun === true && isInTheWay) throw directoryInTheWay(this.#ends.target.abspath(path), "link");
    this.#counts.links++;
    this.meter.fileDone();
    this.#tell({ action: "link", path, bytes: 0 });
  }

  #checkName(path: string): void {
    const { local } = this.#ends.target.capabilities;
    const refusal = refusedName(path.slice(path.lastIndexOf("/") + 1), local ? process.platform : undefined);
    if (refusal === undefined) return;
    throw new TransportError("invalid-path", `the name is refused: ${refusal}`, {
      operation: "copy",
      url: this.#ends.source.abspath(path),
    });
  }

  #tell(deed: TreeDeed): void {
    this.#voice(() => this.#options.onDone?.(deed));
  }

  /** What a caller's function throws is no failure of a file: it ends everything. */
  #voice(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#fatal ??= { error };
    }
  }
}

/** As a copy would meet it. */
function directoryInTheWay(url: string, type: EntryType): TransportError {
  return new TransportError(type === "file" ? "is-a-directory" : "already-exists", "a directory is in the way", {
    operation: "copy",
    url,
  });
}

function unsupportedKind(url: string): TransportError {
  return new TransportError("unsupported", "this is neither a file nor a directory nor a link", {
    operation: "copy",
    url,
  });
}
