import { columns } from "./columns.ts";
import type { CommandName } from "./command-table.ts";
import { commandNames, commands } from "./command-table.ts";
import { exitCodes } from "./exit-code.ts";
import type { OptionRow, OptionRows } from "./option-table.ts";
import { commonOptions } from "./option-table.ts";
import { commonOptionsOf } from "./options-of.ts";
import type { TopicName } from "./topics.ts";
import { isTopicName, topicNames, topicText, topics } from "./topics.ts";

/** What help there is. */
export type HelpPage = CommandName | TopicName;

const locations = `A LOCATION is a URL (sftp://user@host/path, file:///path), a local path, or host:path as scp writes it. /~/ and a path without
a leading slash begin in the login directory. ./a:b is the local file "a:b". samewire help locations tells more.`;

const endings = `Exit codes: ${exitCodes.map(({ code, says }) => `${code} ${says.split(/[,;]/)[0]}`).join("; ")}; 128 + n signal n.`;

/** The help of one command, of a topic, or of all. */
export function helpFor(page: HelpPage | undefined): string {
  if (page === undefined) return overview();
  return isTopicName(page) ? topicText(topics[page]) : helpOf(page);
}

function overview(): string {
  const rows = commandNames.map((name): [string, string] => [
    `${name} ${commands[name].operands}`,
    commands[name].says,
  ]);
  return join(
    "Usage: samewire COMMAND [OPTION…] LOCATION…",
    "Files and directories wherever a URL points. However many locations a command is given, it opens one connection per server and user.",
    `Commands:\n${columns(rows)}`,
    `Options of every command:\n${optionColumns(commonOptions)}`,
    locations,
    endings,
    `samewire help COMMAND tells more, and so does samewire help TOPIC:\n${columns(topicNames.map((name): [string, string] => [name, topics[name].says]))}`,
  );
}

function helpOf(name: CommandName): string {
  const { operands, says, options, notes, examples } = commands[name];
  const own = optionColumns(options);
  return join(
    `Usage: samewire ${name} [OPTION…] ${operands}`,
    [sentence(says), ...notes].join("\n"),
    `Examples:\n${examples.map((example) => `  ${example}`).join("\n")}`,
    own === "" ? "" : `Options:\n${own}`,
    `Options of every command:\n${optionColumns(commonOptionsOf(name))}`,
    locations,
    endings,
  );
}

/** What a row of the table says, as a sentence. */
export function sentence(says: string): string {
  return `${says[0]?.toUpperCase()}${says.slice(1)}.`;
}

function optionColumns(options: OptionRows): string {
  return columns(
    Object.entries(options).map(([name, option]): [string, string] => [optionText(name, option), option.says]),
  );
}

function optionText(name: string, { letters, value }: OptionRow): string {
  const short = letters === undefined ? "    " : `-${letters[0]}, `;
  return `${short}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function join(...paragraphs: string[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}
