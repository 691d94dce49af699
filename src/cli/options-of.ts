import type { CommandName } from "./command-table.ts";
import { commands } from "./command-table.ts";
import type { OptionRow, OptionRows } from "./option-table.ts";
import { commonOptions, lettersOf } from "./option-table.ts";

/** Every option that a command understands, its own first. Where both have a letter it is the command's: `du -h` is not help. */
export function optionsOf(command: CommandName): OptionRows {
  return { ...commands[command].options, ...commonOptionsOf(command) };
}

/** The options of every command, as one command has them. */
export function commonOptionsOf(command: CommandName): OptionRows {
  const taken = new Set(Object.values(commands[command].options).flatMap(lettersOf));
  return Object.fromEntries(
    Object.entries(commonOptions).map(([name, row]: [string, OptionRow]) => [name, without(row, taken)]),
  );
}

function without(row: OptionRow, taken: ReadonlySet<string>): OptionRow {
  const { letters: _all, ...rest } = row;
  const left = lettersOf(row)
    .filter((letter) => !taken.has(letter))
    .join("");
  return left === "" ? rest : { ...rest, letters: left };
}
