import { isTransportError } from "../../errors/transport-error.ts";
import { Flow } from "../../transport/flow.ts";
import type { Entry, EntryType } from "../../transport/stat.ts";
import type { Transport } from "../../transport/transport.ts";
import { refusalOf } from "../refusal.ts";
import { hrefOf, memberOf } from "./paths.ts";
import type { MemberFailure } from "./reply.ts";
import { below } from "./webdav-request.ts";

/** One copy of a tree on one transport, as many requests under way as are worth it. */
export class TreeCopy {
  readonly #transport: Transport;
  readonly #flow = new Flow();
  readonly #failures: MemberFailure[] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Copies a directory, and what is in it where it is `deep`. Links are copied as links. Resolves with what of it could not be copied. */
  async run(from: string, to: string, deep: boolean): Promise<readonly MemberFailure[]> {
    // Listed before it is made, lest a copy that is below its source, through a link, is copied as well.
    const entries = deep ? await this.#flow.run(0, true, () => this.#entriesOf(from)) : [];
    await this.#flow.run(0, true, () => this.#transport.mkdir(below(to)));
    await this.#members(entries, from, to);
    return this.#failures;
  }

  async #members(entries: readonly Entry[], from: string, to: string): Promise<void> {
    await Promise.all(
      entries.map(({ name, stat }) => this.#member(memberOf(from, name), memberOf(to, name), stat?.type)),
    );
  }

  async #member(from: string, to: string, known: EntryType | undefined): Promise<void> {
    const transport = this.#transport;
    const type = known ?? (await this.#step(to, async () => (await transport.stat(below(from))).type));
    if (type === "directory") return await this.#directory(from, to);
    await this.#step(to, async () => {
      if (type === "link") await transport.symlink(await transport.readlink(below(from)), below(to));
      else if (type !== undefined) await transport.copy(below(from), below(to));
    });
  }

  async #directory(from: string, to: string): Promise<void> {
    const entries = await this.#step(to, async () => {
      const found = await this.#entriesOf(from);
      await this.#transport.mkdir(below(to));
      return found;
    });
    if (entries !== undefined) await this.#members(entries, from, to);
  }

  async #entriesOf(path: string): Promise<readonly Entry[]> {
    const entries: Entry[] = [];
    for await (const entry of this.#transport.list(below(path))) entries.push(entry);
    return entries;
  }

  /** Undefined where it failed; the others go on. */
  async #step<T>(to: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#flow.run(0, true, work);
    } catch (error) {
      if (!isTransportError(error)) throw error;
      this.#failures.push({ href: hrefOf(to, false), status: refusalOf(error).status });
      return undefined;
    }
  }
}
