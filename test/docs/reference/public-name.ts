import type { Declared, Place, SourceFile, SyntaxNode } from "./source-file.ts";
import { nodeIn, nodesIn, sourceFile } from "./source-file.ts";

/** A member of a class or an interface that users see. */
export interface PublicMember {
  readonly name: string;
  readonly signature: string;
  readonly doc: string;
}

/** A name that an entry point exports. */
export interface PublicName {
  readonly name: string;
  /** The module that declares it. */
  readonly path: string;
  readonly kind: "function" | "class" | "type" | "value";
  /** The declaration without what is in it. */
  readonly signature: string;
  readonly doc: string;
  readonly members: readonly PublicMember[];
}

/** Everything that a module exports from others, in the order of the alphabet. */
export function publicNames(entry: string): readonly PublicName[] {
  const places = sourceFile(entry).handedOn();
  const own = new Set([...places.values()].map(({ path, name }) => `${path} ${name}`));
  return [...places]
    .map(([name, place]) => publicName(name, place, own))
    .toSorted((one, other) => compare(one.name, other.name));
}

function publicName(name: string, place: Place, own: ReadonlySet<string>): PublicName {
  const declared = declarationAt(place);
  const { file, node, statement } = declared;
  return {
    name,
    path: file.path,
    kind: kindOf(node),
    signature: signatureOf(declared).replace(new RegExp(String.raw`\b${place.name}\b`), name),
    doc: file.docstring(statement),
    members: membersOf(declared, own),
  };
}

function declarationAt({ path, name }: Place): Declared {
  const file = sourceFile(path);
  const declared = file.declaration(name);
  if (declared !== undefined) return declared;
  const further = file.handedOn().get(name);
  if (further === undefined) throw new Error(`${path} has no ${name}`);
  return declarationAt(further);
}

function kindOf({ type }: SyntaxNode): PublicName["kind"] {
  if (type === "ClassDeclaration") return "class";
  if (type === "FunctionDeclaration" || type === "TSDeclareFunction") return "function";
  return type === "VariableDeclarator" ? "value" : "type";
}

function signatureOf({ file, node, statement }: Declared): string {
  const body = nodeIn(node, "body");
  if (node.type === "VariableDeclarator") return `const ${file.line(node.start, nodeIn(node, "id")?.end ?? node.end)}`;
  if (node.type === "TSTypeAliasDeclaration") return file.text.slice(node.start, node.end);
  const start = node.type === "FunctionDeclaration" ? node.start : (nodeIn(statement, "declaration") ?? node).start;
  return file.line(start, body?.start ?? node.end).replace(/^async /, "");
}

/** What everybody knows, where there is nothing more to say of it. */
const goWithoutSaying = new Set([
  "constructor",
  "name",
  "toString",
  "toJSON",
  "[Symbol.asyncDispose]",
  "[Symbol.iterator]",
]);

/** The members that users see: those of a base that has no page of its own are told here, and those that repeat a base's without a word are not. */
function membersOf(declared: Declared, own: ReadonlySet<string>): readonly PublicMember[] {
  const { file, node } = declared;
  if (node.type !== "ClassDeclaration" && node.type !== "TSInterfaceDeclaration") return [];
  const members = new Map<string, PublicMember>();
  const inherited = new Set<string>();
  for (const base of basesOf(declared)) {
    const isToldElsewhere = own.has(`${base.file.path} ${String(nodeIn(base.node, "id")?.["name"])}`);
    for (const member of [...membersOf(base, isToldElsewhere ? new Set() : own)])
      if (isToldElsewhere) inherited.add(member.name);
      else members.set(member.name, member);
  }
  for (const member of nodesIn(nodeIn(node, "body"), "body").filter(isShown)) {
    const shown = publicMember(file, member);
    if (shown.doc === "" && (inherited.has(shown.name) || members.has(shown.name))) continue;
    if (shown.doc === "" && (member["override"] === true || goWithoutSaying.has(shown.name))) continue;
    members.set(shown.name, shown);
  }
  return [...members.values()];
}

/** What a class extends and implements, and what an interface extends, where it is of these sources. */
function basesOf({ file, node }: Declared): readonly Declared[] {
  const named = [
    nodeIn(node, "superClass"),
    ...[...nodesIn(node, "extends"), ...nodesIn(node, "implements")].map((base) => nodeIn(base, "expression")),
  ];
  return named.flatMap((base) => {
    const name = base?.["name"];
    if (typeof name !== "string") return [];
    const place = file.imported(name);
    const declared = place === undefined ? file.declaration(name) : declarationAt(place);
    return declared === undefined ? [] : [declared];
  });
}

function isShown(member: SyntaxNode): boolean {
  const isPrivate = member["accessibility"] === "private" || nodeIn(member, "key")?.type === "PrivateIdentifier";
  return !isPrivate && member["kind"] !== "set" && member.type !== "StaticBlock";
}

function publicMember(file: SourceFile, member: SyntaxNode): PublicMember {
  return {
    name: nameOf(file, member),
    signature: memberSignature(file, member),
    doc: file.docstring(member),
  };
}

function nameOf(file: SourceFile, member: SyntaxNode): string {
  const key = nodeIn(member, "key");
  if (key === undefined) return "()";
  const name = file.text.slice(key.start, key.end);
  return member["computed"] === true ? `[${name}]` : name;
}

const modifiers = /^((?:protected |static )*)(?:(?:abstract|override|readonly|async|get) )*/;

function memberSignature(file: SourceFile, member: SyntaxNode): string {
  // What a field begins with, and what is in a method, is its own business.
  const inside = nodeIn(nodeIn(member, "value"), "body")?.start;
  const end = member.type === "PropertyDefinition" ? (nodeIn(member, "typeAnnotation")?.end ?? member.end) : inside;
  const signature = file
    .line(member.start, end ?? member.end)
    .replace(/[;,]$/, "")
    .replace(modifiers, "$1");
  if (member["kind"] === "constructor") return signature.replace("constructor", "new ");
  return member["kind"] === "get" ? signature.replace("():", ":") : signature;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
