import { fileURLToPath } from "node:url";

const library = new URL("../", import.meta.url).href;
const libraryPath = library.startsWith("file:") ? fileURLToPath(library) : library;

/** The place in the program that is asking now, outside this library. The text is made when it is first read. */
export class CallSite {
  readonly #holder: { stack?: string } = {};
  #text: string | undefined;

  constructor() {
    Error.captureStackTrace(this.#holder, CallSite);
  }

  toString(): string {
    if (this.#text === undefined) {
      const frames = (this.#holder.stack ?? "").split("\n").slice(1);
      const outside = frames.find(
        (frame) => !frame.includes(library) && !frame.includes(libraryPath) && !frame.includes("(node:"),
      );
      this.#text = (outside ?? frames.at(-1) ?? "unknown place").trim().replace(/^at /, "");
    }
    return this.#text;
  }
}
