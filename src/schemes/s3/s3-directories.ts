import { pages } from "../../drivers/aws-sdk-listing.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import { TransportError, isTransportError, toTransportError } from "../../errors/transport-error.ts";
import type { Operation } from "../../transport/operation.ts";
import { isRepeated } from "../../transport/repetition.ts";
import type { Location } from "../../url/location.ts";
import { deleteObject } from "./delete-object.ts";
import { markerAt, prefixAt } from "./object-place.ts";
import { isADirectory, isDirectory, isNoDirectory, look, nothingThere } from "./s3-look.ts";
import { Surroundings } from "./surroundings.ts";

/** Directories on a service that has none: made as empty objects, and there as long as a key begins with their name. */
export class S3Directories {
  readonly #objects: S3Objects;
  readonly #surroundings: Surroundings;
  /** Those that are being made: a service that cannot tell would make one twice. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(objects: S3Objects) {
    this.#objects = objects;
    this.#surroundings = new Surroundings(objects);
  }

  /** Makes sure that a file may be written: its directory is there, and no directory is in the way. Rejects with `not-found`, `is-a-directory`. */
  async requirePlace(at: Location, operation: Operation): Promise<void> {
    if (at.segments.length === 0) throw isADirectory();
    try {
      const { directories } = await this.#surroundings.of(at, operation);
      const isInTheWay = directories?.has(at.name) ?? (await (await look(this.#objects, at, operation)).isDirectory());
      if (isInTheWay) throw isADirectory();
    } catch (error) {
      // Who may only write is told by the service whether that can be done.
      if (!isTransportError(error, "permission-denied")) throw error;
    }
  }

  /** Rejects with `already-exists`, `not-found` for the directory above. */
  async make(at: Location, operation: Operation): Promise<void> {
    const name = `${at.host}/${prefixAt(at)}`;
    const before = this.#making.get(name);
    const making = (before ?? Promise.resolve()).catch(() => undefined).then(() => this.#make(at, operation));
    this.#making.set(name, making);
    try {
      await making;
    } finally {
      if (this.#making.get(name) === making) this.#making.delete(name);
    }
  }

  /** Rejects with `not-found`, `not-a-directory`, `directory-not-empty`. */
  async remove(at: Location, operation: Operation): Promise<void> {
    const { bucket, key } = markerAt(at);
    if (key === "") throw new TransportError("unsupported", "a bucket is not deleted as a directory is");
    let isThere = false;
    // A service may answer with fewer than it was asked for.
    for await (const { objects, undecodable } of pages(this.#objects, { bucket, prefix: key, limit: 2 }, operation)) {
      if (objects.some((object) => object.key !== key) || undecodable.length > 0)
        throw new TransportError("directory-not-empty", "there is something in the directory");
      isThere ||= objects.length > 0;
    }
    if (!isThere) {
      const { file } = await look(this.#objects, at, operation);
      throw file === undefined ? nothingThere() : isNoDirectory();
    }
    await deleteObject(this.#objects, "rmdir", { bucket, key }, operation);
    await this.keepParent(at, operation);
  }

  /**
   * Makes the directory of what was deleted where that was the last in it, so that it is there and empty: it may never have been made, but only have been the
   * beginning of keys.
   */
  async keepParent(at: Location, operation: Operation): Promise<void> {
    this.#surroundings.forget();
    const parent = at.parent();
    if (parent.segments.length === 0) return;
    try {
      if (await isDirectory(this.#objects, parent, operation)) return;
      await this.#objects.put(markerAt(parent), Buffer.alloc(0), operation);
    } catch (error) {
      // Who may delete need not be allowed to write or to list.
      if (!isTransportError(error, "permission-denied")) throw toTransportError(error).with({ effect: "done" });
    }
  }

  async #make(at: Location, operation: Operation): Promise<void> {
    const found = await look(this.#objects, at, operation);
    if (found.file !== undefined) throw inTheWay("a file is there");
    if (await found.isDirectory()) throw inTheWay("a directory is there");
    await this.#surroundings.of(at, operation);
    const repeatable = isRepeated("mkdir, where there are no directories");
    await this.#objects.put(markerAt(at), Buffer.alloc(0), { ...operation, repeatable });
    this.#surroundings.made(at);
  }
}

function inTheWay(reason: string): TransportError {
  return new TransportError("already-exists", reason);
}
