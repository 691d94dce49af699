import type { ErrorCode } from "../errors/error-code.ts";
import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import { isTempName } from "../transport/temp-name.ts";
import type { CompareRules, Digests } from "./compare-entries.ts";
import { attributesOf, attributesToSet, compareRules, differenceOf } from "./compare-entries.ts";
import { isFinal } from "./final-failure.ts";
import { isLockLeftover } from "./lock-leftover.ts";
import { refusedLink, refusedName } from "./hostile-name.ts";
import { matchEntries, nameKey } from "./match-entries.ts";
import { PlanDraft } from "./plan-draft.ts";
import type { CopyReason, SyncAction, SyncOptions } from "./sync-actions.ts";
import type { SideListing, SyncSide } from "./sync-side.ts";
import type { WalkedEntry } from "./walk.ts";

/** Directories that are looked at at a time. */
const mostDirectories = 32;
/** Entries of them that are held before another one is begun. */
const mostHeld = 4_096;
/** Directories inside one another: more than a path of 4,096 bytes can say is a server that invents them. */
const maxDepth = 2_048;

/** A directory that is still to be looked at: that both sides have, that is new in the target, or that is in the target only and is deleted. */
interface Job {
  readonly path: string;
  readonly depth: number;
  readonly kind: "both" | "new" | "gone" | "in-the-way";
  /** Of a directory that both sides have, below the top. */
  readonly pair?: { readonly source: WalkedEntry; readonly target: WalkedEntry };
}

const nothing: SideListing = { entries: [], refused: [], failures: [] };

