import { createHmac, randomBytes } from "node:crypto";

/** What an option means for sharing: who one is and whom one trusts; how a connection behaves; nothing at all. */
export type OptionKind = "identity" | "policy" | "cosmetic";

/** What an option is to the connection key. */
export interface OptionDeclaration {
  /** Only identity is compared. */
  readonly kind: OptionKind;
  /** Its value appears nowhere, not even hashed in a way that another process could compare. */
  readonly secret?: true;
  /** Given late, it may still be taken up by a connection that has never connected. */
  readonly adoptable?: true;
  /** Proves who one is by itself: it is not taken up by a connection that was given another proof, whose owner would be somebody else from then on. */
  readonly proof?: true;
  /** Unsaid, it is filled in from the surroundings (an agent, a configuration file), so that unsaid is not the same as none. */
  readonly ambient?: true;
  /** The value that unsaid stands for: given, it is the same as none. */
  readonly default?: string;
  /** What follows from it after the defaults is compared, by the connection's endpoint or another option, and not what was given. */
  readonly effective?: true;
}

/** Every option of a scheme by its dotted name: `ssh.identityFile`. What is not declared counts as identity. */
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration>>;

/** The value of one identity option as text that is equal exactly when the option is. Holds no secret. */
export type IdentityValue = string;

/** Explicitly none, as opposed to not said. */
export const none: IdentityValue = "none";

/** In the key of a connection: it serves requests with every value of the option. */
export const any: IdentityValue = "any";

const processKey = randomBytes(32);

/** Text that is equal exactly when two values mean the same, without showing a secret. */
export function identityValue(value: unknown, secret: boolean): IdentityValue {
  if (value === null) return none;
  const canonical = canonicalise(value);
  return secret ? `hmac:${createHmac("sha256", processKey).update(canonical).digest("base64url")}` : `is:${canonical}`;
}

const references = new WeakMap<object, number>();
let lastReference = 0;

/** A value that is equal to nothing but itself. */
function referenceOf(value: object): string {
  let reference = references.get(value);
  if (reference === undefined) {
    reference = ++lastReference;
    references.set(value, reference);
  }
  return `reference:${reference}`;
}

/** A callback is its `id` if it has one, else itself. */
function callbackOf(callback: object): string {
  const { id } = callback as { id?: unknown };
  return typeof id === "string" ? `id:${JSON.stringify(id)}` : referenceOf(callback);
}

/** Registered symbols are the same everywhere, and all others only themselves; there are few of either. */
const symbols: symbol[] = [];

function symbolOf(value: symbol): string {
  if (!symbols.includes(value)) symbols.push(value);
  return `symbol:${symbols.indexOf(value)}`;
}

/** What is nested deeper is compared by reference: an object that contains itself has no end. */
const deepest = 32;

function canonicalise(value: unknown, depth: number = 0): string {
  switch (typeof value) {
    case "function":
      return callbackOf(value);
    case "object":
      return value === null ? "null" : canonicalObject(value, depth);
    case "symbol":
      return symbolOf(value);
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    default:
      // JSON has no word for NaN and Infinity.
      return String(value);
  }
}

function canonicalObject(value: object, depth: number): string {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("base64")}`;
  if (value instanceof URL) return JSON.stringify(value.href);
  if (depth >= deepest) return referenceOf(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalise(item, depth + 1)).join()}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return referenceOf(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalise(field, depth + 1)}`).join()}}`;
}
