import { posix } from "node:path";

import { parseAst } from "rolldown/parseAst";

import { read } from "../pages.ts";

/** A node of a syntax tree, as far as it is looked at here. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Where a name is declared. */
export interface Place {
  readonly path: string;
  readonly name: string;
}

/** A declaration, and the statement that exports it. */
export interface Declared {
  readonly file: SourceFile;
  readonly node: SyntaxNode;
  readonly statement: SyntaxNode;
}

/** A module of the sources: what it declares, and where the names that it uses come from. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly #statements: readonly SyntaxNode[];

  constructor(path: string) {
    this.path = path;
    this.text = read(path);
    this.#statements = parseAst(this.text, { lang: "ts" }).body as unknown as readonly SyntaxNode[];
  }

  /** A declaration of this module by its name. */
  declaration(name: string): Declared | undefined {
    for (const statement of this.#statements) {
      const declaration = (nodeIn(statement, "declaration") ?? statement) as SyntaxNode;
      const declarations = nodesIn(declaration, "declarations");
      for (const node of declarations.length > 0 ? declarations : [declaration])
        if (nodeIn(node, "id")?.["name"] === name) return { file: this, node, statement };
    }
    return undefined;
  }

  /** Where a name comes from that this module imports; undefined for its own, and for those of packages. */
  imported(local: string): Place | undefined {
    for (const statement of this.#statements.filter(({ type }) => type === "ImportDeclaration")) {
      const from = this.#pathOf(statement);
      const found = nodesIn(statement, "specifiers").find((one) => nodeIn(one, "local")?.["name"] === local);
      if (found !== undefined && from !== undefined) return { path: from, name: nameIn(found, "imported") ?? local };
    }
    return undefined;
  }

  /** The names that this module hands on, and where they are declared. */
  handedOn(): ReadonlyMap<string, Place> {
    const places = new Map<string, Place>();
    for (const statement of this.#statements.filter(({ type }) => type === "ExportNamedDeclaration")) {
      const from = this.#pathOf(statement);
      if (from === undefined) continue;
      for (const one of nodesIn(statement, "specifiers"))
        places.set(nameIn(one, "exported") ?? "", { path: from, name: nameIn(one, "local") ?? "" });
    }
    return places;
  }

  /** A stretch of the text on one line. */
  line(start: number, end: number): string {
    const words = this.text.slice(start, end).replaceAll(/\s+/g, " ").trim();
    return words.replaceAll(/([([]) /g, "$1").replaceAll(/,? ([)\]])/g, "$1");
  }

  /** The docstring right before a node, as paragraphs. */
  docstring({ start }: SyntaxNode): string {
    const before = this.text.slice(0, start).trimEnd();
    // What looks like a beginning may stand in the middle of one: a pattern of files.
    const begin = before.endsWith("*/") ? [...before.matchAll(/^[ \t]*\/\*/gm)].at(-1)?.index : undefined;
    const comment = begin === undefined ? "" : before.slice(begin).trimStart();
    if (!comment.startsWith("/**")) return "";
    const lines = comment
      .slice(3, -2)
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
    return lines.join("\n").trim();
  }

  #pathOf(statement: SyntaxNode): string | undefined {
    const source = nodeIn(statement, "source")?.["value"];
    return typeof source === "string" && source.startsWith(".")
      ? posix.join(posix.dirname(this.path), source)
      : undefined;
  }
}

const files = new Map<string, SourceFile>();

/** A module of the sources, parsed once. */
export function sourceFile(path: string): SourceFile {
  const file = files.get(path) ?? new SourceFile(path);
  files.set(path, file);
  return file;
}

export function nodeIn(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value = node?.[field];
  return typeof value === "object" && value !== null && "type" in value ? (value as SyntaxNode) : undefined;
}

export function nodesIn(node: SyntaxNode | undefined, field: string): readonly SyntaxNode[] {
  const value = node?.[field];
  return Array.isArray(value) ? (value as readonly SyntaxNode[]) : [];
}

function nameIn(node: SyntaxNode, field: string): string | undefined {
  const name = nodeIn(node, field)?.["name"];
  return typeof name === "string" ? name : undefined;
}
