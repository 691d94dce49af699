import type { CommandName } from "./command-table.ts";
import { commandNames, commands } from "./command-table.ts";
import { sentence } from "./help.ts";
import type { OptionRow, OptionRows } from "./option-table.ts";
import { commonOptions, lettersOf } from "./option-table.ts";
import type { Rows, Topic } from "./topics.ts";
import { topics } from "./topics.ts";

/** When the page was last changed in what it says. */
const changedOn = "2026-11-21";

/** The manual page, in the language of man(7), made of the same table as the help. */
export function manPage(version: string): string {
  return [
    `.TH SAMEWIRE 1 ${changedOn} "samewire ${version}" "User Commands"`,
    ".SH NAME",
    "samewire \\- files and directories wherever a URL points, over one connection",
    ".SH SYNOPSIS",
    ".B samewire",
    ".I COMMAND",
    "[\\fIOPTION\\fR...] \\fILOCATION\\fR...",
    ".SH DESCRIPTION",
    filled(
      "Lists, reads, writes, copies and compares files and directories on this machine and on SFTP, FTP, HTTP, WebDAV and S3 servers. However many locations a command is given, it opens one connection per server and user.",
    ),
    ".SH COMMANDS",
    ...commandNames.flatMap(commandLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...optionLines(commonOptions),
    ...topicLines("LOCATIONS", topics.locations),
    ...topicLines("PATTERNS", topics.patterns),
    ...topicLines("EXIT STATUS", topics["exit-codes"]),
    ".SH FILES",
    ...rowLines([
      ["~/.ssh/config, ~/.ssh/known_hosts", "read as ssh reads them; known_hosts is written to when you say so"],
      ["~/.netrc", "users and passwords for HTTP, WebDAV and FTP, or the file that $NETRC names"],
    ]),
    ".SH SEE ALSO",
    ".BR sftp (1),",
    ".BR scp (1),",
    ".BR ssh_config (5)",
    "",
  ].join("\n");
}

function commandLines(name: CommandName): string[] {
  const { operands, says, options, notes, examples } = commands[name];
  return [
    `.SS ${roff(`samewire ${name} [OPTION...] ${operands}`)}`,
    ...[sentence(says), ...notes].flatMap((text, at) => (at === 0 ? [filled(text)] : [".br", filled(text)])),
    ...optionLines(options),
    ...(examples.length === 0
      ? []
      : [".PP", ".nf", ".RS 4", ...examples.map((example) => roff(example)), ".RE", ".fi"]),
  ];
}

function optionLines(options: OptionRows): string[] {
  return Object.entries(options).flatMap(([name, option]: [string, OptionRow]) => {
    const { value, says } = option;
    const spellings = [...lettersOf(option).map((letter) => `-${letter}`), `--${name}`].map(
      (text) => `\\fB${roff(text)}\\fR`,
    );
    return [
      ".TP",
      `${spellings.join(", ")}${value === undefined ? "" : ` \\fI${roff(value)}\\fR`}`,
      filled(sentence(says)),
    ];
  });
}

function topicLines(title: string, { blocks }: Topic): string[] {
  return [
    `.SH ${title}`,
    ...blocks.flatMap((block, at) =>
      typeof block === "string" ? [...(at === 0 ? [] : [".PP"]), filled(block)] : rowLines(block),
    ),
  ];
}

function rowLines(rows: Rows): string[] {
  return rows.flatMap(([what, is]) => [".TP", `.B ${roff(what)}`, filled(sentence(is))]);
}

/** Text that means nothing to roff, in ASCII. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("…", "...")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga");
}

/** Text to be filled, in lines that mandoc is content with; a sentence begins a line. */
function filled(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of roff(text).split(/\s+/)) {
    const full = line.length + 1 + word.length > 78 || /[.?!]$/.test(line);
    if (line !== "" && full) lines.push(line);
    line = line === "" || full ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => each.replace(/^\./, "\\&.")).join("\n");
}
