import type { CommandName, OptionRow, OptionRows } from "./command-table.ts";
import { commandNames, commands, commonOptions } from "./command-table.ts";

const locations = `A LOCATION is a URL (sftp://user@host/path, file:///path), a local path, or host:path as scp writes it. /~/ and a path without
a leading slash begin in the login directory. ./a:b is the local file "a:b".`;

const endings = `Exit codes: 0 all was done; 1 something was not, stderr says what; 2 the command line was not understood; 128 + n for signal n.`;

/** The help of one command, or of all. */
export function helpFor(command: CommandName | undefined): string {
  return command === undefined ? overview() : helpOf(command);
}

function overview(): string {
  const rows = commandNames.map((name): Row => [`${name} ${commands[name].operands}`, commands[name].says]);
  return join(
    "Usage: samewire COMMAND [OPTION…] LOCATION…",
    "Files and directories wherever a URL points. However many locations a command is given, it opens one connection per server and user.",
    `Commands:\n${columns(rows)}`,
    `Options of every command:\n${optionColumns(commonOptions)}`,
    locations,
    endings,
    "samewire help COMMAND tells more.",
  );
}

function helpOf(name: CommandName): string {
  const { operands, says, options, notes, examples } = commands[name];
  const own = optionColumns(options);
  return join(
    `Usage: samewire ${name} [OPTION…] ${operands}`,
    [`${says[0]?.toUpperCase()}${says.slice(1)}.`, ...notes].join("\n"),
    own === "" ? "" : `Options:\n${own}`,
    `Options of every command:\n${optionColumns(commonOptions)}`,
    `Examples:\n${examples.map((example) => `  ${example}`).join("\n")}`,
    locations,
    endings,
  );
}

type Row = readonly [left: string, right: string];

function optionColumns(options: OptionRows): string {
  return columns(Object.entries(options).map(([name, option]): Row => [optionText(name, option), option.says]));
}

function optionText(name: string, { letters, value }: OptionRow): string {
  const short = letters === undefined ? "    " : `-${letters[0]}, `;
  return `${short}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function columns(rows: readonly Row[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function join(...paragraphs: string[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}
