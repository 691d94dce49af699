import { firstPage } from "../../drivers/aws-sdk-listing.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import type { Location } from "../../url/location.ts";
import { prefixAt } from "./object-place.ts";

/** What is known of a directory that is there. */
export interface Seen {
  /** The names of the directories in it; undefined where there is too much in it to tell. */
  readonly directories: Set<string> | undefined;
}

interface Memory {
  readonly seen: Promise<Seen>;
  /** When it was seen; not yet while the service is asked. */
  at: number | undefined;
}

/** How long what was seen is believed in, in milliseconds: long enough for files that are put into a directory one after another. */
const rememberedMs = 10_000;
const mostRemembered = 1_000;

/** Entries of a directory that are looked through for directories: more take longer than a look for each file. */
const fewEntries = 100;

/** What is around the files that are written: many that go into one directory ask for it once. */
export class Surroundings {
  readonly #objects: S3Objects;
  readonly #memory = new Map<string, Memory>();

  constructor(objects: S3Objects) {
    this.#objects = objects;
  }

  #now(): number {
    return this.#objects.client.connection.policy.clock.now();
  }

  /** The directory that a path is in. Rejects with `not-found`. */
  of(at: Location, { name: verb }: Operation): Promise<Seen> {
    const parent = at.parent();
    const name = nameOf(parent);
    const known = this.#memory.get(name);
    if (known !== undefined && (known.at === undefined || this.#now() - known.at < rememberedMs)) return known.seen;
    // Others may wait for it: no single caller can take the question back.
    const memory: Memory = { seen: this.#look(parent, { name: verb, signal: undefined }), at: undefined };
    this.#remember(name, memory);
    memory.seen.then(
      () => (memory.at = this.#now()),
      () => {
        if (this.#memory.get(name) === memory) this.#memory.delete(name);
      },
    );
    return memory.seen;
  }

  /** A directory was made, with nothing in it. */
  made(at: Location): void {
    const above = this.#memory.get(nameOf(at.parent()));
    above?.seen.then(
      ({ directories }) => directories?.add(at.name),
      () => undefined, // What is not there is not remembered.
    );
    this.#remember(nameOf(at), { seen: Promise.resolve({ directories: new Set() }), at: this.#now() });
  }

  /** Something was deleted: with its last key a directory is gone, and those above it may be. */
  forget(): void {
    this.#memory.clear();
  }

  async #look(parent: Location, operation: Operation): Promise<Seen> {
    const prefix = prefixAt(parent);
    const listing = { bucket: parent.host, prefix, delimiter: "/", limit: fewEntries } as const;
    const page = await firstPage(this.#objects, listing, operation);
    const isThere = prefix === "" || page.objects.length + page.prefixes.length + page.undecodable.length > 0;
    if (!isThere) throw new TransportError("not-found", "the directory that it would be in is not there");
    const names = page.prefixes.map((one) => one.slice(prefix.length, -1));
    return { directories: page.last ? new Set(names) : undefined };
  }

  #remember(name: string, memory: Memory): void {
    this.#memory.delete(name);
    this.#memory.set(name, memory);
    const [oldest] = this.#memory.keys();
    if (this.#memory.size > mostRemembered && oldest !== undefined) this.#memory.delete(oldest);
  }
}

function nameOf(at: Location): string {
  return `${at.host}/${prefixAt(at)}`;
}
