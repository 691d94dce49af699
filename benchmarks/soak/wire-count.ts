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

  #look(): void {
    const seen = establishedSockets();
    for (const counted of this.#places) {
      const { place } = counted;
      let open = leadingTo(place.tap.port, seen);
      // The kernel may skip or repeat a line of a table that changes while it is read: too many are counted where they are there twice.
      if (open.size > place.mostWires) open = common(open, leadingTo(place.tap.port, establishedSockets()));
      counted.mostSeen = Math.max(counted.mostSeen ?? 0, open.size);
      if (open.size > place.mostWires) this.#tooMany(counted, open.size, "the kernel says");
    }
  }
}

/** The kernel's table, read in one piece: nobody in this process opens or closes anything meanwhile. */
function establishedSockets(): string {
  return readFileSync(sockets, "latin1");
}

/** The near ends of connections that lead to a port and are not closed: one that was given up is none, whatever its far end knows of it. */
function leadingTo(port: number, table: string): ReadonlySet<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = table.matchAll(new RegExp(`(0100007F:[0-9A-F]{4}) 0100007F:${hex} ${established} `, "g"));
  return new Set(Array.from(lines, ([, near = ""]) => near));
}

function common(some: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...some].filter((each) => others.has(each)));
}

interface Counted extends WireFigures {
  readonly place: SoakPlace;
  opened: number;
  open: number;
  most: number;
  mostSeen: number | undefined;
}
