import type { CommandName } from "./command-table.ts";
import type { FlagName, OptionName, ValueName } from "./option-table.ts";
import { UsageError } from "./usage-error.ts";

/** A command line that was understood: the command, its options and its operands. */
export class CommandLine {
  readonly command: CommandName;
  /** As they were typed. */
  readonly operands: readonly string[];
  /** The program to be run, then its arguments. */
  readonly program: readonly string[];
  readonly #flags: ReadonlySet<OptionName>;
  readonly #values: ReadonlyMap<OptionName, readonly string[]>;

  constructor(
    command: CommandName,
    flags: ReadonlySet<OptionName>,
    values: ReadonlyMap<OptionName, readonly string[]>,
    operands: readonly string[],
    program: readonly string[] = [],
  ) {
    this.command = command;
    this.operands = operands;
    this.program = program;
    this.#flags = flags;
    this.#values = values;
  }

  flag(name: FlagName): boolean {
    return this.#flags.has(name);
  }

  /** Every value that was given, in order. */
  values(name: ValueName): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The value that was given last. */
  value(name: ValueName): string | undefined {
    return this.values(name).at(-1);
  }

  /** The permission bits of `--mode`. */
  mode(): number | undefined {
    const text = this.value("mode");
    if (text === undefined) return undefined;
    if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
    throw new UsageError(`--mode ${text} is not octal`, "Write permission bits as chmod takes them: 644, 0750");
  }

  /** A number of bytes. */
  bytes(name: "offset" | "length"): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    const count = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(count)) return count;
    throw new UsageError(`--${name} ${text} is not a number of bytes`, "Write a whole number from 0");
  }

  /** How many: a whole number from 1. */
  count(name: "connections" | "depth"): number | undefined {
    const text = this.value(name);
    if (text === undefined) return undefined;
    const count = /^[0-9]+$/.test(text) ? Number(text) : 0;
    if (count >= 1 && Number.isSafeInteger(count)) return count;
    throw new UsageError(`--${name} ${text} is not a whole number from 1`, "Write 1, 2, 3, …");
  }

  /** A port to listen on; 0 is any that is free. */
  port(): number | undefined {
    const text = this.value("port");
    if (text === undefined) return undefined;
    const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Infinity;
    if (port < 2 ** 16) return port;
    throw new UsageError(`--port ${text} is not a port`, "Write a number up to 65535, or 0 for any that is free");
  }

  /** `--timeout`, in milliseconds. */
  timeoutMs(): number | undefined {
    const text = this.value("timeout");
    if (text === undefined) return undefined;
    const ms = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Math.round(Number(text) * 1000) : 0;
    // setTimeout's own limit.
    if (ms >= 1 && ms < 2 ** 31) return ms;
    throw new UsageError(`--timeout ${text} is not a number of seconds`, "Write a number above 0: 10, 0.5");
  }
}
