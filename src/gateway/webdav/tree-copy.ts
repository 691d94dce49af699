import { isTransportError } from "../../errors/transport-error.ts";
import { Flow } from "../../transport/flow.ts";
import type { EntryType } from "../../transport/stat.ts";
import type { Transport } from "../../transport/transport.ts";
import { refusalOf } from "../refusal.ts";
import { hrefOf, memberOf } from "./paths.ts";
import type { MemberFailure } from "./reply.ts";
import { below } from "./webdav-request.ts";

/** A name in a directory, and what is there as far as the listing says. */
interface Name {
  readonly name: string;
  readonly type: EntryType | undefined;
}

/** What is to be copied. */
interface Branch {
  readonly name: string;
  readonly type: EntryType;
  /** Of a directory. */
  readonly members: readonly Branch[];
}

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
    const names = deep ? await this.#flow.run(0, true, () => this.#namesIn(from)) : [];
    const branches = await this.#branches(names, from, to);
    await this.#flow.run(0, true, () => this.#transport.mkdir(below(to), { signal: this.#signal }));
    await this.#copy(branches, from, to);
    return this.#failures;
  }

  /** What is under each name; without what cannot be looked at. */
  async #branches(names: readonly Name[], from: string, to: string): Promise<readonly Branch[]> {
    const branches = names.map((name) => this.#branch(name, memberOf(from, name.name), memberOf(to, name.name)));
    return (await Promise.all(branches)).filter((branch) => branch !== undefined);
  }

  async #branch({ name, type: known }: Name, from: string, to: string): Promise<Branch | undefined> {
    const options = { signal: this.#signal };
    const type = known ?? (await this.#step(to, async () => (await this.#transport.stat(below(from), options)).type));
    if (type !== "directory") return type === undefined ? undefined : { name, type, members: [] };
    const names = await this.#step(to, () => this.#namesIn(from));
    return names === undefined ? undefined : { name, type, members: await this.#branches(names, from, to) };
  }

  async #namesIn(path: string): Promise<readonly Name[]> {
    const names: Name[] = [];
    for await (const { name, stat } of this.#transport.list(below(path), { signal: this.#signal }))
      names.push({ name, type: stat?.type });
    return names;
  }

  async #copy(branches: readonly Branch[], from: string, to: string): Promise<void> {
    await Promise.all(
      branches.map((branch) => this.#member(branch, memberOf(from, branch.name), memberOf(to, branch.name))),
    );
  }

  async #member({ type, members }: Branch, from: string, to: string): Promise<void> {
    const [transport, options] = [this.#transport, { signal: this.#signal }];
    const made = await this.#step(to, async () => {
      if (type === "directory") await transport.mkdir(below(to), options);
      else if (type === "link")
        await transport.symlink(await transport.readlink(below(from), options), below(to), options);
      else await transport.copy(below(from), below(to), options);
      return true;
    });
    if (made === true) await this.#copy(members, from, to);
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
