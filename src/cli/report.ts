import { once } from "node:events";

import type { ErrorCode, ScopeReport } from "../index.ts";
import { isTransportError } from "../index.ts";
import type { CommandLine } from "./command-line.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { Messages } from "./messages.ts";
import { connectionLines } from "./print-connections.ts";
import { errorLine, errorObject } from "./print-error.ts";
import { printable } from "../operations/printable.ts";

/** What a command says: results on stdout, everything else on stderr; with `--json`, as JSON. */
export class Report {
  readonly json: boolean;
  /** Whether only failures are to be told. */
  readonly quiet: boolean;
  /** Whether each thing that is done is to be named. */
  readonly verbose: boolean;
  readonly messages: Messages;
  readonly #line: CommandLine;
  readonly #signal: AbortSignal;
  readonly #exitCodes = new Set<number>();
  readonly #warned = new Set<string>();
  #results: object[] | undefined;
  #planned: object[] = [];
  #differs = false;
  #failures = 0;
  /** What a program that was run ended with, which is then what this process ends with. */
  programExitCode: number | undefined;

  constructor(line: CommandLine, messages: Messages, signal: AbortSignal) {
    this.json = line.flag("json");
    this.quiet = line.flag("quiet");
    this.verbose = line.flag("verbose") && !this.quiet;
    this.messages = messages;
    this.#line = line;
    this.#signal = signal;
  }

  /** What the process ends with, as far as it was not interrupted. Where several kinds of things went wrong, that something did. */
  get exitCode(): number {
    const [first, ...others] = this.#exitCodes;
    if (first === undefined) return this.#differs ? 1 : 0;
    return others.length === 0 ? first : exitCodeOf(this.#line.command, undefined);
  }

  /** How many things were not done. */
  get failureCount(): number {
    return this.#failures;
  }

  /** A line on stdout; resolves when more may be written. */
  async line(text: string): Promise<void> {
    if (this.#signal.aborted) return;
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, "drain", { signal: this.#signal });
  }

  /** Says that what was done ends the command as one JSON document, whatever fails. */
  gather(): void {
    this.#results = [];
  }

  /** What was done, for that document. */
  result(result: object): void {
    const plan = this.#planned.splice(0);
    this.#results?.push(plan.length > 0 ? { ...result, plan } : result);
  }

  /** Writes the document. Resolves once it is known whether stdout took what was written last. */
  async end(): Promise<void> {
    if (this.json && this.#results !== undefined) await this.line(JSON.stringify(this.#results));
    if (!this.#signal.aborted) await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  }

  /** Something was not done. */
  failed(error: unknown): void {
    this.#failedWith(isTransportError(error) ? error.code : undefined);
    this.#say(errorObject(error), () => errorLine(error));
  }

  /** Something was passed over on purpose. */
  leftOut(reason: string, url: string): void {
    this.#failedWith(undefined);
    this.#say({ leftOut: { reason, url } }, () => `samewire: left out: ${printable(reason)} (${printable(url)})`);
  }

  /** What was compared is not the same, or what was asked for is taken. */
  differs(): void {
    this.#differs = true;
  }

  /** Something was done; told where that is asked for. */
  done(what: object, text: string): void {
    if (this.verbose) this.#say({ done: what }, () => printable(text));
  }

  /** Something would be done, and is only shown: a line on stdout, or a part of the JSON document. */
  plan(what: object, text: string): void {
    if (this.json) this.#planned.push(what);
    else process.stdout.write(`${printable(text)}\n`);
  }

  /** How it goes, or went; told unless asked not to. */
  note(what: object, text: string): void {
    if (!this.quiet) this.#say(what, () => text);
  }

  /** A warning, the first time. */
  warnOnce(text: string): void {
    if (this.quiet || this.#warned.has(text)) return;
    this.#warned.add(text);
    this.#say({ warning: text }, () => `samewire: ${text}`);
  }

  connections(report: ScopeReport): void {
    this.#say({ connections: report }, () => connectionLines(report).join("\n"));
  }

  #failedWith(code: ErrorCode | undefined): void {
    this.#failures++;
    this.#exitCodes.add(exitCodeOf(this.#line.command, code));
  }

  #say(object: object, text: () => string): void {
    this.messages.say(this.json ? JSON.stringify(object) : text());
  }
}
