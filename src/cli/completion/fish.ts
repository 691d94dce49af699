import { lettersOf } from "../option-table.ts";
import type { OptionWord } from "./words.ts";
import { commonWords, firstWords } from "./words.ts";

/** A script for fish. */
export function fishScript(): string {
  const names = firstWords.map(({ name }) => name).join(" ");
  const commands = firstWords.map(
    ({ name, says }) => `complete -c samewire -n __samewire_no_command -f -a ${name} -d ${quoted(says)}`,
  );
  const perCommand = firstWords.flatMap(({ name, options, words }) => [
    ...options.map((option) => optionLine(`"__samewire_command ${name}"`, option)),
    ...(words === undefined
      ? []
      : [`complete -c samewire -n "__samewire_command ${name}" -f -a ${quoted(words.join(" "))}`]),
  ]);
  return `# fish completion of samewire, made by: samewire completion fish

function __samewire_no_command
    not __fish_seen_subcommand_from ${names}
end

function __samewire_command
    __fish_seen_subcommand_from $argv[1]
end

# What is behind a host is not here.
function __samewire_remote
    string match -q '*:*' -- (commandline -ct)
end

complete -c samewire -n __samewire_remote -f
${[...commands, ...commonWords.map((option) => optionLine("__samewire_no_command", option)), ...perCommand].join("\n")}
`;
}

function optionLine(condition: string, option: OptionWord): string {
  const { name, value, completes, says } = option;
  const short = lettersOf(option)
    .map((letter) => ` -s ${letter}`)
    .join("");
  const argument =
    value === undefined
      ? ""
      : completes === "files"
        ? " -r -F"
        : completes === undefined
          ? " -x"
          : ` -x -a ${quoted(completes.join(" "))}`;
  return `complete -c samewire -n ${condition} -l ${name}${short}${argument} -d ${quoted(says)}`;
}

/** fish knows backslashes in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
