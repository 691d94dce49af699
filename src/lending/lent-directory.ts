import type { OptionDeclaration } from "../connection/identity.ts";
import { ConnectionRequest } from "../transport/connection-request.ts";
import { allOptionsOf, declarationOf, givenOptions } from "../transport/option-values.ts";
import type { Registry } from "../transport/registry.ts";
import { translateLocationError } from "../transport/registry.ts";
import type { ReuseVerdict } from "../transport/reuse.ts";
import type { Location } from "../url/location.ts";
import { LocationError } from "../url/location-error.ts";
import type { Borrower } from "./borrower.ts";

/** Who would be asked if there was a question: over a wire that somebody else has opened there is none. */
const questions: ReadonlySet<string> = new Set(["credentials.ask", "ssh.unknownHostKey"]);

/** What nobody has declared may say who one is. */
const undeclared: OptionDeclaration = { kind: "identity" };

/** A directory that is lent, as its borrower knows it: by its URL, and by nothing of what it was opened with. */
export class LentDirectory {
  readonly location: Location;
  readonly registry: Registry;
  readonly borrower: Borrower;
  /** Its number with the lender. */
  readonly lent: number;
  readonly #implied: ReadonlyMap<string, unknown>;

  constructor(registry: Registry, url: string, borrower: Borrower, lent: number) {
    this.location = registry.parse(url);
    this.registry = registry;
    this.borrower = borrower;
    this.lent = lent;
    const { options, scheme } = new ConnectionRequest(registry, this.location);
    this.#implied = new Map(givenOptions(options, allOptionsOf(scheme)));
  }

  /** The same location with the user as whom it is lent, where it names none. */
  named(location: Location): Location {
    return location.user === undefined ? location.with({ user: this.location.user }) : location;
  }

  /** A path below the directory, a slash at its end where one was written; undefined for what is elsewhere. */
  pathOf(at: Location): string | undefined {
    let path: string | undefined;
    try {
      path = this.location.relative(this.named(at));
    } catch (error) {
      throw translateLocationError(error);
    }
    return path === undefined || path === "" || !at.directory ? path : `${path}/`;
  }

  /**
   * Whether a request is served: it names something in the directory, as the same user or none, and brings nothing of its own to connect with. What that
   * would have to be equal to is the lender's secret.
   */
  verdictOn(request: ConnectionRequest): ReuseVerdict {
    const no = (reason: string, option?: string): ReuseVerdict => ({
      reuse: false,
      reason,
      ...(option !== undefined && { option }),
    });
    const { base } = this.location;
    if (request.location.decorators.length > 0)
      return no("a decorated URL is served by its decorator, on what is lent");
    if (!request.inherits) return no('what others have opened is not used (credentials: "explicit")');
    if (request.location.whole) return no("it can only be asked for as a whole, and what is lent is a directory");
    if (!this.#holds(request.shownLocation)) return no(`it is not below ${base}, which is lent`);
    const option = this.#broughtBy(request);
    if (option !== undefined) return no(`${option} was given, and what was lent is used as it is`, option);
    return { reuse: true, reason: `it is below ${base}, which is lent` };
  }

  #holds(location: Location): boolean {
    try {
      return this.location.relative(this.named(location)) !== undefined;
    } catch (error) {
      // An encoded slash is one to some servers: nobody knows where that is.
      if (error instanceof LocationError) return false;
      throw error;
    }
  }

  /** An option of a request that says with what a wire of its own would have to be opened. */
  #broughtBy({ options, scheme, location }: ConnectionRequest): string | undefined {
    if (location.password !== undefined) return "password";
    const declarations = allOptionsOf(scheme);
    for (const [name, value] of givenOptions(options, declarations)) {
      const { kind, effective = false } = declarationOf(declarations, name) ?? undeclared;
      if (kind !== "identity" || effective || questions.has(name)) continue;
      // What the URL itself says.
      if (value !== this.#implied.get(name)) return name;
    }
    return undefined;
  }
}
