/** A word of a line, and where it ends. */
export interface Column {
  readonly text: string;
  readonly end: number;
}

/** The first words of a line, whatever white space is between them. What a server wrote is looked at once, character by character. */
export function columnsOf(line: string, most: number): readonly Column[] {
  const columns: Column[] = [];
  let at = 0;
  while (columns.length < most && at < line.length) {
    while (at < line.length && isBlank(line[at])) at++;
    const start = at;
    while (at < line.length && !isBlank(line[at])) at++;
    if (at > start) columns.push({ text: line.slice(start, at), end: at });
  }
  return columns;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
