import { setImmediate } from "node:timers/promises";

import type { Transport } from "samewire";
import { TransportError, isTransportError } from "samewire";

import type { Piece } from "./content.ts";
import type { Deed } from "./deed.ts";
import { chooseDeed } from "./deed.ts";
import type { Done } from "./doing.ts";
import { isTroubleOnTheWay } from "./doing.ts";
import type { Ledger } from "./ledger.ts";
import { perform } from "./perform.ts";
import type { Prediction } from "./prediction.ts";
import { predict } from "./prediction.ts";
import type { Random } from "./random.ts";
import type { Watchdog } from "./watchdog.ts";
import type { LooseWorld, World } from "./world.ts";
import { emptyWorld, isFile, loose } from "./world.ts";

/** A directory that its clone has left, since nobody could say what a deed did in it: it must be one of these. */
export interface LeftDirectory {
  /** Below the root of the server, as it is on its disk. */
  readonly directory: string;
  readonly worlds: readonly LooseWorld[];
  /** What left it so. */
  readonly because: string;
}

/** What all clones of a run have in common. */
export interface SoakRun {
  readonly ledger: Ledger;
  readonly watchdog: Watchdog;
  /** For whatever is not aborted: nothing may go on listening to it. */
  readonly lasting: AbortSignal;
  /** Whether locks that the server keeps are gone once it is started anew. */
  readonly forgetsLocks: boolean;
  /** Is given each directory that a clone leaves. */
  left(directory: LeftDirectory): void;
}

/**
 * One clone and what it knows to be there. It does one thing after another in a directory of its own, so that it knows what must be in it. After something of
 * which nobody knows whether it happened it goes on in a new directory: what is in the old one is looked at later, when nothing is on its way any more.
 */
export class SoakClone {
  readonly #name: string;
  readonly #home: Transport;
  readonly #path: string;
  readonly #random: Random;
  readonly #run: SoakRun;
  #generation = 0;
  #writes = 0;
  #transport: Transport | undefined;
  #world: World = emptyWorld;
  /** What it did in this directory: deeds, and what came of each. */
  #history: string[] = [];

  /** `home` need not be there; `path` is where it is below the server's root. */
  constructor(name: string, home: Transport, path: string, random: Random, run: SoakRun) {
    this.#name = name;
    this.#home = home;
    this.#path = path;
    this.#random = random;
    this.#run = run;
  }

