import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root: URL = new URL("../../", import.meta.url);

/** A page of the documentation, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the page on which its code begins, from 1. */
  readonly line: number;
  readonly language: string;
  /** The words behind the language. */
  readonly words: readonly string[];
  readonly code: string;
  /** What a comment right above the fence says is given: declarations that a reader takes for granted. */
  readonly given: string;
}

export function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, root)), "utf8");
}

/** The paths of all files below a folder of the repository. */
export function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(fileURLToPath(new URL(folder, root)), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    return entry.isDirectory() ? filesBelow(`${path}/`) : [path];
  });
}

/** The README and everything in docs. */
export function pages(): readonly Page[] {
  const paths = ["README.md", "SECURITY.md", ...filesBelow("docs/").filter((path) => path.endsWith(".md"))];
  return paths.map((path) => ({ path, text: read(path) }));
}

const fence = /^( *)(`{3,})(.*)$/;
const givenComment = /^ *<!-- given: (.*) -->$/;

/** The fenced blocks of a page, in order. */
export function codeBlocks({ path, text }: Page): readonly CodeBlock[] {
  const lines = text.split("\n");
  const blocks: CodeBlock[] = [];
  for (let index = 0; index < lines.length; index++) {
    const [, indent = "", ticks = "", info = ""] = fence.exec(lines[index] as string) ?? [];
    if (ticks === "") continue;
    const end = lines.findIndex((line, at) => at > index && line.trim() === ticks);
    if (end < 0) throw new Error(`${path}:${index + 1}: a fence that is not closed`);
    const [language = "", ...words] = info.trim().split(/\s+/);
    const code = lines
      .slice(index + 1, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const given = givenComment.exec(lines[index - 1] ?? "")?.[1] ?? "";
    blocks.push({ page: path, line: index + 2, language, words, code: code.join("\n"), given });
    index = end;
  }
  return blocks;
}

/** A page without its blocks, line for line. */
export function prose({ text }: Pick<Page, "text">): string {
  let open = "";
  const kept = text.split("\n").map((line) => {
    const ticks = fence.exec(line)?.[2] ?? "";
    if (open === "" && ticks === "") return line;
    if (open === "") open = ticks;
    else if (line.trim() === open) open = "";
    return "";
  });
  return kept.join("\n");
}
