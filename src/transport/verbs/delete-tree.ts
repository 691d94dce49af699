import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import type { Location } from "../../url/location.ts";
import { repeatedAcrossLoss } from "../across-loss.ts";
import { Flow } from "../flow.ts";
import type { Operation } from "../operation.ts";
import type { Primitives, RawEntry } from "../primitives.ts";
import { deleteFile } from "./changes.ts";
import { isSafeName } from "./list.ts";

/** Deletes a file, a link, or a directory with all that is in it. A link is deleted and not followed; what vanishes meanwhile is no failure. */
export async function deleteTree(primitives: Primitives, at: Location, operation: Operation): Promise<void> {
  if (primitives.deleteTreeAt !== undefined) return await primitives.deleteTreeAt(at, operation);
  const { type } = await primitives.statAt(at, { followLinks: false }, operation);
  if (type !== "directory") return await deleteFile(primitives, at, operation);
  await new Deletion(primitives, operation).run(at);
}

/** Listings and deletions of one tree, as many under way as are worth it. */
class Deletion {
  readonly #primitives: Primitives;
  readonly #operation: Operation;
  readonly #flow = new Flow();
  #deleted = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(primitives: Primitives, operation: Operation) {
    this.#primitives = primitives;
    this.#operation = operation;
  }

  async run(at: Location): Promise<void> {
    await this.#directory(at);
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    // What is gone by then is gone.
    throw this.#deleted > 0 && isTransportError(error) ? error.with({ effect: "unknown" }) : error;
  }

  async #directory(at: Location): Promise<void> {
    const entries = await this.#step(() => this.#entriesOf(at));
    await Promise.all((entries ?? []).map((entry) => this.#entry(at.resolve(`./${entry.name}`), entry)));
    if (entries !== undefined) await this.#delete(() => this.#primitives.rmdirAt(at, this.#operation));
  }

  async #entry(at: Location, { stat }: RawEntry): Promise<void> {
    const looked =
      stat ?? (await this.#step(() => this.#primitives.statAt(at, { followLinks: false }, this.#operation)));
    if (looked === undefined) return;
    if (looked.type === "directory") await this.#directory(at);
    else await this.#delete(() => this.#primitives.deleteAt(at, this.#operation));
  }

  async #entriesOf(at: Location): Promise<readonly RawEntry[]> {
    const entries: RawEntry[] = [];
    for await (const batch of this.#primitives.listAt(at, this.#operation))
      for (const entry of batch) if (entry.name !== "." && entry.name !== "..") entries.push(entry);
    const unsafe = entries.find(({ name }) => !isSafeName(name));
    if (unsafe === undefined) return entries;
    const name = JSON.stringify(unsafe.name);
    throw new TransportError("protocol-error", `the server lists a name that is no name: ${name}`, {
      effect: "unknown",
    });
  }

  async #delete(work: () => Promise<void>): Promise<void> {
    await this.#step(async () => {
      await work();
      this.#deleted++;
    });
  }

  /** Undefined for what is gone already, and once something has failed: what has not begun by then does not begin. */
  async #step<T>(work: () => Promise<T>): Promise<T | undefined> {
    return await this.#flow.run(0, true, async () => {
      if (this.#failure !== undefined) return undefined;
      try {
        return await repeatedAcrossLoss("deleteTree", this.#operation, work);
      } catch (error) {
        if (!isTransportError(error, "not-found")) this.#failure ??= { error };
        return undefined;
      }
    });
  }
}
