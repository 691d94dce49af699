import type { SyncOptions, SyncPlan } from "../index.ts";
import { formatPlan, isTransportError } from "../index.ts";
import type { Ends } from "../operations/tree-options.ts";
import { filterOf } from "./filter.ts";
import type { Place } from "./place.ts";
import type { Session } from "./session.ts";
import { UsageError } from "./usage-error.ts";

/** Two directories that are compared, and what the command line says of that. */
export class Comparison {
  readonly ends: Ends;
  readonly urls: { readonly from: string; readonly to: string };
  readonly options: SyncOptions;
  readonly #session: Session;

  private constructor(session: Session, from: Place, to: Place) {
    this.#session = session;
    this.ends = { source: from.transport.clone(from.path), target: to.transport.clone(to.path) };
    this.urls = { from: from.url, to: to.url };
    this.options = { filter: filterOf(session.line), compare: compareOf(session), signal: session.signal };
  }

  /** Of the two operands. */
  static of(session: Session): Comparison {
    const [from, to] = session.line.operands.map((operand) => session.place(operand)) as [Place, Place];
    return new Comparison(session, from, to);
  }

  /** Runs what needs both to be directories. */
  async attempt(work: () => Promise<void>): Promise<void> {
    await this.#session.attempt(async () => {
      try {
        await work();
      } catch (error) {
        if (!isTransportError(error, "not-a-directory")) throw error;
        throw error.with({ hint: "sync and diff are for directories; copy files with cp" });
      }
    });
  }

  /** Prints a plan, and reports what in it failed. */
  async tell(plan: SyncPlan): Promise<void> {
    const { report } = this.#session;
    const { actions, unchanged, leftOut, failures } = plan;
    for (const { path, error } of failures) report.failed(error.with({ url: this.ends.source.abspath(path) }));
    report.result({ ...this.urls, actions, unchanged, leftOut, failed: failures.length });
    if (!report.json && !report.quiet) await report.line(formatPlan(plan).trimEnd());
  }
}

function compareOf({ line }: Session): SyncOptions["compare"] {
  if (line.flag("checksum") && line.flag("size-only"))
    throw new UsageError("--checksum and --size-only exclude one another", "Write one of them, or none");
  return line.flag("checksum") ? "content" : line.flag("size-only") ? "size" : undefined;
}
