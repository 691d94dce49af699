import { beforeAll, describe, expect, it } from "vitest";

import { parseCommandLine } from "../../src/cli/parse-command-line.ts";
import type { CodeBlock } from "./pages.ts";
import { codeBlocks, filesBelow, pages, prose, read } from "./pages.ts";
import { shellCommands } from "./shell-words.ts";
import { typeCheck } from "./type-check.ts";

/*
 * What a page shows is a program:
 *
 *   ```ts                     a module. What it does not import from samewire is imported for it, and it has `list`, `scope`, `transport` and `url`
 *   ```ts continues           goes on where the block before it on the same page ended
 *   ```ts declaration         what the reference shows of the sources, which is no program
 *   <!-- given: declare … --> right above a fence: what else it takes for granted, as declarations
 *   ```sh                     commands; those of samewire are read as the command reads them. Elsewhere what stands behind "$ "
 *   ```text                   anything else
 */
const blocks = pages().flatMap((page) => codeBlocks(page));
const isTypeScript = ({ language, words }: CodeBlock): boolean =>
  /^(?:ts|typescript|js|javascript|mjs|mts)$/.test(language) && !words.includes("declaration");
const isShell = ({ language }: CodeBlock): boolean => /^(?:sh|bash|shell|console)$/.test(language);

/** Files that a page shows whole are compiled where they are. */
const shownWhole = new Set(
  filesBelow("examples/")
    .filter((path) => path.endsWith(".ts"))
    .map((path) => read(path).trim()),
);

const plain = { language: "ts", words: [], given: "" };

/** Blocks that do not compile. */
const wrong: readonly CodeBlock[] = [
  { ...plain, page: "wrong-a.md", line: 7, code: 'const t = getTransport("memory:///");\nt.putt("a", "b");' },
  { ...plain, page: "wrong-b.md", line: 3, code: "const n = 1;" },
  { ...plain, page: "wrong-b.md", line: 9, code: "n.toFixed();\nconst s: string = n;", words: ["continues"] },
  {
    ...plain,
    page: "wrong-c.md",
    line: 2,
    code: "say(list, 1);",
    given: "declare function say(...what: string[]): void",
  },
];

describe("the code in README and docs", () => {
  /** What the compiler says of all of them, and of some that are wrong, in one run. */
  let complaints: readonly string[] = [];
  const programs = blocks.filter(isTypeScript);
  const isExpected = (complaint: string): boolean => complaint.startsWith("wrong-");

  beforeAll(() => {
    complaints = typeCheck([...programs, ...wrong], shownWhole);
  }, 120_000);

  it("compiles against the public entry points", () => {
    expect(programs.length).toBeGreaterThan(20);
    expect(complaints.filter((complaint) => !isExpected(complaint))).toEqual([]);
  });

  it("is found by the compiler where it is wrong, by page and line", () => {
    const found = complaints.filter(isExpected).map((line) => line.replace(/: error.*/, ""));
    expect(found).toEqual(["wrong-a.md:8", "wrong-b.md:10", "wrong-c.md:2"]);
  });

  it("names commands of samewire, and their options, as the command has them", () => {
    const refused = blocks.flatMap((block) =>
      commandsIn(block).flatMap((words) => {
        const [program, ...args] = words.filter((word, index) => index > 0 || !/^\w+=/.test(word));
        if (program !== "samewire") return [];
        try {
          parseCommandLine(args);
          return [];
        } catch (error) {
          return [`${block.page}:${block.line}: ${words.join(" ")}: ${(error as Error).message}`];
        }
      }),
    );
    expect(refused).toEqual([]);
    expect(blocks.flatMap(commandsIn).filter(([program]) => program === "samewire").length).toBeGreaterThan(30);
  });

  it("names scripts of the package, and examples, that are there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const examples = new Set(filesBelow("examples/").map((path) => path.split("/")[1]?.replace(/\.ts$/, "")));
    const missing = pages().flatMap(({ path, text }) => [
      ...[...text.matchAll(/\bnpm run (?:-s |--silent )?([\w:]+)/g)]
        .filter(([, name = ""]) => !Object.hasOwn(scripts, name))
        .map(([command]) => `${path}: ${command}`),
      ...[...text.matchAll(/\bnpm run example -- ([\w-]+)/g)]
        .filter(([, name = ""]) => !examples.has(name))
        .map(([command]) => `${path}: ${command}`),
    ]);
    expect(missing).toEqual([]);
  });

  it("has a language, or is a session at a terminal or a file", () => {
    const unlabelled = blocks.filter(
      ({ language, code }) => language === "" && !/^\$ |^samewire |^machine /m.test(code),
    );
    expect(unlabelled.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
  });
});

describe("what reads the pages", () => {
  it("tells commands apart as a shell does", () => {
    const script = `date | samewire put 'a b':c > "x" && echo "it's"\nsource <(samewire completion bash)  # in ~/.bashrc\na\\ b \\\n c`;
    expect(shellCommands(script)).toEqual([
      ["date"],
      ["samewire", "put", "a b:c"],
      ["echo", "it's"],
      ["source"],
      ["samewire", "completion", "bash"],
      ["a b", "c"],
    ]);
  });

  it("finds blocks in lists, and blocks in blocks, and leaves the prose line for line", () => {
    const text = "a\n* b\n  ```ts x\n  c\n  ```\n````md\n```\n````\nd";
    const found = codeBlocks({ path: "p.md", text });
    expect(found.map(({ line, language, words, code }) => [line, language, words, code])).toEqual([
      [4, "ts", ["x"], "c"],
      [7, "md", [], "```"],
    ]);
    expect(prose({ text }).split("\n")).toEqual(["a", "* b", "", "", "", "", "", "", "d"]);
  });
});

/** The commands that a block shows. */
function commandsIn(block: CodeBlock): readonly (readonly string[])[] {
  if (isShell(block)) return shellCommands(block.code.replaceAll(/^\$ /gm, ""));
  if (block.language !== "") return [];
  const typed = block.code.split("\n").filter((line) => line.startsWith("$ "));
  return shellCommands(typed.map((line) => line.slice(2)).join("\n"));
}
