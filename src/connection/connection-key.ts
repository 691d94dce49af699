import type { IdentityValue, OptionDeclarations } from "./identity.ts";
import { any, none } from "./identity.ts";

/** What two locations must have in common for one wire to serve both. */
export interface ConnectionKey {
  /** Scheme with its security mode, effective user, host and port. No secret in it. */
  readonly endpoint: string;
  /** Every identity option that was given, by name. */
  readonly identity: ReadonlyMap<string, IdentityValue>;
}

/** Why a wire does or does not serve a request. */
export type KeyMatch =
  | { readonly kind: "same" }
  | { readonly kind: "adopts"; readonly option: string }
  | { readonly kind: "other-endpoint" }
  | { readonly kind: "differs"; readonly option: string; readonly given: "other" | "none" | "unsaid" };

export interface MatchRules {
  /** Whether what the request leaves unsaid may be taken from the candidate. */
  readonly inherits: boolean;
  /** Whether the candidate has never connected, so that it may still take up an adoptable option. */
  readonly neverConnected: boolean;
  readonly declarations: OptionDeclarations;
}

const same: KeyMatch = { kind: "same" };
const otherEndpoint: KeyMatch = { kind: "other-endpoint" };

/** Whether a wire with the key `held` may serve a request with the key `asked`. Given means equal; unsaid means the candidate's, if it inherits. */
export function matchKeys(held: ConnectionKey, asked: ConnectionKey, rules: MatchRules): KeyMatch {
  if (held.endpoint !== asked.endpoint) return otherEndpoint;
  if (held.identity.size === 0 && asked.identity.size === 0) return same;
  let adopted: string | undefined;
  for (const [option, value] of asked.identity) {
    const mine = held.identity.get(option) ?? unsaid(option, rules.declarations);
    if (mine === value || mine === any) continue;
    if (value === none || !isAdoptable(option, held, rules))
      return { kind: "differs", option, given: value === none ? "none" : "other" };
    adopted = option;
  }
  if (!rules.inherits) {
    for (const [option, value] of held.identity) {
      if (!asked.identity.has(option) && value !== unsaid(option, rules.declarations))
        return { kind: "differs", option, given: "unsaid" };
    }
  }
  return adopted === undefined ? same : { kind: "adopts", option: adopted };
}

/** Whether a connection takes up what it was not given. */
function isAdoptable(option: string, held: ConnectionKey, { neverConnected, declarations }: MatchRules): boolean {
  const { adoptable = false, proof = false } = declarations[option] ?? {};
  if (!neverConnected || !adoptable || held.identity.has(option)) return false;
  if (!proof) return true;
  return [...held.identity].every(([other, value]) => value === none || declarations[other]?.proof !== true);
}

/** What an unsaid option comes to: none, unless the surroundings fill it in. */
function unsaid(option: string, declarations: OptionDeclarations): IdentityValue | undefined {
  return declarations[option]?.ambient === true ? undefined : none;
}

/** One text for the whole key, for the census of wires; equal exactly when the keys are. */
export function keyText({ endpoint, identity }: ConnectionKey): string {
  const options = [...identity].map(([name, value]) => `${name}=${value}`);
  return [endpoint, ...options.toSorted()].join("\n");
}
