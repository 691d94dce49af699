import { TransportError, isTransportError } from "../errors/transport-error.ts";
import type { Stat } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import { setDirectoryAttributes } from "./directory-attributes.ts";
import { deleteLockLeftover } from "./lock-leftover.ts";
import { refuseOverlap } from "./one-wire.ts";
import type { SyncAction, SyncOptions, SyncPlan } from "./sync-actions.ts";
import { planSync, totalsOf } from "./sync-plan.ts";
import { TreeCopier } from "./tree-copier.ts";
import type { TreeReport } from "./tree-options.ts";

/**
 * Makes the target's base hold what the source's does: plans it, and does it. What is the same already is not touched; nothing is deleted unless
 * `delete` says so. What fails is in the report, and the rest goes on; to go on where a sync was interrupted, sync again.
 *
 * @throws TransportError as `planSync`, and whatever ends all of it: the disk is full, the connection is gone for good, `aborted`
 */
export async function sync(source: Transport, target: Transport, options: SyncOptions = {}): Promise<TreeReport> {
  return await applySync(await planSync(source, target, options), source, target, options);
}

/**
 * Does what a plan says, with the options that it was made with. Files are copied before anything is deleted, and nothing is deleted if one of them could not
 * be: it might have been moved.
 */
export async function applySync(
  plan: SyncPlan,
  source: Transport,
  target: Transport,
  options: SyncOptions = {},
): Promise<TreeReport> {
  await refuseOverlap({ source, target }, { deletes: options.delete === true });
  if (options.dryRun === true) return pretend(plan, options);
  return await new SyncExecution(plan, source, target, options).run();
}

type Deletion = Extract<SyncAction, { readonly action: "delete" }>;
type Setting = Extract<SyncAction, { readonly action: "attributes" }>;

class SyncExecution {
  readonly #plan: SyncPlan;
  readonly #target: Transport;
  readonly #signal: AbortSignal | undefined;
  readonly #copier: TreeCopier;

  constructor(plan: SyncPlan, source: Transport, target: Transport, options: SyncOptions) {
    const preserve = { ...options.preserve, mtime: options.preserve?.mtime ?? true };
    this.#plan = plan;
    this.#target = target;
    this.#signal = options.signal;
    this.#copier = new TreeCopier({ source, target }, { ...options, preserve }, { planned: true });
  }

  async run(): Promise<TreeReport> {
    const copier = this.#copier;
    const { actions, failures, unchanged } = this.#plan;
    for (const { path, error } of failures) copier.fail(path, error);
    copier.unchanged(unchanged);
    const deletions = actions.filter((action) => action.action === "delete");
    await this.#delete(deletions.filter(({ why }) => why !== "gone"));
    const failedBefore = copier.meter.failures;
    await this.#write();
    const gone = deletions.filter(({ why }) => why === "gone");
    if (copier.meter.failures === failedBefore) await this.#delete(gone);
    else if (gone.length > 0) copier.fail("", nothingDeleted(gone.length));
    await this.#each(
      actions.filter((action) => action.action === "attributes"),
      (setting) => copier.work(setting.path, () => this.#set(setting)),
    );
    return await copier.finish();
  }

  /** Directories, files and links; each waits for the directory that it is in, and for nothing else. */
  async #write(): Promise<void> {
    const copier = this.#copier;
    const made = new Set(this.#plan.actions.filter(({ action }) => action === "mkdir").map(({ path }) => path));
    await this.#each(this.#plan.actions, (action) => {
      const { path } = action;
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      const name = path.slice(path.lastIndexOf("/") + 1);
      if (action.action === "delete" || action.action === "attributes") return;
      if (path === "") return copier.top();
      if (!made.has(parent)) copier.present(parent);
      if (action.action === "mkdir") copier.directory(path, statOf("directory", action));
      else if (action.action === "copy") copier.copy({ name, path, stat: statOf("file", action) });
      else copier.copy({ name, path, stat: statOf("link", {}) });
    });
    copier.meter.listed = true;
    await copier.settled();
  }

  /** Files first, all at once; then directories, the innermost first. */
  async #delete(deletions: readonly Deletion[]): Promise<void> {
    const byDepth = new Map<number, Deletion[]>();
    for (const deletion of deletions) {
      const depth = deletion.type === "directory" ? deletion.path.split("/").length : Infinity;
      const others = byDepth.get(depth);
      if (others === undefined) byDepth.set(depth, [deletion]);
      else others.push(deletion);
    }
    for (const [, together] of [...byDepth].toSorted(([one], [other]) => other - one)) {
      await this.#each(together, (deletion) => this.#copier.work(deletion.path, () => this.#deleteOne(deletion)));
      await this.#copier.settled();
    }
  }

  async #deleteOne({ path, type, why }: Deletion): Promise<void> {
    const how = { signal: this.#signal };
    try {
      if (type !== "directory") await this.#target.delete(path, how);
      else if (why === "temporary") await deleteLockLeftover(this.#target, path, how);
      else await this.#target.rmdir(path, how);
    } catch (error) {
      // Where directories are no more than names of files (S3), they go with the last one.
      if (!isTransportError(error, "not-found")) throw error;
    }
    this.#copier.did({ action: "delete", path, bytes: 0 });
  }

  async #set({ path, type, mode, mtimeMs }: Setting): Promise<void> {
    const attributes = { mode, mtime: mtimeMs === undefined ? undefined : new Date(mtimeMs) };
    const how = { signal: this.#signal };
    if (type === "directory") await setDirectoryAttributes(this.#target, path, attributes, how);
    else await this.#target.setAttributes(path, attributes, how);
    this.#copier.did({ action: "attributes", path, bytes: 0 });
  }

  async #each<Action>(actions: readonly Action[], begin: (action: Action) => void): Promise<void> {
    for (const action of actions) {
      if (this.#copier.ended) return;
      await this.#copier.room();
      begin(action);
    }
  }
}

interface KnownOfFile {
  readonly sizeBytes?: number;
  readonly mode?: number;
  readonly mtimeMs?: number;
}

function statOf(type: Stat["type"], { sizeBytes = 0, mode, mtimeMs }: KnownOfFile): Stat {
  return {
    type,
    sizeBytes,
    ...(mode === undefined ? {} : { mode }),
    ...(mtimeMs === undefined ? {} : { mtime: new Date(mtimeMs) }),
  };
}

function nothingDeleted(count: number): TransportError {
  return new TransportError("unexpected", `nothing was deleted (${count} planned), because not everything was copied`, {
    operation: "sync",
  });
}

/** What `dryRun` answers: the plan's own numbers. */
function pretend(plan: SyncPlan, { onDone, onFailure }: SyncOptions): TreeReport {
  for (const action of plan.actions)
    onDone?.({
      action: action.action,
      path: action.path,
      bytes: action.action === "copy" ? action.sizeBytes : 0,
    });
  for (const failure of plan.failures) onFailure?.(failure);
  return { ...totalsOf(plan), unchanged: plan.unchanged, failures: plan.failures };
}
