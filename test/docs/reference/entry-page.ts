import type { PublicMember, PublicName } from "./public-name.ts";

/** An entry point of the package, and what its page begins with. */
export interface EntryPoint {
  /** `samewire/extend` */
  readonly name: string;
  readonly module: string;
  readonly page: string;
  readonly summary: string;
}

const parts = [
  { title: "Functions", kinds: ["function", "value"] },
  { title: "Classes", kinds: ["class"] },
  { title: "Types", kinds: ["type"] },
] as const;

/** The page of an entry point: each name with its declaration, what its docstring says, and its members. */
export function entryPage({ name, summary }: EntryPoint, names: readonly PublicName[]): string {
  const grouped = parts.map(({ title, kinds }) => ({
    title,
    names: names.filter(({ kind }) => (kinds as readonly string[]).includes(kind)),
  }));
  const index = grouped.map((part) => `* ${part.title}: ${part.names.map(linkTo).join(", ")}`);
  const sections = grouped.flatMap((part) => part.names.flatMap(section));
  const head = [`# \`${name}\``, "<!-- Made from the docstrings in src: npm run reference -->", summary];
  return `${[...head, index.join("\n"), ...sections].join("\n\n")}\n`;
}

function linkTo({ name }: PublicName): string {
  return `[\`${name}\`](#${name.toLowerCase()})`;
}

function section({ name, signature, doc, members }: PublicName): readonly string[] {
  const declaration = signature.includes("\n") ? `\`\`\`ts declaration\n${signature}\n\`\`\`` : code(signature);
  return [`## ${name}`, declaration, paragraphs(doc), members.map(row).join("\n")].filter((part) => part !== "");
}

function row({ signature, doc }: PublicMember): string {
  const [first = "", ...more] = paragraphs(doc).split("\n\n");
  const head = `* ${code(signature)}${first === "" ? "" : `: ${first}`}`;
  return [head, ...more.map((paragraph) => paragraph.replaceAll(/^/gm, "  "))].join("\n\n");
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A docstring with its lines joined, but for code and lists, and with what is thrown told last. */
function paragraphs(doc: string): string {
  const [text = "", ...tags] = doc.split(/^@/m);
  const blocks = text
    .split(/^(```[^]*?^```)$/m)
    .flatMap((part) => (part.startsWith("```") ? [part] : part.split("\n\n")));
  const joined = blocks.map((block) => (/^\s*(?:```|[*-] )/.test(block) ? block : block.trim().replaceAll("\n", " ")));
  const thrown = tags.map((tag) =>
    tag
      .trim()
      .replaceAll("\n", " ")
      .replace(/^throws (?:TransportError)?/, "Throws"),
  );
  return [...joined, ...thrown].filter((block) => block !== "").join("\n\n");
}
