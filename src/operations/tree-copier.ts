import type { ErrorCode } from "../errors/error-code.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { Flow } from "../transport/flow.ts";
import type { Stat } from "../transport/stat.ts";
import { compareRules, differenceOf } from "./compare-entries.ts";
import type { CopyHow, FileToCopy } from "./copy-file.ts";
import { copyFile, smallBytes, weightOf } from "./copy-file.ts";
import { copyLink } from "./copy-link.ts";
import { isFinal } from "./final-failure.ts";
import { refusedName } from "./hostile-name.ts";
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
  #wake: (() => void) | undefined;

  constructor(ends: Ends, options: TreeOptions) {
    const { limits, onProgress, resume, signal } = options;
    this.#ends = ends;
    this.#options = options;
    this.#flow = new Flow(limits);
    this.meter = new ProgressMeter(onProgress);
    const preserve = resume === true ? { ...options.preserve, mtime: true } : (options.preserve ?? {});
    const { meter } = this;
    this.#how = {
      // Asked for each file: a server says what it can do when it is connected to.
      get atomic() {
        return options.atomic ?? ends.target.capabilities.atomicReplace;
      },
      preserve,
      signal,
      seenFromSource: targetSeenFromSource(ends),
      moved: meter.watched ? (bytes) => meter.moved(bytes) : undefined,
      digest: options.verify === "content",
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
    this.#start(path, () => this.#copy(entry));
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

  fail(path: string, error: unknown): void {
    const failure = { path, error: toTransportError(error) };
    if (isFinal(failure.error)) {
      this.#fatal ??= { error: failure.error };
      return;
    }
    this.#failures.push(failure);
    this.meter.failures++;
    this.#options.onFailure?.(failure);
  }

  unchanged(count = 1): void {
    this.#counts.unchanged += count;
  }

  /** Resolves once there is room for more. */
  async room(): Promise<void> {
    while (this.#running.size >= mostWaiting) await new Promise<void>((resolve) => (this.#wake = resolve));
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

  #start(path: string, work: () => Promise<void>): void {
    const running: Promise<void> = this.#attempt(path, work).finally(() => {
      this.#running.delete(running);
      this.#wake?.();
    });
    this.#running.add(running);
  }

  async #attempt(path: string, work: () => Promise<void>): Promise<void> {
    if (this.ended) return;
    try {
      await work();
    } catch (error) {
      this.fail(path, error);
    }
  }

  async #copy(entry: WalkedEntry): Promise<void> {
    const { path, stat } = entry;
    this.#checkName(path);
    const directory = await this.#directories.of(path);
    // That it could not be made was said of the directory itself.
    if (directory === undefined) return;
    if (directory.holdsSame(entry)) {
      this.#counts.unchanged++;
      this.meter.moved(stat.sizeBytes);
      this.meter.fileDone();
      return;
    }
    if (stat.type === "file") await this.#copyFile({ path, stat, isNew: directory.isNew(entry) });
    else if (stat.type === "link") await this.#copyLink(path);
    else throw unsupportedKind(this.#ends.source.abspath(path));
  }

  async #copyFile(file: FileToCopy): Promise<void> {
    const { path, stat } = file;
    const bytes = await this.#flow.run(weightOf(stat), stat.sizeBytes <= smallBytes, async () => {
      if (this.ended) return undefined;
      if (this.#options.dryRun === true) return stat.sizeBytes;
      if (!this.#how.atomic && !file.isNew) await this.#directories.removeLink(path);
      return await this.#copyRepeatedly(file);
    });
    if (bytes === undefined) return;
    this.#counts.files++;
    this.#counts.bytes += bytes;
    this.meter.fileDone();
    this.#tell({ action: "copy", path, bytes });
  }

  /** A copy is the same whether it is made once or twice. */
  async #copyRepeatedly(file: FileToCopy): Promise<number> {
    let moved = 0;
    const { moved: tell } = this.#how;
    const how: CopyHow = {
      ...this.#how,
      moved: tell === undefined ? undefined : (bytes) => ((moved += bytes), tell(bytes)),
    };
    try {
      return await this.#copyOnce(file, how);
    } catch (error) {
      if (!isTransportError(error, ...passing) || this.#options.signal?.aborted === true) throw error;
      tell?.(-moved);
      return await this.#copyOnce(file, how);
    }
  }

  async #copyOnce(file: FileToCopy, how: CopyHow): Promise<number> {
    const { source, target } = this.#ends;
    const written = await copyFile(this.#ends, file, how);
    await verifyCopy(source, target, file.path, written, this.#options.verify ?? "none", how.signal);
    return written.sizeBytes;
  }

  async #copyLink(path: string): Promise<void> {
    const { dryRun, preserve, signal } = this.#options;
    await this.#flow.run(0, true, () => copyLink(this.#ends, path, { dryRun, links: preserve?.links ?? true, signal }));
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
    this.#options.onDone?.(deed);
  }
}

function unsupportedKind(url: string): TransportError {
  return new TransportError("unsupported", "this is neither a file nor a directory nor a link", {
    operation: "copy",
    url,
  });
}
