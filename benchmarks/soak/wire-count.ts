import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { existsSync, readFileSync } from "node:fs";

import type { ConnectionEvents } from "samewire";

import type { SoakPlace } from "./places/soak-place.ts";

/** How many wires a key had. */
export interface WireFigures {
  readonly opened: number;
  /** At once, by what the library says of each that it opens and gives up. */
  readonly most: number;
  /** At once, as the kernel has them, whenever it was asked; undefined where nobody asks it. */
  readonly mostSeen: number | undefined;
}

const sockets = "/proc/net/tcp";
/** Reading it takes milliseconds where thousands of connections have ended lately. */
const everyMs = 500;
const established = "01";

/** Counts the wires to each server: each one that the library tells of, and those that the kernel has, often. */
export class WireCount {
  readonly #places: readonly Counted[];
  readonly #wrong: (what: string) => void;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(places: readonly SoakPlace[], wrong: (what: string) => void) {
    this.#places = places.map((place) => ({ place, opened: 0, open: 0, most: 0, mostSeen: undefined }));
    this.#wrong = wrong;
    subscribe("samewire:wire:open", this.#opened);
    subscribe("samewire:wire:close", this.#gone);
    subscribe("samewire:wire:lost", this.#gone);
    subscribe("samewire:wire:spurious", this.#spurious);
    if (existsSync(sockets)) this.#timer = setInterval(() => this.#look(), everyMs);
  }

  figures(place: SoakPlace): WireFigures {
    return this.#places.find((counted) => counted.place === place) as Counted;
  }

  /** Wires that the library says are open. */
  get open(): number {
    return this.#places.reduce((sum, { open }) => sum + open, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
    unsubscribe("samewire:wire:open", this.#opened);
    unsubscribe("samewire:wire:close", this.#gone);
    unsubscribe("samewire:wire:lost", this.#gone);
    unsubscribe("samewire:wire:spurious", this.#spurious);
  }

  readonly #opened = (message: unknown): void => {
    const { label } = message as ConnectionEvents["samewire:wire:open"];
    const counted = this.#countedFor(label);
    if (counted === undefined) return;
    counted.opened++;
    counted.most = Math.max(counted.most, ++counted.open);
    if (counted.open > counted.place.mostWires) this.#tooMany(counted, counted.open, "the library says");
  };

  readonly #gone = (message: unknown): void => {
    const { label } = message as ConnectionEvents["samewire:wire:close"];
    const counted = this.#countedFor(label);
    if (counted !== undefined) counted.open--;
  };

  readonly #spurious = (message: unknown): void => {
    const { label, openSince } = message as ConnectionEvents["samewire:wire:spurious"];
    this.#wrong(`a second wire to ${label}, where one was open since ${openSince}`);
  };

  /** Undefined for what leads nowhere: a store in memory has wires, too. */
  #countedFor(label: string): Counted | undefined {
    return this.#places.find(({ place }) => label.endsWith(`:${place.tap.port}`));
  }

  #tooMany({ place }: Counted, wires: number, who: string): void {
    this.#wrong(`${wires} wires to ${place.server} at once, ${who}: there may be ${place.mostWires}`);
  }

  /** Sockets that lead to a tap: one that was given up is none of them, whatever the other side knows of it. */
  #look(): void {
    // In one piece: nobody in this process opens or closes anything while it is read.
    const table = readFileSync(sockets, "latin1");
    for (const counted of this.#places) {
      const { place } = counted;
      const port = place.tap.port.toString(16).toUpperCase().padStart(4, "0");
      const open = table.match(new RegExp(` 0100007F:${port} ${established} `, "g"))?.length ?? 0;
      counted.mostSeen = Math.max(counted.mostSeen ?? 0, open);
      if (open > place.mostWires) this.#tooMany(counted, open, "the kernel says");
    }
  }
}

interface Counted extends WireFigures {
  readonly place: SoakPlace;
  opened: number;
  open: number;
  most: number;
  mostSeen: number | undefined;
}
