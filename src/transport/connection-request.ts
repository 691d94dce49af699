import type { ConnectionKey } from "../connection/connection-key.ts";
import type { IdentityValue, OptionDeclaration } from "../connection/identity.ts";
import { identityValue } from "../connection/identity.ts";
import type { Location } from "../url/location.ts";
import { checkUser } from "../url/userinfo.ts";
import { allOptionsOf, declarationOf, givenOptions, provenanceOf } from "./option-values.ts";
import type { PossibleTransports } from "./possible-transports.ts";
import { withPlainProxy } from "./proxy-options.ts";
import type { Registry } from "./registry.ts";
import { translateLocationError } from "./registry.ts";
import type { Scheme } from "./scheme.ts";
import type { TransportOptions } from "./transport-options.ts";

/** What a call without options has. One object, so that it is recognised. */
export const noOptions: TransportOptions = Object.freeze({});

/** Where nobody said what an option is, it may be a secret. */
const undeclared: OptionDeclaration = { kind: "identity", secret: true };

const noIdentity: ReadonlyMap<string, IdentityValue> = new Map();

/** One call of `getTransport`: the location, parsed once, the options, and the key that follows from both, worked out at most once. */
export class ConnectionRequest {
  /** Where, parsed once. */
  readonly location: Location;
  /** The call's options, with what its URL says beside. */
  readonly options: TransportOptions;
  /** The scheme of the location. */
  readonly scheme: Scheme;
  /** Where the scheme was found. */
  readonly registry: Registry;
  /** The caller's list, for whatever else has to be connected on the way: a jump host. */
  readonly possibleTransports: PossibleTransports | undefined;
  #key: ConnectionKey | undefined;
  #effective: ConnectionRequest | undefined;
  #variants: Map<string, ConnectionRequest> | undefined;

  constructor(
    registry: Registry,
    location: Location,
    options: TransportOptions = noOptions,
    possibleTransports?: PossibleTransports,
  ) {
    this.registry = registry;
    this.location = location;
    this.scheme = registry.scheme(location.scheme);
    this.options = withPlainProxy(this.scheme.impliedOptions?.(location, options) ?? options);
    this.possibleTransports = possibleTransports;
    if (typeof options.user === "string") refuseUser(options.user);
  }

  /** Whether what is left unsaid may be taken from candidates. */
  get inherits(): boolean {
    return provenanceOf(this.options) === "inherit";
  }

  /** The same request with what the surroundings say of what it leaves open, looked up at most once; itself where they say nothing. */
  get effective(): ConnectionRequest {
    if (this.#effective === undefined) {
      const options = this.scheme.effectiveOptions?.(this) ?? this.options;
      this.#effective = options === this.options ? this : this.with({ options });
      this.#effective.#effective = this.#effective;
    }
    return this.#effective;
  }

  /** The connection key; its endpoint is empty where the scheme has no wires. */
  get key(): ConnectionKey {
    return (this.#key ??= { endpoint: this.scheme.endpoint?.(this) ?? "", identity: this.#identity() });
  }

  /**
   * The location as it is shown: with the user that was given explicitly, wherever, so that a URL derived from it leads to the same wire;
   * without the password, which is the connection's business and nobody's to read back.
   */
  get shownLocation(): Location {
    const { location, options } = this;
    const user = location.user ?? options.user ?? undefined;
    return user === location.user && location.password === undefined
      ? location
      : location.with({ user, password: undefined });
  }

  /** The same request for another location or with other options. */
  with(change: { location?: Location; options?: TransportOptions }): ConnectionRequest {
    return new ConnectionRequest(
      this.registry,
      change.location ?? this.location,
      change.options ?? this.options,
      this.possibleTransports,
    );
  }

  /** The same request with options that follow from a value, worked out at most once for each. */
  variant(value: string, optionsFrom: (options: TransportOptions) => TransportOptions): ConnectionRequest {
    this.#variants ??= new Map();
    let variant = this.#variants.get(value);
    if (variant === undefined) {
      variant = this.with({ options: optionsFrom(this.options) });
      this.#variants.set(value, variant);
    }
    return variant;
  }

  #identity(): ReadonlyMap<string, IdentityValue> {
    const { location, options, scheme } = this;
    let identity: Map<string, IdentityValue> | undefined;
    if (options !== noOptions) {
      const declarations = allOptionsOf(scheme);
      for (const [name, value] of givenOptions(options, declarations)) {
        const declaration = declarationOf(declarations, name) ?? undeclared;
        if (declaration.kind !== "identity" || declaration.effective === true) continue;
        const said = value === declaration.default ? null : value;
        (identity ??= new Map()).set(name, identityValue(said, declaration.secret === true));
      }
    }
    // What the URL says beats what the options say.
    if (location.password !== undefined)
      (identity ??= new Map()).set("password", identityValue(location.password, true));
    return identity ?? noIdentity;
  }
}

/** A user given by an option is as suspect as one in a URL. */
function refuseUser(user: string): void {
  try {
    checkUser(user);
  } catch (error) {
    throw translateLocationError(error);
  }
}
