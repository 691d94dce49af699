import type { OptionWord } from "./words.ts";
import { commonWords, firstWords, quoted } from "./words.ts";

/** A script for zsh: to be sourced behind compinit, or a file "_samewire" in fpath. */
export function zshScript(): string {
  const names = firstWords
    .map(({ name, says }) => `    ${quoted(`${name}:${says.replaceAll(":", "\\:")}`)}`)
    .join("\n");
  const cases = firstWords
    .map(({ name, options, words }) => {
      const operands = words === undefined ? "'*:location:_samewire_location'" : quoted(`*: :(${words.join(" ")})`);
      return `        ${name})\n          _arguments -s -S \\\n${specs(options)} \\\n            ${operands}\n          ;;`;
    })
    .join("\n");
  return `#compdef samewire
# zsh completion of samewire, made by: samewire completion zsh

_samewire() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${names}
  )
  _arguments -C -s -S \\
${specs(commonWords)} \\
            '1: :->command' \\
            '*:: :->operands'
  case $state in
    command) _describe -t commands command commands ;;
    operands)
      case $line[1] in
${cases}
      esac
      ;;
  esac
}

# What is behind a host is not here.
_samewire_location() {
  [[ $PREFIX == *:* ]] || _files
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _samewire "$@"
else
  compdef _samewire samewire
fi
`;
}

function specs(options: readonly OptionWord[]): string {
  return options
    .flatMap((option) => option.spellings.map((spelling) => `            ${quoted(spec(option, spelling))}`))
    .join(" \\\n");
}

/** As _arguments of zshcompsys(1) takes it. */
function spec({ value, completes, says }: OptionWord, spelling: string): string {
  const about = `[${says.replaceAll(/[[\]:\\]/g, "\\$&")}]`;
  if (value === undefined) return `*${spelling}${about}`;
  const action = completes === undefined ? " " : completes === "files" ? "_files" : `(${completes.join(" ")})`;
  return `*${spelling}${spelling.startsWith("--") ? "=" : "+"}${about}:${value.replaceAll(":", "\\:")}:${action}`;
}