/** Compares two trees: one listing for each directory on each side, many of them at once. */
export class SyncPlanner {
  readonly #source: SyncSide;
  readonly #target: SyncSide;
  readonly #options: SyncOptions;
  readonly #draft = new PlanDraft();
  /** The last one found is looked at first, so that few wait even in a large tree. */
  readonly #jobs: Job[] = [];
  #rules: CompareRules;
  /** Entries of listings that are being compared. */
  #held = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(source: SyncSide, target: SyncSide, options: SyncOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#rules = compareRules(source.transport.capabilities, target.transport.capabilities, options);
  }

  async run(): Promise<PlanDraft> {
    await this.#top();
    const running = new Set<Promise<void>>();
    for (;;) {
      while (running.size < mostDirectories && this.#held < mostHeld && this.#failure === undefined) {
        const job = this.#jobs.pop();
        if (job === undefined) break;
        const looking: Promise<void> = this.#directory(job)
          .catch((error: unknown) => void (this.#failure ??= { error }))
          .finally(() => running.delete(looking));
        running.add(looking);
      }
      if (running.size === 0) break;
      await Promise.race(running);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#draft;
  }

  /** The tops are the caller's choice: where one of them cannot be listed, there is nothing to plan. */
  async #top(): Promise<void> {
    const [source, target] = await Promise.all([this.#source.list(""), this.#target.list("").catch(unlessMissing)]);
    // Servers tell what they can do when they are connected to.
    this.#rules = compareRules(this.#source.transport.capabilities, this.#target.transport.capabilities, this.#options);
    if (target === undefined) this.#draft.add({ action: "mkdir", path: "" });
    await this.#compare({ path: "", depth: 0, kind: "both" }, source, target ?? nothing);
  }

  async #directory(job: Job): Promise<void> {
    const { path, kind } = job;
    if (job.depth > maxDepth) return this.#draft.failSource(path, tooDeep());
    const inSource = kind === "both" || kind === "new";
    const [source, target] = await Promise.allSettled([
      inSource ? this.#source.list(path) : nothing,
      kind === "new" ? nothing : this.#target.list(job.pair?.target.path ?? path),
    ]);
    for (const result of [source, target])
      if (result.status === "rejected" && isFinal(result.reason)) throw result.reason;
    if (source.status === "rejected") this.#draft.failSource(path, toTransportError(source.reason));
    if (target.status === "rejected") {
      this.#draft.fail(path, toTransportError(target.reason));
      this.#draft.holdAll(path);
    }
    if (source.status === "rejected" || target.status === "rejected") return;
    const held = source.value.entries.length + target.value.entries.length;
    this.#held += held;
    await this.#compare(job, source.value, target.value);
    this.#held -= held;
  }

  async #compare(job: Job, source: SideListing, target: SideListing): Promise<void> {
    const { path, depth, pair } = job;
    const { filter } = this.#options;
    const { caseSensitive } = this.#target.transport.capabilities;
    this.#noteFailures(path, source, target);
    const excluded = new Set<string>();
    const wanted = source.entries.filter((entry) => {
      const takes = filter?.(entry) !== false && this.#isSound(entry);
      if (!takes) excluded.add(nameKey(entry.name, caseSensitive));
      return takes;
    });
    const { pairs, collisions } = matchEntries(wanted, target.entries, caseSensitive);
    for (const { path: at, name } of collisions)
      this.#fail(at, "already-exists", `the target does not tell ${JSON.stringify(name)} from another name`);
    let changes = 0;
    const asking: Promise<boolean>[] = [];
    for (const { source: ours, target: theirs } of pairs) {
      if (ours !== undefined) {
        const changed = this.#take(ours, theirs, depth);
        // A promise for each of many thousand files that need none would be felt.
        if (typeof changed === "boolean") changes += Number(changed);
        else asking.push(this.#answered(ours.path, changed));
      } else if (theirs !== undefined) {
        const isExcluded = excluded.has(nameKey(theirs.name, caseSensitive));
        const changed = this.#takeSurplus(theirs, job, { isExcluded, mayBeUntold: source.refused.length > 0 });
        if (typeof changed === "boolean") changes += Number(changed);
        else asking.push(changed);
      }
    }
    for (const changed of await Promise.all(asking)) changes += Number(changed);
    if (pair !== undefined) this.#setAttributes(pair.source, pair.target, changes > 0);
  }

  #noteFailures(path: string, source: SideListing, target: SideListing): void {
    for (const error of source.failures) this.#draft.failSource(path, error);
    for (const error of [...source.refused, ...target.refused, ...target.failures]) this.#draft.fail(path, error);
    if (target.refused.length + target.failures.length > 0) this.#draft.holdAll(path);
  }

  /** What the target has and the source has not. True if the directory changes; a promise where something has to be asked. */
  #takeSurplus(
    theirs: WalkedEntry,
    { kind, depth }: Job,
    { isExcluded, mayBeUntold }: { readonly isExcluded: boolean; readonly mayBeUntold: boolean },
  ): boolean | Promise<boolean> {
    const { path, name, stat } = theirs;
    const { delete: wanted = false } = this.#options;
    if (stat.type === "file" && isTempName(name)) {
      this.#draft.add({ action: "delete", path, type: "file", why: "temporary" });
      return true;
    }
    if (!wanted) return stat.type === "directory" && isTempName(name) ? this.#takeLeftover(theirs) : false;
    if (mayBeUntold || this.#isProtected(theirs, isExcluded)) {
      this.#draft.leaveOut(
        path,
        mayBeUntold ? "the source has a name beside it that cannot be told" : "the filter protects it",
      );
      this.#draft.hold(path);
      return false;
    }
    this.#remove(theirs, kind === "in-the-way" ? kind : "gone", depth);
    return true;
  }

  async #takeLeftover(theirs: WalkedEntry): Promise<boolean> {
    const isLeftover = await isLockLeftover(this.#target.transport, theirs, { signal: this.#options.signal });
    if (isLeftover) this.#draft.add({ action: "delete", path: theirs.path, type: "directory", why: "temporary" });
    return isLeftover;
  }

  #isProtected(theirs: WalkedEntry, isExcluded: boolean): boolean {
    const { filter, deleteExcluded = false } = this.#options;
    return !deleteExcluded && (isExcluded || filter?.(theirs) === false);
  }

  #remove({ path, stat: { type } }: WalkedEntry, why: "gone" | "in-the-way", depth: number): void {
    this.#draft.add({ action: "delete", path, type, why });
    if (type === "directory") this.#jobs.push({ path, depth: depth + 1, kind: why });
  }

  /** What the source has. True if the directory in the target changes; a promise where something has to be asked. */
  #take(ours: WalkedEntry, theirs: WalkedEntry | undefined, depth: number): boolean | Promise<boolean> {
    const { type } = ours.stat;
    if (type === "directory") return this.#takeDirectory(ours, theirs, depth);
    if (type === "file") return this.#takeFile(ours, theirs, depth);
    if (type === "link") return this.#takeLink(ours, theirs, depth);
    this.#fail(ours.path, "unsupported", "this is neither a file nor a directory nor a link");
    return false;
  }

  async #answered(path: string, changed: Promise<boolean>): Promise<boolean> {
    try {
      return await changed;
    } catch (error) {
      if (isFinal(error)) throw error;
      this.#draft.failSource(path, toTransportError(error));
      return false;
    }
  }

  #takeDirectory(ours: WalkedEntry, theirs: WalkedEntry | undefined, depth: number): boolean {
    const { path, stat } = ours;
    if (theirs?.stat.type === "directory") {
      this.#jobs.push({ path, depth: depth + 1, kind: "both", pair: { source: ours, target: theirs } });
      return false;
    }
    if (theirs !== undefined && !this.#makeWay(ours, theirs, depth)) return false;
    this.#draft.add({ action: "mkdir", path, ...attributesOf(stat, this.#rules) });
    this.#jobs.push({ path, depth: depth + 1, kind: "new" });
    return true;
  }

  #takeFile(ours: WalkedEntry, theirs: WalkedEntry | undefined, depth: number): boolean | Promise<boolean> {
    if (theirs?.stat.type !== "file") {
      if (theirs !== undefined && theirs.stat.type !== "link" && !this.#makeWay(ours, theirs, depth)) return false;
      return this.#copy(ours, theirs === undefined ? "new" : "type");
    }
    const { compare } = this.#rules;
    const known =
      ours.stat.sizeBytes !== theirs.stat.sizeBytes ||
      compare === "size" ||
      (compare === "size-and-mtime" && ours.stat.mtime !== undefined && theirs.stat.mtime !== undefined);
    return known ? this.#judge(ours, theirs) : this.#judgeAsking(ours, theirs);
  }

  async #judgeAsking(ours: WalkedEntry, theirs: WalkedEntry): Promise<boolean> {
    if (this.#rules.compare === "content") return await this.#judge(ours, theirs, await this.#digests(ours, theirs));
    return await this.#judge(...(await Promise.all([this.#source.timed(ours), this.#target.timed(theirs)])));
  }

  #judge(ours: WalkedEntry, theirs: WalkedEntry, digests?: Digests): boolean | Promise<boolean> {
    const why = differenceOf(ours.stat, theirs.stat, this.#rules, digests);
    if (why !== undefined) return this.#copy(ours, why);
    this.#draft.unchanged++;
    this.#setAttributes(ours, theirs, false);
    return false;
  }

  async #takeLink(ours: WalkedEntry, theirs: WalkedEntry | undefined, depth: number): Promise<boolean> {
    const { path } = ours;
    const { symlinks, local } = this.#target.transport.capabilities;
    const [text, old] = await Promise.all([
      symlinks ? this.#source.readlink(path) : "",
      theirs?.stat.type === "link" && symlinks ? this.#target.readlink(theirs.path) : undefined,
    ]);
    let refused = symlinks ? refusedLink(text, path, local ? process.platform : undefined) : "the target has no links";
    if (this.#options.preserve?.links === false) refused = "links are not wanted";
    if (refused !== undefined) this.#fail(path, "unsupported", `a link is not copied: ${refused}`);
    else if (old === text) this.#draft.unchanged++;
    else if (theirs === undefined || /^(?:link|file)$/.test(theirs.stat.type) || this.#makeWay(ours, theirs, depth)) {
      const sameType = theirs?.stat.type === "link" ? "content" : "type";
      this.#draft.add({ action: "link", path, why: theirs === undefined ? "new" : sameType });
      return true;
    }
    return false;
  }

  #copy(ours: WalkedEntry, why: CopyReason): true | Promise<true> {
    const add = ({ path, stat }: WalkedEntry): true => {
      const { sizeBytes } = stat;
      this.#draft.add({ action: "copy", path, why, sizeBytes, ...attributesOf(stat, this.#rules) });
      return true;
    };
    // The copy is to have the source's time: a listing of the target could not be compared with any other.
    const asks = this.#rules.keepsMtime && ours.stat.mtime === undefined;
    return asks ? this.#source.timed(ours).then(add) : add(ours);
  }

  async #digests(ours: WalkedEntry, theirs: WalkedEntry): Promise<Digests> {
    const [source, target] = await Promise.all([this.#source.digest(ours.path), this.#target.digest(theirs.path)]);
    return { source, target };
  }

  /** `changed`: the directory may get another time, when what is in it changes. */
  #setAttributes({ path, stat }: WalkedEntry, { path: there, stat: old }: WalkedEntry, changed: boolean): void {
    const rules = this.#rules;
    const { mtimeMs } = attributesOf(stat, rules);
    const lost = changed && mtimeMs !== undefined && old.mtime !== undefined ? { mtimeMs } : undefined;
    const attributes = attributesToSet(stat, old, rules);
    const action: SyncAction = { action: "attributes", path, type: stat.type, ...attributes, ...lost };
    if (attributes !== undefined) this.#draft.add(action);
    else if (lost !== undefined) this.#draft.addIfChanged(there, action);
  }

  /** Has what is in the way of something of another kind removed, where that is allowed. */
  #makeWay(ours: WalkedEntry, theirs: WalkedEntry, depth: number): boolean {
    const { type } = theirs.stat;
    const code = type === "directory" ? "is-a-directory" : "not-a-directory";
    if (type === "other") this.#fail(ours.path, "already-exists", "what is in the way is no file, directory or link");
    else if (this.#options.delete !== true)
      this.#fail(ours.path, code, `a ${type} is in the way`, "`delete: true` replaces it");
    else if (this.#isProtected(theirs, false))
      this.#fail(ours.path, code, `a ${type} that the filter protects is in the way`);
    else {
      this.#draft.replace(theirs.path, ours.path);
      this.#remove(theirs, "in-the-way", depth);
      return true;
    }
    // What is in the way stays, and all that it is in.
    this.#draft.hold(theirs.path);
    return false;
  }

  /** Whether an entry of the source can be one of the target; what cannot is reported. */
  #isSound({ name, path, stat }: WalkedEntry): boolean {
    const { local, controlCharactersInNames } = this.#target.transport.capabilities;
    if (stat.type === "file" && isTempName(name)) {
      this.#draft.leaveOut(path, "an interrupted write left it behind in the source");
      return false;
    }
    const unwritable = !controlCharactersInNames && /\p{Cc}/u.test(name) ? "it has control characters" : undefined;
    const refused = refusedName(name, local ? process.platform : undefined) ?? unwritable;
    if (refused !== undefined) this.#fail(path, "invalid-path", `the name is refused: ${refused}`);
    return refused === undefined;
  }

  #fail(path: string, code: ErrorCode, reason: string, hint?: string): void {
    const url = this.#source.transport.abspath(path);
    this.#draft.fail(path, new TransportError(code, reason, { operation: "sync", url, path, hint }));
  }
}

function unlessMissing(error: unknown): undefined {
  if (!isTransportError(error, "not-found")) throw error;
}

function tooDeep(): TransportError {
  return new TransportError("protocol-error", `there are more than ${maxDepth} directories inside one another`, {
    operation: "list",
  });
}
