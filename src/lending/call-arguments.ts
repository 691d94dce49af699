import { TransportError } from "../errors/transport-error.ts";
import type { ByteRange, DigestAlgorithm } from "../transport/verb-options.ts";
import { splitPath } from "../url/path.ts";
import type { Head } from "./frame.ts";
import { checkHead } from "./frame.ts";
import { maxRangeBytes, maxRanges } from "./messages.ts";

/** What a borrower wrote behind a verb, which may be anything: every look at it says what it has to be. */
export class CallArguments {
  readonly #said: Head;

  constructor(said: unknown) {
    this.#said = checkHead(said);
  }

  flag(name: string): boolean | undefined {
    return this.#optional(name, "boolean") as boolean | undefined;
  }

  text(name: string): string {
    const value = this.#said[name];
    if (typeof value !== "string") throw wrong(name);
    return value;
  }

  /** A path below what is lent. */
  path(name: string): string {
    return checkLentPath(this.text(name));
  }

  count(name: string): number | undefined {
    const value = this.#optional(name, "number") as number | undefined;
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) throw wrong(name);
    return value;
  }

  date(name: string): Date | undefined {
    const value = this.#optional(name, "number") as number | undefined;
    const date = value === undefined ? undefined : new Date(value);
    if (date !== undefined && Number.isNaN(date.getTime())) throw wrong(name);
    return date;
  }

  /** One that nobody knows is refused by the verb. */
  algorithm(): DigestAlgorithm {
    return this.text("algorithm") as DigestAlgorithm;
  }

  ranges(): readonly ByteRange[] {
    const value = this.#said["ranges"];
    if (!Array.isArray(value) || value.length > maxRanges) throw wrong("ranges");
    return value.map((range: unknown) => {
      const [offset, length] = Array.isArray(range) ? (range as unknown[]) : [];
      if (!isCount(offset) || !isCount(length) || length > maxRangeBytes) throw wrong("ranges");
      return { offset, length };
    });
  }

  #optional(name: string, type: "boolean" | "number"): unknown {
    const value = this.#said[name];
    if (!["undefined", type].includes(typeof value)) throw wrong(name);
    return value;
  }
}

/** A path as a borrower writes it: it names something below, so that nothing has to be resolved. The boundary below it does not rely on that. */
export function checkLentPath(path: unknown): string {
  if (typeof path !== "string") throw wrong("path");
  if (path.startsWith("/") || splitPath(path).includes(".."))
    throw new TransportError("outside-base", "the path leads out of what is lent");
  return path;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function wrong(name: string): TransportError {
  return new TransportError("protocol-error", `the borrower's ${JSON.stringify(name)} is not what it has to be`);
}
