import type { Compare, GlobOptions, SyncOptions, Transport, TreeDeed, TreeReport } from "samewire";
import { TransportError, copyTree, getTransport, globs, planSync, sync } from "samewire";
import { faulty, memoryStore } from "samewire/testing";
import { describe, expect, it, onTestFailed } from "vitest";

import { isTempName } from "../../src/transport/temp-name.ts";
import { Random } from "../../benchmarks/soak/random.ts";
import type { Thing, Tree } from "./random-tree.ts";
import { changedTree, nameOf, putTree, randomTree, told, treeIn } from "./random-tree.ts";
import type { Outcome } from "./tree-model.ts";
import { modelOfCopy, modelOfSync } from "./tree-model.ts";

/** A failure prints its seed, and what was done; `SAMEWIRE_TEST_SEEDS=first-last` runs others, or more of them. */
const [first = 1, last = 120] = (process.env["SAMEWIRE_TEST_SEEDS"] ?? "1-120").split("-").map(Number);
const perTest = 20;

type Work = (source: Transport, target: Transport, options: SyncOptions) => Promise<TreeReport>;

interface Kind {
  readonly work: Work;
  /** The same after an interruption. */
  readonly again: Work;
  readonly model: (source: Tree, before: Tree | undefined, options: SyncOptions) => Outcome;
  readonly modelAgain: (source: Tree, before: Tree | undefined, options: SyncOptions) => Outcome;
}

const resumed: Work = (source, target, options) => copyTree(source, target, { ...options, resume: true });
const modelOfResumed: Kind["model"] = (source, before, options) =>
  modelOfCopy(source, before, { ...options, resume: true });

const kinds: Readonly<Record<string, Kind>> = {
  sync: { work: sync, again: sync, model: modelOfSync, modelAgain: modelOfSync },
  copyTree: { work: copyTree, again: resumed, model: modelOfCopy, modelAgain: modelOfResumed },
  resumed: { work: resumed, again: resumed, model: modelOfResumed, modelAgain: modelOfResumed },
};

/** One seed: a source, a target, and what is beside them, changed and copied a few times. */
class Case {
  readonly steps: string[] = [];
  readonly #random: Random;
  readonly #stores: readonly [string, string];

  constructor(seed: number) {
    this.#random = new Random(seed);
    const isOneStore = this.#random.chance(0.5);
    this.#stores = [`trees-${seed}`, isOneStore ? `trees-${seed}` : `other-trees-${seed}`];
  }

  async run(): Promise<void> {
    const random = this.#random;
    for (const name of this.#stores) {
      const { tree } = memoryStore(name);
      putTree(tree, "/outside", new Map([["precious", { type: "file", text: "kept", mode: 0o600, mtimeMs: 1 }]]));
    }
    let source = randomTree(random);
    this.#put("source", source);
    if (random.chance(0.8)) this.#put("target", changedTree(random.chance(0.8) ? source : randomTree(random), random));
    for (let round = random.whole(1, 3); round > 0; round--) {
      await this.#round();
      this.#put("source", (source = changedTree(source, random)));
    }
  }

