import { deferred } from "../../connection/deferred.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import { Flow } from "../../transport/flow.ts";
import { inParallel } from "../../transport/in-parallel.ts";
import type { EntryType } from "../../transport/stat.ts";
import type { Transport } from "../../transport/transport.ts";
import { refusalOf } from "../refusal.ts";
import { hrefOf, memberOf } from "./paths.ts";
import type { MemberFailure } from "./reply.ts";
import { below } from "./webdav-request.ts";

/** What is to be copied: of a large tree all that is kept while it lasts. */
interface Branch {
  readonly name: string;
  /** Undefined where the listing does not say, and where it could not be looked at. */
  type: EntryType | undefined;
  /** Of a directory. */
  members: readonly Branch[];
}

/** A branch whose turn it is. */
interface Member {
  readonly type: EntryType;
  readonly from: string;
  readonly to: string;
  /** Whether there is a directory for it, once that is known. */
  readonly place: Promise<boolean>;
  /** Told whether it was made, if it is a directory. */
  readonly made: ((isThere: boolean) => void) | undefined;
}

/** Members that were begun, most of which wait for their directory or for their turn at the server. */
const mostBegun = 1_024;
const none: readonly Branch[] = [];

/** One copy of a tree on one transport, as many requests under way as are worth it. */
export class TreeCopy {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;
  readonly #flow = new Flow();
  readonly #failures: MemberFailure[] = [];

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  /** Copies a directory, and what is in it where it is `deep`. Links are copied as links. Resolves with what of it could not be copied. */
  async run(from: string, to: string, deep: boolean): Promise<readonly MemberFailure[]> {
    // All of it is listed before anything is made: a copy that is below its source, through a link or by a name in other letters, would never come to its end.
    const branches = deep ? await this.#flow.run(0, true, () => this.#branchesIn(from)) : none;
    await this.#grow(branches, from, to);
    await this.#flow.run(0, true, () => this.#transport.mkdir(below(to), { signal: this.#signal }));
    await inParallel(mostBegun, members(branches, from, to, Promise.resolve(true)), (member) => this.#copy(member));
    return this.#failures;
  }

  /** Finds out what is below branches. */
  async #grow(branches: readonly Branch[], from: string, to: string): Promise<void> {
    const open = branches.filter(({ type }) => type === undefined || type === "directory");
    await Promise.all(
      open.map((branch) => this.#growOne(branch, memberOf(from, branch.name), memberOf(to, branch.name))),
    );
  }

  async #growOne(branch: Branch, from: string, to: string): Promise<void> {
    const options = { signal: this.#signal };
    branch.type ??= await this.#step(to, async () => (await this.#transport.stat(below(from), options)).type);
    if (branch.type !== "directory") return;
    const inside = await this.#step(to, () => this.#branchesIn(from));
    if (inside === undefined) {
      branch.type = undefined;
      return;
    }
    branch.members = inside;
    await this.#grow(inside, from, to);
  }

  async #branchesIn(path: string): Promise<readonly Branch[]> {
    const branches: Branch[] = [];
    for await (const { name, stat } of this.#transport.list(below(path), { signal: this.#signal }))
      branches.push({ name, type: stat?.type, members: none });
    return branches;
  }

  async #copy({ type, from, to, place, made }: Member): Promise<void> {
    let isThere = false;
    try {
      if (await place) isThere = (await this.#step(to, () => this.#copyOne(type, from, to))) === true;
    } finally {
      made?.(isThere);
    }
  }

  async #copyOne(type: EntryType, from: string, to: string): Promise<true> {
    const [transport, options] = [this.#transport, { signal: this.#signal }];
    if (type === "directory") await transport.mkdir(below(to), options);
    else if (type === "link")
      await transport.symlink(await transport.readlink(below(from), options), below(to), options);
    else await transport.copy(below(from), below(to), options);
    return true;
  }

  /** Undefined where it failed; the others go on. */
  async #step<T>(to: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#flow.run(0, true, work);
    } catch (error) {
      if (!isTransportError(error)) throw error;
      // Once all of it is given up, one failure says so.
      if (!this.#signal.aborted || this.#failures.length === 0)
        this.#failures.push({ href: hrefOf(to, false), status: refusalOf(error).status });
      return undefined;
    }
  }
}

/** A directory comes before what is in it. */
function* members(
  branches: readonly Branch[],
  from: string,
  to: string,
  place: Promise<boolean>,
): Generator<Member, void> {
  for (const { name, type, members: inside } of branches) {
    if (type === undefined) continue;
    const [source, target] = [memberOf(from, name), memberOf(to, name)];
    const directory = type === "directory" ? deferred<boolean>() : undefined;
    yield { type, from: source, to: target, place, made: directory?.resolve };
    if (directory !== undefined) yield* members(inside, source, target, directory.promise);
  }
}
