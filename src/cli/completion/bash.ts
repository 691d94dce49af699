import type { OptionWord } from "./words.ts";
import { commonWords, firstWords, valueWords } from "./words.ts";

/** A script for bash, from 3.2 on. */
export function bashScript(): string {
  const names = firstWords.map(({ name }) => name).join(" ");
  const optionCases = firstWords.map(({ name, options }) => `      ${name}) words="${spelled(options)}" ;;`).join("\n");
  const wordCases = firstWords
    .flatMap(({ name, words }) => (words === undefined ? [] : [`    ${name}) words="${words.join(" ")}" ;;`]))
    .join("\n");
  return `# bash completion of samewire, made by: samewire completion bash

_samewire() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= words= at found
  COMPREPLY=()
  # bash takes = and : for words of their own.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  # What is behind a host is not here.
  if [[ $current == : || $previous == : ]]; then
    return
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${valueWords.flatMap(({ spellings }) => spellings).join("|")})
        if [[ \${COMP_WORDS[at + 1]} == = ]]; then ((at += 2)); else ((at++)); fi
        ;;
      -*) ;;
      *)
        command=\${COMP_WORDS[at]}
        break
        ;;
    esac
  done
  case $previous in
${valueCases()}
  esac
  if [[ $current == -* ]]; then
    case $command in
${optionCases}
      *) words="${spelled(commonWords)}" ;;
    esac
    _samewire_words "$words"
    return
  fi
  case $command in
    '') words="${names}" ;;
${wordCases}
    *)
      _samewire_files
      return
      ;;
  esac
  _samewire_words "$words"
}

_samewire_words() {
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -W "$1" -- "$current")
}

_samewire_files() {
  compopt -o filenames 2>/dev/null
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$current")
}

complete -F _samewire samewire
`;
}

function spelled(options: readonly OptionWord[]): string {
  return options.flatMap(({ spellings }) => spellings).join(" ");
}

function valueCases(): string {
  return valueWords
    .map(({ spellings, completes }) => {
      const found =
        completes === undefined
          ? []
          : completes === "files"
            ? ["      _samewire_files"]
            : [`      _samewire_words "${completes.join(" ")}"`];
      return [`    ${spellings.join("|")})`, ...found, "      return", "      ;;"].join("\n");
    })
    .join("\n");
}