  async #round(): Promise<void> {
    const random = this.#random;
    const title = random.weighted({ sync: 4, copyTree: 2, resumed: 1 });
    const kind = kinds[title] as Kind;
    const [plain, patterns] = [randomOptions(random), randomPatterns(random)];
    this.#step(`${title} ${JSON.stringify({ ...plain, ...patterns })}`);
    const options = patterns === undefined ? plain : { ...plain, filter: globs(patterns) };
    await using source = getTransport(`memory://${this.#stores[0]}/source/`);
    await using target =
      this.#stores[0] === this.#stores[1]
        ? source.clone("../target")
        : getTransport(`memory://${this.#stores[1]}/target/`);
    const interrupted = random.chance(0.4);
    if (interrupted) await this.#interrupted(kind, source, target, options);
    await this.#whole(kind, interrupted, source, target, options);
    if (kind.work === sync) await this.#nothingLeft(source, target, options);
    if (random.chance(0.2)) await this.#deleted(target);
  }

  /** A run that is let alone, after one that was to change nothing. */
  async #whole(kind: Kind, again: boolean, source: Transport, target: Transport, options: SyncOptions): Promise<void> {
    const [from, before] = [this.#tree("source") as Tree, this.#tree("target")];
    const wanted = (again ? kind.modelAgain : kind.model)(from, before, options);
    const around = this.#around();
    const work = again ? kind.again : kind.work;
    const dry = await deedsOf(work, source, target, { ...options, dryRun: true });
    expect(this.#around()).toEqual(around);
    expect(told(this.#tree("target"))).toEqual(told(before));
    this.#step(`target before: ${told(before).join("\n    ")}`);
    const real = await deedsOf(work, source, target, options);
    this.#step(`target after: ${told(this.#tree("target")).join("\n    ")}`);
    expect(this.#around()).toEqual(around);
    expect(told(asModel(this.#tree("target"), wanted.tree))).toEqual(told(wanted.tree));
    const { tree: _tree, ...counts } = wanted;
    expect(real.report).toEqual(counts);
    expect(dry).toEqual(real);
  }

  /** What was done is not done again. */
  async #nothingLeft(source: Transport, target: Transport, options: SyncOptions): Promise<void> {
    const before = told(this.#tree("target"));
    expect((await planSync(source, target, options)).actions).toEqual([]);
    const report = await sync(source, target, options);
    expect(report).toMatchObject({ files: 0, directories: 0, links: 0, bytes: 0, deleted: 0 });
    expect(told(this.#tree("target"))).toEqual(before);
  }

  /** A run to which something happens. */
  async #interrupted({ work }: Kind, source: Transport, target: Transport, options: SyncOptions): Promise<void> {
    const random = this.#random;
    const how = random.pick(["before", "after", "denied", "abort", "severed"] as const);
    const [at, every] = [random.whole(1, 60), random.chance(0.3)];
    this.#step(`interrupted: ${how} at ${at}${every ? " and all that comes later" : ""}`);
    const before = this.#tree("target") ?? new Map<string, Thing>();
    const [from, around] = [this.#tree("source") as Tree, this.#around()];
    const abort = new AbortController();
    let calls = 0;
    const meddled = (transport: Transport): Transport =>
      faulty(transport, () => {
        const call = ++calls;
        if (call < at || (call > at && !every)) return undefined;
        if (how === "denied") return new TransportError("permission-denied", "not for you");
        if (how === "before" || how === "after") return how;
        if (how === "abort") abort.abort();
        else for (const name of this.#stores) memoryStore(name).sever();
        return undefined;
      });
    const running = work(meddled(source), meddled(target), { ...options, signal: abort.signal });
    this.#step(
      `ended with ${await running.then(({ failures }) => failures.map(({ path, error }) => `${path}: ${String(error)}`).join("; "), String)}`,
    );
    // A lost connection leaves a temporary to the next one.
    for (const transport of [source, target]) await transport.has("");
    expect(this.#around()).toEqual(around);
    this.#isSound(from, before, options);
  }

  /** After an interruption each file is old or new, and what is only in the target is there. */
  #isSound(source: Tree, before: Tree, { atomic, delete: deletes }: SyncOptions): void {
    const after = this.#tree("target") ?? new Map<string, Thing>();
    for (const [path, { type, text }] of after) {
      if (type !== "file" || atomic === false || isTempName(nameOf(path))) continue;
      expect([before.get(path)?.text, source.get(path)?.text], path).toContain(text);
    }
    if (deletes === true) return;
    for (const [path, thing] of before)
      if (!source.has(path) && !isTempName(nameOf(path))) expect(after.get(path)?.text, path).toBe(thing.text);
  }

  async #deleted(target: Transport): Promise<void> {
    const before = this.#tree("target") as Tree;
    if (before.size === 0) return;
    const path = this.#random.pick([...before.keys()]);
    this.#step(`deleteTree ${path}`);
    const around = this.#around();
    await target.deleteTree(path);
    expect(this.#around()).toEqual(around);
    const left = [...before.keys()].filter((at) => at !== path && !at.startsWith(`${path}/`));
    expect([...(this.#tree("target") as Tree).keys()].toSorted()).toEqual(left.toSorted());
  }

  #put(side: "source" | "target", tree: Tree): void {
    putTree(memoryStore(this.#stores[side === "source" ? 0 : 1]).tree, `/${side}`, tree);
    this.#step(`${side}: ${told(tree).join("\n    ")}`);
  }

  #tree(side: "source" | "target"): Tree | undefined {
    return treeIn(memoryStore(this.#stores[side === "source" ? 0 : 1]).tree, `/${side}`);
  }

  /** All that is not in the target. */
  #around(): readonly (readonly string[])[] {
    return this.#stores.map((name) =>
      told(treeIn(memoryStore(name).tree, "/")).filter(
        (line) => !line.startsWith('"target/') && !line.startsWith('"target"'),
      ),
    );
  }

  #step(text: string): void {
    this.steps.push(text);
  }
}

function randomOptions(random: Random): SyncOptions {
  const preserve = {
    ...(random.chance(0.4) ? { mode: random.pick([true, false, "exact"] as const) } : {}),
    ...(random.chance(0.4) ? { mtime: random.chance(0.5) } : {}),
    ...(random.chance(0.1) ? { links: false } : {}),
  };
  const compare = random.pick(["size-and-mtime", "size", "content"] satisfies Compare[]);
  return {
    ...(random.chance(0.5) ? { delete: true } : {}),
    ...(random.chance(0.2) ? { deleteExcluded: true } : {}),
    ...(random.chance(0.5) ? { compare } : {}),
    ...(random.chance(0.5) ? { preserve } : {}),
    ...(random.chance(0.3) ? { atomic: random.chance(0.5) } : {}),
    ...(random.chance(0.3) ? { verify: random.pick(["size", "content"] as const) } : {}),
    ...(random.chance(0.2) ? { limits: { maxFiles: 1, maxBytes: 1 } } : {}),
  };
}

function randomPatterns(random: Random): GlobOptions | undefined {
  const pattern = random.pick(["*.tmp", "/a", "b*", "a/", "**/c*", "[ab]*", "%2e", " "]);
  return random.pick([undefined, undefined, undefined, { exclude: pattern }, { include: pattern }]);
}

async function deedsOf(
  work: Work,
  source: Transport,
  target: Transport,
  options: SyncOptions,
): Promise<{ readonly deeds: readonly string[]; readonly report: object }> {
  const deeds: string[] = [];
  const onDone = ({ action, path, bytes }: TreeDeed): void => void deeds.push(`${action} ${path} ${bytes}`);
  const { failures, ...counts } = await work(source, target, { ...options, onDone });
  const failed = failures.map(({ path, error }) => `${path}: ${error.code}`).toSorted();
  return { deeds: deeds.toSorted(), report: { ...counts, failures: failed } };
}

/** What the model does not say is left out. */
function asModel(tree: Tree | undefined, wanted: Tree): Tree | undefined {
  return (
    tree &&
    new Map(
      [...tree].map(([path, thing]) => {
        const { mode, mtimeMs } = wanted.get(path) ?? thing;
        return [
          path,
          {
            ...thing,
            mode: mode === undefined ? undefined : thing.mode,
            mtimeMs: mtimeMs === undefined ? undefined : thing.mtimeMs,
          },
        ];
      }),
    )
  );
}

describe("random trees are copied and synced as a model says", () => {
  for (let from = first; from <= last; from += perTest) {
    const to = Math.min(last, from + perTest - 1);
    it(`with the seeds from ${from} to ${to}`, async () => {
      let [now, steps]: [number, readonly string[]] = [from, []];
      onTestFailed(() => console.error(`SAMEWIRE_TEST_SEEDS=${now}-${now}\n  ${steps.join("\n  ")}`));
      for (now = from; now <= to; now++) {
        const random = new Case(now);
        steps = random.steps;
        await random.run();
      }
    });
  }
});
