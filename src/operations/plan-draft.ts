import { TransportError } from "../errors/transport-error.ts";
import type { LeftOut, SyncAction, SyncPlan } from "./sync-actions.ts";
import type { TreeFailure } from "./tree-options.ts";

/** A plan that is being made, in whatever order the listings arrive. */
export class PlanDraft {
  readonly #removals: SyncAction[] = [];
  readonly #directories: SyncAction[] = [];
  readonly #files: SyncAction[] = [];
  readonly #deletions: SyncAction[] = [];
  readonly #attributes: SyncAction[] = [];
  /** What gives a directory of the target its time again. */
  readonly #restored = new Map<string, SyncAction>();
  readonly #leftOut: LeftOut[] = [];
  readonly #failures: TreeFailure[] = [];
  /** Directories of the target in which something stays, whatever is deleted. */
  readonly #holding = new Set<string>();
  /** What is removed from the target, with what comes in its place. */
  readonly #replaced = new Map<string, string>();
  #sourceFailed = false;
  unchanged = 0;

  add(action: SyncAction): void {
    if (action.action === "mkdir") this.#directories.push(action);
    else if (action.action === "attributes") this.#attributes.push(action);
    else if (action.action !== "delete") this.#files.push(action);
    else if (action.why === "gone") this.#deletions.push(action);
    else this.#removals.push(action);
  }

  /** Adds what is only to be done if anything in a directory of the target is: what was to be deleted may stay. */
  addIfChanged(directory: string, action: SyncAction): void {
    this.#restored.set(directory, action);
  }

  /** What is in the target's `old` path is removed for what is in the source's `path`: the same, but where the target does not tell their letters apart. */
  replace(old: string, path: string): void {
    this.#replaced.set(old, path);
  }

  leaveOut(path: string, why: string): void {
    this.#leftOut.push({ path, why });
  }

  /** Something in the target stays: so does every directory that it is in. */
  hold(path: string): void {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      if (this.#holding.has(above)) return;
      this.#holding.add(above);
    }
  }

  /** The same for whatever is in a directory. */
  holdAll(directory: string): void {
    this.hold(`${directory}/`);
  }

  fail(path: string, error: TransportError): void {
    this.#failures.push({ path, error });
  }

  /** Something of the source could not be looked at, so that nobody knows what is not in it. */
  failSource(path: string, error: TransportError): void {
    this.#sourceFailed = true;
    this.fail(path, error);
  }

  /** The plan, in the order of its execution: what is in the way, directories before what is in them, what is gone, and at last what changes with all that. */
  finish(): SyncPlan {
    const stuck = this.#stuck();
    const isFree = ({ path }: SyncAction): boolean => !isWithin(path, stuck);
    const planned = [
      ...this.#removals.toSorted(innermostFirst),
      ...this.#directories.toSorted(outermostFirst),
      ...this.#files.toSorted(outermostFirst),
      ...this.#allowedDeletions().toSorted(innermostFirst),
    ];
    const changes = stuck.size === 0 ? planned : planned.filter(isFree);
    const attributes = [...this.#attributes, ...this.#restoredAfter(changes)];
    return {
      actions: [...changes, ...attributes.filter(isFree).toSorted(innermostFirst)],
      unchanged: this.unchanged,
      leftOut: this.#leftOut.toSorted(outermostFirst),
      failures: this.#failures,
    };
  }

  /** What cannot be replaced, because something of it stays. */
  #stuck(): ReadonlySet<string> {
    const stuck = new Set<string>();
    for (const [old, path] of this.#replaced) {
      if (!this.#sourceFailed && !this.#holding.has(old)) continue;
      stuck.add(old).add(path);
      const why = this.#sourceFailed ? notAllOfSource : "something in it is not to be deleted";
      this.fail(path, new TransportError("already-exists", `what is in the way stays: ${why}`, { path }));
    }
    return stuck;
  }

  #restoredAfter(changes: readonly SyncAction[]): readonly SyncAction[] {
    if (this.#restored.size === 0) return [];
    const changed = new Set(changes.map(({ path }) => path.slice(0, Math.max(0, path.lastIndexOf("/")))));
    return [...this.#restored]
      .filter(([directory, { path }]) => changed.has(directory) || changed.has(path))
      .map(([, action]) => action);
  }

  #allowedDeletions(): readonly SyncAction[] {
    if (this.#sourceFailed && this.#deletions.length > 0) {
      const count = this.#deletions.length;
      this.fail("", new TransportError("unexpected", `nothing is deleted (${count} planned): ${notAllOfSource}`));
      return [];
    }
    return this.#deletions.filter(({ path }) => {
      const holds = this.#holding.has(path);
      if (holds) this.leaveOut(path, "something in it stays");
      return !holds;
    });
  }
}

const notAllOfSource = "not all of the source could be looked at";

function outermostFirst(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path < other.path ? -1 : one.path > other.path ? 1 : 0;
}

function innermostFirst(one: SyncAction, other: SyncAction): number {
  return outermostFirst(other, one);
}

function isWithin(path: string, tops: ReadonlySet<string>): boolean {
  if (tops.has(path)) return true;
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    if (tops.has(path.slice(0, end))) return true;
  return false;
}
