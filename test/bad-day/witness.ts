import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";

import { expect } from "vitest";

import type { ConnectionEvents, Effect, ErrorCode, Logger, TransportError } from "../../src/index.ts";
import { isTransportError } from "../../src/index.ts";

/** What a failure must say. */
export interface ExpectedFailure {
  readonly code: ErrorCode;
  readonly operation: string;
  /** Default none. */
  readonly effect?: Effect;
  readonly temporary?: boolean;
  readonly path?: string;
  /** What the message must say beside the code: the way out above all. */
  readonly says: RegExp;
}

/** Named one by one, so that a new channel is not forgotten here. */
const channels: Readonly<Record<keyof ConnectionEvents | "samewire:transport:trace", true>> = {
  "samewire:wire:open": true,
  "samewire:wire:close": true,
  "samewire:wire:lost": true,
  "samewire:wire:refused": true,
  "samewire:wire:spurious": true,
  "samewire:connection:limit": true,
  "samewire:list:refused-name": true,
  "samewire:redirect": true,
  "samewire:transport:reuse": true,
  "samewire:transport:trace": true,
};

/** Sees everything that the library says, by whatever way, and swears that no secret was in it and that no rejection went unhandled. */
export class Witness {
  readonly #secrets: Set<string>;
  readonly #said: string[] = [];
  readonly #unhandled: unknown[] = [];
  /** To be injected: writes down what it is told. */
  readonly logger: Logger;

  constructor(secrets: readonly string[] = []) {
    this.#secrets = new Set(secrets);
    const write = (fields: object, message: string): void => this.hear({ fields, message });
    this.logger = { trace: write, debug: write, info: write, warn: write, error: write };
    for (const name of Object.keys(channels)) subscribe(name, this.#onMessage);
    process.on("unhandledRejection", this.#onUnhandled);
  }

  /** Something that must be in nothing that is said: a password, the text of a key, a passphrase. */
  keepSecret(...secrets: string[]): void {
    for (const secret of secrets) this.#secrets.add(secret);
  }

  /** Writes down what was said in another way: a report, a verdict. */
  hear(said: unknown): void {
    this.#said.push(everyWayToShow(said));
  }

  /** How often something like this was said. */
  heard(pattern: RegExp): number {
    return this.#said.filter((said) => pattern.test(said)).length;
  }

  /** Asserts that work fails as expected, and shows no secret in any way in which an error can be shown. */
  async failure(work: Promise<unknown>, expected: ExpectedFailure): Promise<TransportError> {
    const error = await work.then(
      (value) => expect.unreachable(`it resolved with ${inspect(value).slice(0, 200)}`),
      (reason: unknown) => reason,
    );
    return this.testifyTo(error, expected);
  }

  testifyTo(error: unknown, expected: ExpectedFailure): TransportError {
    this.hear(error);
    if (!isTransportError(error)) expect.unreachable(`not a TransportError: ${inspect(error)}`);
    const { says, effect = "none", ...rest } = expected;
    expect(error, error.message).toMatchObject({ effect, ...rest });
    expect(error.message).toMatch(says);
    expect(error.message).toContain(`[${expected.code}]`);
    return error;
  }

  /** To be called at the end: asserts that no secret was said and no rejection went unhandled, and listens no longer. */
  async swear(): Promise<void> {
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
    for (const name of Object.keys(channels)) unsubscribe(name, this.#onMessage);
    process.off("unhandledRejection", this.#onUnhandled);
    for (const secret of this.#secrets)
      for (const said of this.#said) expect(said.includes(secret), `"${secret}" in ${said}`).toBe(false);
    expect(this.#unhandled).toEqual([]);
  }

  readonly #onMessage = (message: unknown, name: string | symbol): void => this.hear({ name, message });
  readonly #onUnhandled = (reason: unknown): void => void this.#unhandled.push(reason);
}

/** As people and programs show a value: inspected to the ground, as JSON, and, of an error, each of its causes. */
function everyWayToShow(value: unknown): string {
  const shown = [inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null }), jsonOf(value)];
  for (let error = value; error instanceof Error; error = error.cause)
    shown.push(error.message, String(error.stack), jsonOf(error));
  return shown.join("\n");
}

/** What holds itself, as Node's error about a certificate does, has no JSON. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    return String(error);
  }
}
