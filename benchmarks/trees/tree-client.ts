import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Run } from "../peers/run-commands.ts";
import { TimeIsUp, runCommands } from "../peers/run-commands.ts";
import type { Transfer, TransferPeer } from "../peers/transfer.ts";
import type { Contender } from "../rounds.ts";
import { median } from "../statistics.ts";
import { manifestOf } from "./made-tree.ts";
import { removal } from "./server-folder.ts";
import type { TreePlace } from "./tree-place.ts";
import { treeName } from "./tree-place.ts";

/** Copies a place's tree again and again, each time to a target that is not there, which is compared byte for byte and removed. */
export class TreeClient implements Contender {
  readonly name: string;
  readonly peer: TransferPeer;
  readonly #place: TreePlace;
  readonly #action: Transfer["action"];
  readonly #limitMs: number;
  readonly #runs: Pick<Run, "ms" | "cpuMs">[] = [];
  /** Connections that the server accepted in the last run. */
  connections = 0;
  /** Whether it was ended because it took longer than the limit: then that is its time. */
  ended = false;

  constructor(peer: TransferPeer, place: TreePlace, action: Transfer["action"], limitMs: number) {
    this.name = peer.name;
    this.peer = peer;
    this.#place = place;
    this.#action = action;
    this.#limitMs = limitMs;
  }

  /** Medians for the whole process, how long it lived and what of the processor it took, in milliseconds; undefined where it was ended. */
  get process(): { readonly ms: number; readonly cpuMs: number } | undefined {
    if (this.#runs.length === 0) return undefined;
    return { ms: median(this.#runs.map(({ ms }) => ms)), cpuMs: median(this.#runs.map(({ cpuMs }) => cpuMs)) };
  }

  async run(): Promise<number> {
    const { destination, network, content, folder } = this.#place;
    const copy = join(folder, "copy");
    const [local, remote] = this.#action === "put" ? [join(folder, treeName), "copy"] : [copy, treeName];
    const transfer: Transfer = { action: this.#action, what: "tree", local, remote, content };
    const before = await this.#place.accepted();
    try {
      const commands = await this.peer.commands(transfer, destination);
      const run = await runCommands(commands, network.wrap, this.#limitMs);
      this.connections = (await this.#place.accepted()) - before;
      await this.#check(copy);
      this.#runs.push(run);
      return this.peer.measuresItself === true ? (JSON.parse(run.output) as { readonly ms: number }).ms : run.ms;
    } catch (error) {
      if (!(error instanceof TimeIsUp)) throw error;
      this.connections = (await this.#place.accepted()) - before;
      this.ended = true;
      return this.#limitMs;
    } finally {
      await (this.#action === "put" ? this.#place.there.remove("copy") : rm(copy, removal));
    }
  }

  async #check(copy: string): Promise<void> {
    const manifest = this.#action === "put" ? await this.#place.there.manifest("copy") : await manifestOf(copy);
    if (manifest !== this.#place.manifest) throw new Error(`what ${this.name} copied is not the tree`);
  }
}
