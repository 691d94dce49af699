import type { CommandName } from "../command-table.ts";
import { commandNames, commands } from "../command-table.ts";
import type { OptionRow, OptionRows } from "../option-table.ts";
import { commonOptions, lettersOf } from "../option-table.ts";
import { optionsOf } from "../options-of.ts";
import { topicNames } from "../topics.ts";

/** What the scripts for all shells are made of. */

/** A first word: a command, or `help`. */
export interface FirstWord {
  readonly name: CommandName | "help";
  readonly says: string;
  readonly options: readonly OptionWord[];
  /** What its operands may be; undefined for locations. */
  readonly words: readonly string[] | undefined;
}

export interface OptionWord extends OptionRow {
  readonly name: string;
  /** `--name` and `-x`. */
  readonly spellings: readonly string[];
}

export const firstWords: readonly FirstWord[] = [
  ...commandNames.map((name) => {
    const { says, words } = commands[name];
    return { name, says, words, options: optionWords(optionsOf(name)) };
  }),
  {
    name: "help",
    says: "show help",
    words: [...commandNames, ...topicNames],
    options: optionWords(commonOptions),
  },
];

export const commonWords: readonly OptionWord[] = optionWords(commonOptions);

/** Every option that takes a value, of whatever command. */
export const valueWords: readonly OptionWord[] = [
  ...new Map(
    firstWords
      .flatMap(({ options }) => options)
      .filter(({ value }) => value !== undefined)
      .map((option) => [option.name, option]),
  ).values(),
];

/** In single quotes, for a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function optionWords(rows: OptionRows): readonly OptionWord[] {
  return Object.entries(rows).map(([name, row]: [string, OptionRow]) => ({
    ...row,
    name,
    spellings: [`--${name}`, ...lettersOf(row).map((letter) => `-${letter}`)],
  }));
}
