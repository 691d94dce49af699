import { once } from "node:events";

import type { ScopeReport } from "../index.ts";
import { errorLine, errorObject } from "./print-error.ts";
import { connectionLines } from "./print-connections.ts";
import { printable } from "./printable.ts";

/** What a command says: results on stdout, everything else on stderr; with `--json`, as JSON. */
export class Report {
  readonly json: boolean;
  readonly #signal: AbortSignal;
  #results: object[] | undefined;
  readonly #warned = new Set<string>();
  #failed = false;
  #leftOut = 0;

  constructor(json: boolean, signal: AbortSignal) {
    this.json = json;
    this.#signal = signal;
  }

  /** Whether something was not done. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** A line on stdout; resolves when more may be written. */
  async line(text: string): Promise<void> {
    if (this.#signal.aborted) return;
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, "drain", { signal: this.#signal });
  }

  /** How often something was passed over. */
  get leftOutCount(): number {
    return this.#leftOut;
  }

  /** Says that what was done ends the command as one JSON document, whatever fails. */
  gather(): void {
    this.#results = [];
  }

  /** What was done, for that document. */
  result(result: object): void {
    this.#results?.push(result);
  }

  /** Writes the document. */
  async end(): Promise<void> {
    if (this.json && this.#results !== undefined) await this.line(JSON.stringify(this.#results));
  }

  /** Something was not done. */
  failed(error: unknown): void {
    this.#failed = true;
    this.#say(errorObject(error), () => errorLine(error));
  }

  /** Something was passed over on purpose. */
  leftOut(reason: string, url: string): void {
    this.#failed = true;
    this.#leftOut++;
    this.#say({ leftOut: { reason, url } }, () => `samewire: left out: ${printable(reason)} (${printable(url)})`);
  }

  /** A warning, the first time. */
  warnOnce(text: string): void {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#say({ warning: text }, () => `samewire: ${text}`);
  }

  connections(report: ScopeReport): void {
    this.#say({ connections: report }, () => connectionLines(report).join("\n"));
  }

  #say(object: object, text: () => string): void {
    process.stderr.write(`${this.json ? JSON.stringify(object) : text()}\n`);
  }
}
