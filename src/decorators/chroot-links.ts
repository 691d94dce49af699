import { TransportError, isTransportError, toTransportError } from "../errors/transport-error.ts";
import type { EntryType } from "../transport/stat.ts";
import type { Transport } from "../transport/transport.ts";
import type { VerbOptions } from "../transport/verb-options.ts";
import { isBelow, splitPath } from "../url/path.ts";

/** Links that are followed on the way to one name, as in Linux. */
const maxLinks = 40;

/** What stands between the names of a path somewhere else than here, or names a drive: a link to it may lead anywhere. */
const foreign = /\\|^[A-Za-z]:/;

/** What a name is; a failure where the server does not tell. */
type Found = EntryType | "nothing" | { readonly failure: TransportError };

/**
 * Refuses paths whose links lead out of a directory. Each name on the way is looked at, all at the same time where the wire carries that: one round trip.
 * Only where one is a link are names walked one by one, as the server's system will walk them. SFTP's REALPATH would be one request less, and many servers
 * answer it without a look at any link: the protocol does not ask for more (draft-ietf-secsh-filexfer-02, section 6.11).
 */
export class LinkGuard {
  readonly #root: Transport;

  /** `root`: the directory that must not be left. Where it is, and what leads to it, is its owner's choice. */
  constructor(root: Transport) {
    this.#root = root;
  }

  /**
   * Resolves where no link on the way leads outside; one in the place of the last name counts only where it `follows`. Nothing is asked where the server
   * tells of no links.
   *
   * @throws TransportError `outside-base`; and whatever keeps one from being certain
   */
  async check(names: readonly string[], follows: boolean, options: VerbOptions | undefined): Promise<void> {
    const { tellsLinks, concurrent } = this.#root.capabilities;
    if (!tellsLinks) return;
    const looked = follows ? names : names.slice(0, -1);
    const look = (at: number): Promise<Found> => this.#look(looked.slice(0, at + 1), options);
    const begun = concurrent ? looked.map((_, at) => look(at)) : [];
    for (const at of looked.keys()) {
      const found = known(await (begun[at] ?? look(at)));
      if (found === "nothing") return;
      if (found === "link") return await this.#walk([], names, follows, options);
    }
  }

  /** As `check`, for the target of a link that is to be made: what it says counts from the directory that the link will be in. */
  async checkTarget(names: readonly string[], target: string, options: VerbOptions | undefined): Promise<void> {
    if (!this.#root.capabilities.symlinks) return;
    const directory = target.startsWith("/") ? [] : names.slice(0, -1);
    await this.#walk(directory, this.#namesOf(target), true, options);
  }

  /** Goes from name to name, through every link, and never outside. What is not there yet is taken for a directory. */
  async #walk(
    directory: readonly string[],
    names: readonly string[],
    follows: boolean,
    options: VerbOptions | undefined,
  ): Promise<void> {
    const ahead = [...directory, ...names].toReversed();
    const here: string[] = [];
    let links = 0;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (name === "..") {
        if (here.pop() === undefined) throw leadsOut();
        continue;
      }
      here.push(name);
      if (ahead.length === 0 && !follows) return;
      if (known(await this.#look(here, options)) !== "link") continue;
      if (++links > maxLinks) throw new TransportError("invalid-path", "the links on the way lead in a circle");
      const target = await this.#targetOf(here, options);
      here.pop();
      if (target.startsWith("/")) here.length = 0;
      ahead.push(...this.#namesOf(target).toReversed());
    }
  }

  /** The text of a link. Where servers do not tell it (FTP), every link may lead outside. */
  async #targetOf(names: readonly string[], options: VerbOptions | undefined): Promise<string> {
    if (!this.#root.capabilities.symlinks) throw leadsOut("this server does not tell where a link leads");
    return await this.#root.readlink(names.join("/"), options);
  }

  /** The names in a link's text; of an absolute one those below the root. */
  #namesOf(target: string): readonly string[] {
    if (foreign.test(target)) throw leadsOut();
    const names = splitPath(target);
    if (!target.startsWith("/")) return names;
    const { home, segments } = this.#root.location;
    // Where the login directory is nobody has asked.
    if (home || !isBelow(segments, names)) throw leadsOut();
    return names.slice(segments.length);
  }

  async #look(names: readonly string[], options: VerbOptions | undefined): Promise<Found> {
    try {
      return (await this.#root.stat(names.join("/"), { signal: options?.signal })).type;
    } catch (error) {
      if (isTransportError(error, "not-found", "not-a-directory")) return "nothing";
      return { failure: toTransportError(error) };
    }
  }
}

function known(found: Found): EntryType | "nothing" {
  if (typeof found === "string") return found;
  throw found.failure;
}

/** Says nothing of where it leads. */
function leadsOut(hint?: string): TransportError {
  return new TransportError("outside-base", "a link on the way leads out of the chroot, or may do so", { hint });
}