  /** Where it is now, with what must be there, to be looked at from the other side; undefined before that was made. */
  get here(): LeftDirectory | undefined {
    if (this.#transport === undefined) return undefined;
    return { directory: this.directory, worlds: [loose(this.#world)], because: `${this.#name}${this.#before()}` };
  }

  /** Where it is now, below the server's root. */
  get directory(): string {
    return `${this.#path}/${this.#generation}`;
  }

  /** The transport of that directory; undefined before it was made. */
  get transport(): Transport | undefined {
    return this.#transport;
  }

  /** What must be in it. */
  get world(): World {
    return this.#world;
  }

  /** Does the next thing. Never rejects: what is wrong is in the ledger. */
  async step(): Promise<void> {
    const { ledger } = this.#run;
    ledger.operations++;
    if (this.#transport === undefined) return await this.#settle();
    const transport = this.#transport;
    const deed = chooseDeed(this.#random);
    ledger.count(ledger.verbs, deed.verb);
    const piece = (bytes: number): Piece => ({ writer: this.#name, write: ++this.#writes, bytes });
    const prediction = predict(this.#world, deed, { capabilities: transport.capabilities, piece });
    const what = describe(deed);
    const watched = this.#run.watchdog.watch(`${this.#name} in ${this.directory}: ${what}`);
    const abort = new AbortController();
    // A stream that nobody ever reads may listen for as long as it is there.
    const isForgotten = deed.verb === "get" && deed.ending === "forget";
    const signal = deed.abortAfter === undefined && !isForgotten ? this.#run.lasting : abort.signal;
    if (deed.abortAfter !== undefined) void abortAfter(abort, deed.abortAfter);
    try {
      const { forgetsLocks } = this.#run;
      const done = await perform(deed, { transport, world: this.#world, prediction, signal, forgetsLocks, piece });
      this.#done(prediction, done, what);
    } catch (error) {
      this.#failed(deed, prediction, error, what);
    } finally {
      watched.settled();
    }
  }

  /** Makes the directory that it is in. Where that fails on the way it is tried again the next time. */
  async #settle(): Promise<void> {
    const { ledger, watchdog } = this.#run;
    const here = this.#home.clone(`./${this.#generation}`);
    const watched = watchdog.watch(`${this.#name}: createPrefix of ${this.directory}`);
    ledger.count(ledger.verbs, "createPrefix");
    try {
      await here.createPrefix();
      this.#transport = here;
    } catch (error) {
      if (isTroubleOnTheWay(error)) this.#note(String(error));
      else this.#wrong(`createPrefix: ${String(error)}`);
    } finally {
      watched.settled();
    }
  }

  #done(prediction: Prediction, { wrong, torn = false, seen = [] }: Done, what: string): void {
    const { refused, after } = prediction;
    for (const content of seen) this.#run.ledger.saw(content);
    if (wrong !== undefined) this.#wrong(`${what}: ${wrong}`);
    else if (refused !== undefined) this.#wrong(`${what}: succeeded, and must be refused: ${refused.join(", ")}`);
    else if (!torn) return this.#acknowledged(after, what);
    this.#leave(`${what}: stopped in the middle`, prediction);
  }

  #failed(deed: Deed, prediction: Prediction, error: unknown, what: string): void {
    const { refused, mayBeRefused, after, beside } = prediction;
    if (!(error instanceof TransportError)) {
      this.#wrong(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
      return this.#leave(what, prediction);
    }
    const { code, effect, message } = error;
    const told = `${what}: ${message} (effect ${effect})`;
    if ([...(refused ?? []), ...(mayBeRefused ?? [])].includes(code)) {
      this.#run.ledger.refused++;
    } else if (isTroubleOnTheWay(error) || isAnswerToRepetition(error)) {
      this.#run.ledger.count(this.#run.ledger.troubles, `${code}/${effect}`);
    } else {
      this.#wrong(`${told}: must ${refused === undefined ? "succeed" : `be refused: ${refused.join(", ")}`}`);
      return this.#leave(told, prediction);
    }
    if (code === "aborted" && deed.abortAfter === undefined) this.#wrong(`${told}: nobody aborted it`);
    if (reads.has(deed.verb)) {
      if (effect !== "none") this.#wrong(`${told}: what only looks has no effect`);
      this.#note(told);
    } else if (effect === "unknown" || throughFiles.has(deed.verb)) {
      this.#leave(told, prediction);
    } else if (effect === "none" && beside !== undefined) {
      this.#leave(told, { after: this.#world, beside });
    } else if (effect === "none") {
      this.#note(told);
    } else {
      if (refused !== undefined) this.#wrong(`${told}: says that it was done, and must be refused`);
      this.#acknowledged(after, told);
    }
  }

  #acknowledged(after: World, what: string): void {
    const { ledger } = this.#run;
    if (after !== this.#world) ledger.acknowledged++;
    for (const item of after.values()) if (isFile(item)) ledger.acknowledge(item);
    this.#world = after;
    this.#note(what);
  }

  #note(what: string): void {
    this.#history.push(what);
    if (this.#history.length > mostTold) this.#history.shift();
  }

  #wrong(what: string): void {
    this.#run.ledger.wrong(`${this.#name} in ${this.directory}: ${what}${this.#before()}`);
  }

  /** What led to it, the last first. */
  #before(): string {
    return this.#history
      .toReversed()
      .map((what) => `\n    after ${what}`)
      .join("");
  }

  /** Goes on in a new directory: what is in this one is what was there before, or what is there after, or something between. */
  #leave(because: string, { after, between, beside }: Prediction): void {
    const worlds = [loose(this.#world), loose(after), between, beside].filter((world) => world !== undefined);
    this.#run.left({ directory: this.directory, worlds, because: `${this.#name}: ${because}${this.#before()}` });
    this.#generation++;
    this.#transport = undefined;
    this.#world = emptyWorld;
    this.#history = [];
  }
}

/** What was repeated after its answer was lost may be refused for what it did the first time. */
function isAnswerToRepetition(error: TransportError): boolean {
  return error.effect === "unknown" && isTransportError(error, "not-found", "already-exists");
}

/** Deeds that are told with one that is wrong. */
const mostTold = 12;

const reads: ReadonlySet<string> = new Set([
  "get",
  "getBytes",
  "readv",
  "stat",
  "has",
  "list",
  "walk",
  "download",
] satisfies Deed["verb"][]);

const throughFiles: ReadonlySet<string> = new Set(["copyTree", "sync", "upload"] satisfies Deed["verb"][]);

function describe({ verb, ...rest }: Deed): string {
  return `${verb} ${JSON.stringify(rest, (_key, value: unknown) => (value instanceof Map ? [...value] : value))}`;
}

async function abortAfter(controller: AbortController, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await setImmediate();
  controller.abort();
}
