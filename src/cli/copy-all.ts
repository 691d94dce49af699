import { TransportError } from "../index.ts";
import { writeToStdout } from "./commands/cat.ts";
import { ClaimedTargets } from "./claimed-targets.ts";
import type { Source } from "./copy-file.ts";
import { refuseItself } from "./copy-file.ts";
import type { CopyHow } from "./copying.ts";
import { Copying, copyHowOf } from "./copying.ts";
import type { Destination } from "./destination.ts";
import { destinationOf } from "./destination.ts";
import type { Place } from "./place.ts";
import type { Session } from "./session.ts";
import { stdinTo } from "./stdin-to.ts";

/** Sources that are looked at together. */
const looksAtOnce = 64;

/** Copies sources into a target that is a directory, one of them also in its place, or to stdout. */
export async function copyAll(session: Session, sources: readonly string[], target: string): Promise<void> {
  const how = copyHowOf(session);
  if (target === "-") return await writeToStdout(session, sources, {});
  session.report.gather();
  using copying = await Copying.open(session);
  const destination = await destinationOf(session, target, sources.length);
  const work = new CopyAll(session, copying, destination, how);
  for (let at = 0; at < sources.length && !session.signal.aborted; at += looksAtOnce)
    await work.copy(sources.slice(at, at + looksAtOnce));
  copying.end();
}

class CopyAll {
  readonly #session: Session;
  readonly #copying: Copying;
  readonly #destination: Destination;
  readonly #how: CopyHow;
  readonly #claimed = new ClaimedTargets();

  constructor(session: Session, copying: Copying, destination: Destination, how: CopyHow) {
    this.#session = session;
    this.#copying = copying;
    this.#destination = destination;
    this.#how = how;
  }

  /** Files that are next to one another go together, so that none waits for the one before. */
  async copy(operands: readonly string[]): Promise<void> {
    const looks = operands.map((operand) => this.#look(operand));
    let group: Source[] = [];
    for (const look of looks) {
      const source = await look;
      if (this.#session.signal.aborted) return;
      if (source === undefined || !(source === "stdin" || (await this.#isFirst(source)))) continue;
      const joins = source !== "stdin" && this.#goesInGroup(source);
      if (group.length > 0 && !(joins && areBeside(group[0] as Source, source))) {
        await this.#copyGroup(group);
        group = [];
      }
      if (joins) group.push(source);
      else await this.#session.attempt(() => (source === "stdin" ? this.#copyStdin() : this.#copyOne(source)));
    }
    if (group.length > 0) await this.#copyGroup(group);
  }

  /** Undefined where it failed, which was told. */
  async #look(operand: string): Promise<Source | "stdin" | undefined> {
    if (operand === "-") return "stdin";
    let source: Source | undefined;
    await this.#session.attempt(async () => {
      const place = this.#session.place(operand);
      const stat = await place.transport.stat(place.path, { followLinks: true, signal: this.#session.signal });
      if (stat.type === "directory" && !this.#session.line.flag("recursive")) throw directoryRefused(place);
      if (stat.type !== "directory") refuseItself(this.#session, place, this.#destination.of(place));
      source = { place, stat };
    });
    return source;
  }

  /** Whether nothing else of this command goes to the same place; directories are added to one another. */
  async #isFirst({ place, stat }: Source): Promise<boolean> {
    let isFirst = stat.type === "directory";
    await this.#session.attempt(async () => {
      isFirst ||= this.#claimed.claim(place, this.#destination.of(place), "copy");
    });
    return isFirst;
  }

  #goesInGroup({ place, stat }: Source): boolean {
    const { mode } = this.#how;
    return this.#destination.directory !== undefined && stat.type === "file" && place.name !== "" && mode === undefined;
  }

  async #copyGroup(group: readonly Source[]): Promise<void> {
    const { transport } = (group[0] as Source).place;
    const directory = this.#destination.directory as Place;
    await this.#session.attempt(async () => {
      const { failures } = await this.#copying.files(
        group,
        transport,
        directory.transport.clone(directory.path),
        this.#how,
      );
      const failed = new Set(failures.map(({ path }) => path));
      for (const { place, stat } of group)
        if (!failed.has(place.path)) this.#done(place, this.#destination.of(place), { bytes: stat.sizeBytes });
    });
  }

  async #copyOne(source: Source): Promise<void> {
    const { place, stat } = source;
    const to = this.#destination.of(place);
    if (stat.type !== "directory")
      return this.#done(place, to, { bytes: await this.#copying.file(source, to, this.#how) });
    if (this.#how.mode !== undefined) throw modeRefused(place);
    const { files, directories, links, bytes, failures } = await this.#copying.tree(place, to, this.#how);
    this.#done(place, to, { files, directories, links, bytes, failed: failures.length });
  }

  async #copyStdin(): Promise<void> {
    const to = this.#destination.of(undefined);
    const bytes = this.#how.dryRun ? undefined : await stdinTo(this.#session, to, this.#how);
    this.#session.report.result({ to: to.url, bytes });
  }

  #done(from: Place, to: Place, what: object): void {
    this.#session.report.result({ from: from.url, to: to.url, ...what });
  }
}

/** Whether two files are in one directory, for one user. */
function areBeside(one: Source, other: Source | "stdin"): boolean {
  if (other === "stdin") return false;
  const [a, b] = [one.place, other.place];
  return a.transport.base === b.transport.base && a.location.password === b.location.password;
}

function directoryRefused({ url }: Place): TransportError {
  return new TransportError("is-a-directory", "this is a directory", {
    operation: "copy",
    url,
    hint: "Copy directories with -r",
  });
}

function modeRefused({ url }: Place): TransportError {
  return new TransportError("unsupported", "--mode is for files that are named", {
    operation: "copy",
    url,
    hint: "A directory and what is in it keep their permission bits",
  });
}
