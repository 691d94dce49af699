import { passOver } from "./open-file.ts";

/** Requests that were sent one after another without waiting for the answers. */
export class Requests {
  readonly #sent: Promise<unknown>[] = [];

  /** Adds one that is under way. Its failure is told by `answered`, and by nobody else. */
  add(request: Promise<unknown>): void {
    request.catch(passOver);
    this.#sent.push(request);
  }

  /** Resolves once all are answered; rejects with the first failure. */
  async answered(): Promise<void> {
    await Promise.all(this.#sent);
  }
}
