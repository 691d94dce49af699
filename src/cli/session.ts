import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { lstatSync } from "node:fs";
import { addAbortSignal } from "node:stream";

import { defaultRegistry } from "../extend.ts";
import type { BorrowedTransports, Transport, TransportOptions } from "../index.ts";
import { TransportScope, borrow } from "../index.ts";
import type { CommandLine } from "./command-line.ts";
import { Messages } from "./messages.ts";
import { Place } from "./place.ts";
import { Report } from "./report.ts";
import { locationOf } from "./scp-location.ts";
import { transportOptionsOf } from "./transport-options.ts";
import { UsageError } from "./usage-error.ts";

const passwordInUrl = /^[^/]*:\/\/[^/@]*:[^/@]*@/;
const refusedName = "samewire:list:refused-name";

/** One run of a command: its scope, its options, and what it has to say. */
export class Session implements AsyncDisposable {
  readonly line: CommandLine;
  /** Every connection of the command is in it, behind it what others lend to this process. */
  readonly scope: TransportScope;
  readonly options: TransportOptions;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly #schemes: ReadonlySet<string> = new Set(defaultRegistry.schemeNames);
  readonly #onRefusedName: (message: unknown) => void;
  readonly #lent: Transport[] = [];
  #borrowed: BorrowedTransports | undefined;
  #tellers = 0;

  private constructor(line: CommandLine, options: TransportOptions, messages: Messages, signal: AbortSignal) {
    this.line = line;
    this.options = options;
    this.signal = signal;
    this.report = new Report(line, messages, signal);
    this.scope = new TransportScope({ possibleTransports: this.#lent });
    this.#onRefusedName = (message) => {
      if (this.#tellers > 0) return;
      const { url, name } = message as { readonly url: string; readonly name: string };
      this.report.leftOut(`the server lists ${name}, which is no name`, url);
    };
    subscribe(refusedName, this.#onRefusedName);
  }

  /** @throws UsageError for options that make no sense */
  static async open(line: CommandLine, signal: AbortSignal): Promise<Session> {
    const messages = new Messages();
    const session = new Session(line, await transportOptionsOf(line, messages), messages, signal);
    if (passwordInUrl.test(line.value("proxy") ?? "")) session.#warnOfPassword();
    return session;
  }

  /** Takes what `samewire lend` lends to this process, if anything. */
  async borrow(): Promise<void> {
    if ((process.env["SAMEWIRE_LENT"] ?? "") === "") return;
    this.#borrowed = await borrow();
    this.#lent.push(...this.#borrowed.lent);
  }

  /** What an operand names. Connects to nothing. */
  place(operand: string): Place {
    const written = locationOf(operand, { exists, isScheme: (name) => this.#schemes.has(name) });
    const transport = this.scope.getTransport(written, this.options);
    // With the password, which a transport keeps to itself.
    const { location } = transport.requestFor(written);
    if (location.password !== undefined) this.#warnOfPassword();
    return Place.of(transport, location);
  }

  /** The bytes that come in; given up with the command. */
  stdin(): AsyncIterable<Uint8Array> {
    return addAbortSignal(this.signal, process.stdin);
  }

  /**
   * Does something for one of many operands; a failure is reported and the others go on. What an interruption made fail is no news, and a mistake in the command
   * line is one for all.
   */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      if (!this.signal.aborted) this.report.failed(error);
    }
  }

  /** For work that itself tells of names which are none. */
  async tellingRefusedNames<T>(work: () => Promise<T>): Promise<T> {
    this.#tellers++;
    try {
      return await work();
    } finally {
      this.#tellers--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unsubscribe(refusedName, this.#onRefusedName);
    if (this.line.flag("show-connections")) this.report.connections(this.scope.report());
    await this.scope.close();
    await this.#borrowed?.close();
  }

  #warnOfPassword(): void {
    // Other users can read the arguments of a process while it runs: take them out of sight.
    process.title = "samewire";
    this.report.warnOnce(
      "a password on the command line can be seen by others on this machine, and stays in the shell's history; leave it out to be asked for it",
    );
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
