/** A comment, an operator, or a word with its quotes. */
const token = /(#.*)|(&&|\|\||>>|[|&;()<>])|((?:[^\s|&;()<>"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)/y;

/** What is taken out of a word: a backslash, or quotes. */
const quoting = /\\(?<escaped>.)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>[^']*)'/g;

/**
 * The commands of a shell script as their words: enough of a shell for what documentation shows, which is quotes, pipes, lists, redirections and process
 * substitution. Nothing is expanded.
 */
export function shellCommands(script: string): readonly (readonly string[])[] {
  return script
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => commandsOfLine(line));
}

function commandsOfLine(line: string): string[][] {
  const commands: string[][] = [[]];
  let isRedirected = false;
  for (let at = 0; at < line.length;) {
    if (/\s/.test(line.charAt(at))) {
      at++;
      continue;
    }
    token.lastIndex = at;
    const [text, comment, operator] = token.exec(line) ?? [];
    if (text === undefined) throw new Error(`no shell would read this: ${line}`);
    at += text.length;
    if (comment !== undefined) break;
    if (operator === undefined && !isRedirected) commands.at(-1)?.push(unquoted(text));
    isRedirected = operator !== undefined && /[<>]/.test(operator);
    if (operator !== undefined && !isRedirected) commands.push([]);
  }
  return commands.filter((words) => words.length > 0);
}

function unquoted(word: string): string {
  return word.replaceAll(quoting, (...found: unknown[]) => {
    const { escaped, double, single } = found.at(-1) as Record<string, string | undefined>;
    return escaped ?? double?.replaceAll(/\\(.)/g, "$1") ?? single ?? "";
  });
}
