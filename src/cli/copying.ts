import type { Transport, TransportError } from "../index.ts";
import { copyFiles } from "../operations/copy-files.ts";
import { copyTree } from "../operations/copy-tree.ts";
import { ProgressMeter } from "../operations/progress-meter.ts";
import type {
  Ends,
  EntryFilter,
  TreeDeed,
  TreeFailure,
  TreeOptions,
  TreeProgress,
  TreeReport,
} from "../operations/tree-options.ts";
import { verifyCopy } from "../operations/verify.ts";
import { copyFile } from "./copy-file.ts";
import type { CopyFileHow, Source } from "./copy-file.ts";
import { filterOf } from "./filter.ts";
import type { Place } from "./place.ts";
import { Progress } from "./progress.ts";
import type { Totals } from "./progress-text.ts";
import type { Session } from "./session.ts";

/** What the command line says of copies. */
export interface CopyHow extends Omit<CopyFileHow, "moved"> {
  readonly dryRun: boolean;
  readonly verify: boolean;
  readonly filter: EntryFilter | undefined;
}

export function copyHowOf({ line }: Session): CopyHow {
  return {
    mode: line.mode(),
    preserve: line.flag("preserve"),
    atomic: !line.flag("no-atomic"),
    dryRun: line.flag("dry-run"),
    verify: line.flag("verify"),
    filter: filterOf(line),
  };
}

/** What one command copies, one piece after another; tells how it goes, what was done and what was not, and in the end what it came to. */
export class Copying implements Disposable {
  readonly #session: Session;
  readonly #progress: Progress;
  readonly #totals = { files: 0, bytes: 0, unchanged: 0, deleted: 0 };

  private constructor(session: Session, progress: Progress) {
    this.#session = session;
    this.#progress = progress;
  }

  static async open(session: Session): Promise<Copying> {
    return new Copying(
      session,
      await Progress.open(session.report, { plain: session.line.value("log") !== undefined }),
    );
  }

  /** Copies a directory with all that is in it; `done` is told each thing that was done. */
  async tree(from: Place, to: Place, how: CopyHow, done?: (deed: TreeDeed) => void): Promise<TreeReport> {
    const ends = { source: from.transport.clone(from.path), target: to.transport.clone(to.path) };
    return await this.run(ends, ({ onDone, ...options }) => {
      const told = (deed: TreeDeed): void => {
        done?.(deed);
        onDone?.(deed);
      };
      const { filter } = how;
      return copyTree(ends.source, ends.target, { ...options, ...treeOptionsOf(how), filter, onDone: told });
    });
  }

  /** Copies files that are in one directory into another, under their own names. */
  async files(sources: readonly Source[], source: Transport, target: Transport, how: CopyHow): Promise<TreeReport> {
    const entries = sources.map(({ place: { name, path }, stat }) => ({ name, path, stat }));
    return await this.run({ source, target }, (options) =>
      copyFiles(source, entries, target, { ...options, ...treeOptionsOf(how) }),
    );
  }

  /** Copies a file to a name of its own; answers with its length in bytes. */
  async file(source: Source, to: Place, how: CopyHow): Promise<number> {
    const { sizeBytes } = source.stat;
    const bytes = how.dryRun ? sizeBytes : await this.#moveFile(source, to, how);
    this.#totals.files++;
    this.#totals.bytes += bytes;
    this.#told({ action: "copy", path: "", bytes }, to.transport.clone(to.path));
    return bytes;
  }

  /** Shows that both sides are being looked at. */
  comparing(): void {
    this.#progress.note("comparing …");
  }

  /** Runs what is made of the engine, with its voices connected. */
  async run(ends: Ends, work: (options: TreeOptions) => Promise<TreeReport>): Promise<TreeReport> {
    const before = this.#soFar();
    let reached: Totals = { files: 0, bytes: 0, failures: 0 };
    const voices: TreeOptions = {
      signal: this.#session.signal,
      onProgress: (progress: TreeProgress) => {
        reached = progress;
        this.#progress.update(progress, before);
      },
      onFailure: (failure: TreeFailure) => this.#failed(failure, ends.source),
      onDone: (deed: TreeDeed) => this.#told(deed, ends.target),
    };
    try {
      const report = await this.#session.tellingRefusedNames(() => work(voices));
      reached = { ...report, files: report.files + report.links, failures: 0 };
      this.#totals.unchanged += report.unchanged;
      this.#totals.deleted += report.deleted;
      return report;
    } finally {
      this.#totals.files += reached.files;
      this.#totals.bytes += reached.bytes;
    }
  }

  /** Tells what it came to: where it was seen to go on, or where `always`. */
  end(always = false): void {
    if (!this.#session.signal.aborted) this.#progress.end({ ...this.#totals, ...this.#soFar() }, always);
  }

  [Symbol.dispose](): void {
    this.#progress.clear();
  }

  #soFar(): Totals {
    const { files, bytes } = this.#totals;
    return { files, bytes, failures: this.#session.report.failureCount };
  }

  async #moveFile(source: Source, to: Place, how: CopyHow): Promise<number> {
    const before = this.#soFar();
    const meter = new ProgressMeter((progress) => this.#progress.update(progress, before));
    meter.listed = true;
    meter.know(1, source.stat.sizeBytes);
    const bytes = await copyFile(this.#session, source, to, { ...how, moved: (moved) => meter.moved(moved) });
    if (how.verify) await this.#verify(source, to, bytes);
    return bytes;
  }

  async #verify({ place }: Source, to: Place, sizeBytes: number): Promise<void> {
    const { signal } = this.#session;
    const sha256 = await place.transport.digest(place.path, { algorithm: "sha256", signal });
    await verifyCopy(place.transport, to.transport, to.path, { sizeBytes, sha256 }, "content", signal);
  }

  #failed({ path, error }: TreeFailure, source: Transport): void {
    this.#session.report.failed(placed(error, source, path));
  }

  #told(deed: TreeDeed, target: Transport): void {
    const { report, line } = this.#session;
    // Where nobody asked, nothing is made up for every file.
    if (!report.verbose && !line.flag("dry-run")) return;
    const place = target.capabilities.local ? target.localPath(deed.path) : target.abspath(deed.path);
    const what = { action: deed.action, url: target.abspath(deed.path), bytes: deed.bytes };
    if (line.flag("dry-run")) report.plan(what, `${deed.action} ${place}`);
    else report.done(what, `${deed.action} ${place}`);
  }
}

function placed(error: TransportError, source: Transport, path: string): TransportError {
  return error.with({ url: source.abspath(path) });
}

/** What the engine is told of it, except for the filter. */
export function treeOptionsOf({ preserve, atomic, dryRun, verify }: CopyHow): TreeOptions {
  return {
    ...(preserve === true && { preserve: { mode: "exact", mtime: true } }),
    atomic,
    dryRun,
    verify: verify ? "content" : undefined,
  };
}
