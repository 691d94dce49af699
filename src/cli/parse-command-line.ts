import { parseArgs } from "node:util";

import { CommandLine } from "./command-line.ts";
import type { CommandName } from "./command-table.ts";
import { commandNames, commands, isCommandName } from "./command-table.ts";
import type { HelpPage } from "./help.ts";
import { nearest } from "../operations/nearest.ts";
import type { OptionName, OptionRow, OptionRows } from "./option-table.ts";
import { commonOptions } from "./option-table.ts";
import { optionsOf } from "./options-of.ts";
import { isTopicName, topicNames } from "./topics.ts";
import { UsageError } from "./usage-error.ts";

/** What a command line asks for. */
export type Request =
  | { readonly kind: "run"; readonly line: CommandLine }
  | { readonly kind: "help"; readonly page: HelpPage | undefined }
  | { readonly kind: "man-page" }
  | { readonly kind: "version" };

/**
 * Reads a command line; options may stand anywhere, also before the command.
 *
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[]): Request {
  const command = commandOf(args);
  const options: OptionRows = command === undefined ? commonOptions : optionsOf(command);
  const { flags, values, operands, program } = read(args, options, command);
  const asksHelp = operands[0] === "help" && command === undefined;
  // What docs/samewire.1 is made with.
  if (asksHelp && operands[1] === "man-page") return { kind: "man-page" };
  if (flags.has("help") || asksHelp) return { kind: "help", page: asksHelp ? helpPage(operands[1]) : command };
  if (flags.has("version")) return { kind: "version" };
  if (command === undefined) throw new UsageError("no command was given", "samewire --help lists them");
  const line = new CommandLine(command, flags, values, operands.slice(1), program);
  checkOperands(line);
  return { kind: "run", line };
}

/** The first word that is neither an option nor the value of one. */
function commandOf(args: readonly string[]): CommandName | undefined {
  const all: OptionRows = Object.assign({}, ...commandNames.map((name) => commands[name].options), commonOptions);
  const { tokens } = parseArgs({
    args: [...args],
    options: configOf(all),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const word = tokens.find((token) => token.kind === "positional")?.value;
  if (word === undefined || word === "help") return undefined;
  return commandNamed(word);
}

function helpPage(word: string | undefined): HelpPage | undefined {
  return word === undefined || isTopicName(word) ? word : commandNamed(word, topicNames);
}

function commandNamed(word: string, alsoMeant: readonly string[] = []): CommandName {
  if (isCommandName(word)) return word;
  // It may be a location, and hold a password: it is not repeated.
  if (!/^[\w-]{1,32}$/.test(word))
    throw new UsageError("the command comes first", "samewire --help lists the commands");
  const meant = nearest(word, [...commandNames, ...alsoMeant]);
  throw new UsageError(
    `there is no command ${JSON.stringify(word)}`,
    meant === undefined ? "samewire --help lists them" : `Did you mean ${meant}?`,
  );
}

interface Words {
  readonly flags: ReadonlySet<OptionName>;
  readonly values: ReadonlyMap<OptionName, readonly string[]>;
  /** The command itself first. */
  readonly operands: readonly string[];
  /** What is behind `--`, where that is a program. */
  readonly program: readonly string[];
}

function read(args: readonly string[], options: OptionRows, command: CommandName | undefined): Words {
  const flags = new Set<OptionName>();
  const values = new Map<OptionName, string[]>();
  const operands: string[] = [];
  const program: string[] = [];
  let words = operands;
  const { tokens } = parseArgs({
    args: [...args],
    options: configOf(options),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind === "option-terminator" && command !== undefined && commands[command].takesProgram === true)
      words = program;
    if (token.kind !== "option") continue;
    const name = token.name.split(alias, 1)[0] as OptionName;
    const row = Object.hasOwn(options, name) ? options[name] : undefined;
    if (row === undefined) throw unknownOption(token.rawName, options, command);
    if (row.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`, helpHint(command));
      flags.add(name);
    } else {
      if (token.value === undefined || token.value === "")
        throw new UsageError(`${token.rawName} needs a value: ${row.value}`, helpHint(command));
      values.set(name, [...(values.get(name) ?? []), token.value]);
    }
  }
  return { flags, values, operands, program };
}

/** Between an option's name and the letter of another way to write it; in no option's name. */
const alias = ":";

type ParseConfig = Record<string, { type: "boolean" | "string"; short?: string }>;

function configOf(options: OptionRows): ParseConfig {
  const config: ParseConfig = {};
  for (const [name, { letters = "", value }] of Object.entries(options) as [string, OptionRow][]) {
    const type = value === undefined ? "boolean" : "string";
    const [first, ...others] = letters;
    config[name] = first === undefined ? { type } : { type, short: first };
    for (const letter of others) config[`${name}${alias}${letter}`] = { type, short: letter };
  }
  return config;
}

function unknownOption(written: string, options: OptionRows, command: CommandName | undefined): UsageError {
  const meant = written.startsWith("--") ? nearest(written.slice(2), Object.keys(options)) : undefined;
  const place = command === undefined ? "samewire" : `samewire ${command}`;
  return new UsageError(
    `${place} has no option ${written}`,
    meant === undefined ? helpHint(command) : `Did you mean --${meant}?`,
  );
}

function checkOperands({ command, operands, program }: CommandLine): void {
  const { atLeast, atMost, operands: wanted, words, takesProgram = false } = commands[command];
  const usage = `Usage: samewire ${command} ${wanted}`;
  if (operands.length < atLeast || operands.length > atMost)
    throw new UsageError(
      `${operands.length < atLeast ? "too few" : "too many"} ${words === undefined ? "locations" : "words"}`,
      usage,
    );
  if (takesProgram && program.length === 0) throw new UsageError("there is no program behind --", usage);
  if (words !== undefined && !operands.every((operand) => words.includes(operand)))
    throw new UsageError(`samewire ${command} takes one of ${words.join(", ")}`, usage);
}

function helpHint(command: CommandName | undefined): string {
  return command === undefined ? "samewire --help tells more" : `samewire help ${command} tells more`;
}
