import type { OptionDeclaration, OptionDeclarations } from "../connection/identity.ts";
import type { AskCredentials, Provenance } from "./credentials.ts";
import { commonDeclarations } from "./option-declarations.ts";
import type { TransportOptions } from "./transport-options.ts";

/** Where unsaid identity options may come from. */
export function provenanceOf({ credentials }: TransportOptions): Provenance {
  if (typeof credentials === "string") return credentials;
  return (typeof credentials === "object" ? credentials.provenance : undefined) ?? "inherit";
}

/** The callback that answers for secrets: undefined when unsaid, null for explicitly none. */
export function askOf({ credentials }: TransportOptions): AskCredentials | null | undefined {
  if (typeof credentials === "function") return credentials;
  return typeof credentials === "object" ? credentials.ask : undefined;
}

/** Every option that was given, by dotted name: a plain object that is not declared as a value itself is a group. */
export function* givenOptions(
  options: TransportOptions,
  declarations: OptionDeclarations,
): Generator<[name: string, value: unknown]> {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (name === "credentials") {
      const ask = askOf(options);
      if (ask !== undefined) yield ["credentials.ask", ask];
    } else if (name === "tls" && typeof value === "string") {
      yield ["tls.required", value === "required" ? true : null];
    } else if (declarationOf(declarations, name) === undefined && isGroup(value)) {
      for (const [field, inner] of Object.entries(value)) if (inner !== undefined) yield [`${name}.${field}`, inner];
    } else {
      yield [name, value];
    }
  }
}

/** Options with more options laid over them, groups field by field. */
export function mergedOptions(under: TransportOptions, over: TransportOptions): TransportOptions {
  const merged = new Map<string, unknown>(Object.entries(under));
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged.get(name);
    merged.set(name, isGroup(value) && isGroup(below) ? { ...below, ...value } : value);
  }
  // Not by assignment: an option that is called __proto__ stays an option.
  return Object.fromEntries(merged);
}

/** What a declarations object says of a name; not what every object has under it. */
export function declarationOf(declarations: OptionDeclarations, name: string): OptionDeclaration | undefined {
  return Object.hasOwn(declarations, name) ? declarations[name] : undefined;
}

function isGroup(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const declarationsOf = new WeakMap<object, OptionDeclarations>();

/** A scheme's own options with the common ones. */
export function allOptionsOf(scheme: { readonly options: OptionDeclarations }): OptionDeclarations {
  let all = declarationsOf.get(scheme);
  if (all === undefined) {
    all = { ...commonDeclarations, ...scheme.options };
    declarationsOf.set(scheme, all);
  }
  return all;
}
