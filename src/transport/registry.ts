import { TransportError } from "../errors/transport-error.ts";
import type { Location } from "../url/location.ts";
import { LocationError } from "../url/location-error.ts";
import { parseLocation } from "../url/parse-location.ts";
import type { UrlSyntax } from "../url/url-syntax.ts";
import type { Decorator, Scheme } from "./scheme.ts";
import type { LocationInput } from "./transport-options.ts";

/** The schemes and decorators that a program knows, by the names in its URLs. */
export class Registry {
  readonly #schemes = new Map<string, Scheme>();
  readonly #decorators = new Map<string, Decorator>();
  readonly #syntaxOf = (name: string): UrlSyntax | undefined => this.#schemes.get(name)?.syntax;
  readonly #known = {
    schemes: (): readonly string[] => [...this.#schemes.keys()],
    decorators: (name: string): boolean => this.#decorators.has(name),
  };

  /** Adds a scheme under all its names; a name that is taken throws `already-exists`. */
  registerScheme(scheme: Scheme): void {
    for (const name of scheme.names) claim(this.#schemes, name, scheme, "scheme");
  }

  /** Adds a decorator; a name that is taken throws `already-exists`. */
  registerDecorator(decorator: Decorator): void {
    claim(this.#decorators, decorator.name, decorator, "decorator");
  }

  /** The scheme of that name; throws `unsupported-scheme` where there is none. */
  scheme(name: string): Scheme {
    const scheme = this.#schemes.get(name);
    if (scheme !== undefined) return scheme;
    throw new TransportError("unsupported-scheme", `no scheme is registered as ${JSON.stringify(name)}`, {
      hint: `Registered are: ${this.schemeNames.join(", ")}`,
    });
  }

  /** The decorator of that name; throws `unsupported-scheme` where there is none. */
  decorator(name: string): Decorator {
    const decorator = this.#decorators.get(name);
    if (decorator !== undefined) return decorator;
    throw new TransportError("unsupported-scheme", `no decorator is registered as ${JSON.stringify(`${name}+`)}`);
  }

  /** Every name of every scheme. */
  get schemeNames(): readonly string[] {
    return this.#known.schemes();
  }

  /** Every scheme, each once. */
  get schemes(): ReadonlySet<Scheme> {
    return new Set(this.#schemes.values());
  }

  /** Parses what a caller handed in; every refusal is a `TransportError`. */
  parse(input: LocationInput): Location {
    try {
      return parseLocation(input, this.#syntaxOf, this.#known);
    } catch (error) {
      throw translateLocationError(error);
    }
  }
}

/** A refusal by the URL floor as the error that users see. */
export function translateLocationError(error: unknown): unknown {
  if (!(error instanceof LocationError)) return error;
  return new TransportError(error.code, error.message, { url: error.url, hint: error.hint });
}

function claim<Value>(taken: Map<string, Value>, name: string, value: Value, what: string): void {
  if (taken.has(name))
    throw new TransportError("already-exists", `the ${what} ${JSON.stringify(name)} is registered already`);
  taken.set(name, value);
}
