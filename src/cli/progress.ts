import type { TreeProgress } from "../operations/tree-options.ts";
import type { SummaryOf, Totals } from "./progress-text.ts";
import { liveText, progressText, sumOf, summaryText } from "./progress-text.ts";
import type { Report } from "./report.ts";

/** What is done sooner needs no telling. */
const shortMs = 500;
/** Between two lines, in milliseconds, where what was said stays: seldom enough to be read. */
const lineEveryMs = 10_000;
/** The same for programs. */
const jsonEveryMs = 1_000;

/** Tells how a copy goes: on a terminal in a text that is redrawn, elsewhere now and then in a line; and at the end what it came to. */
export class Progress {
  readonly #report: Report;
  readonly #live: boolean;
  readonly #everyMs: number;
  readonly #beganMs = performance.now();
  #toldMs = performance.now();
  #told = false;

  private constructor(report: Report, live: boolean) {
    this.#report = report;
    this.#live = live;
    this.#everyMs = report.json ? jsonEveryMs : lineEveryMs;
  }

  /** Where `plain`, nothing is redrawn: somebody else writes to the same terminal. */
  static async open(report: Report, { plain }: { readonly plain: boolean }): Promise<Progress> {
    const live = canRedraw() && !plain && !report.json && !report.quiet;
    if (live) {
      const { createLogUpdate } = await import("log-update");
      // The cursor stays: hiding it takes over the signals, to show it again.
      report.messages.goLive(createLogUpdate(process.stderr, { showCursor: true }));
    }
    return new Progress(report, live);
  }

  /** How far it is; `before` is what earlier pieces of work did. */
  update(progress: TreeProgress, before: Totals): void {
    const now = performance.now();
    if (this.#live) {
      if (now - this.#beganMs < shortMs) return;
      this.#told = true;
      this.#report.messages.show(liveText(progress, before, process.stderr.columns));
    } else if (now - this.#toldMs >= this.#everyMs) {
      this.#toldMs = now;
      this.#told = true;
      this.#report.note({ progress: sumOf(progress, before) }, progressText(progress, before));
    }
  }

  /** What goes on before there is anything to count; on a terminal only. */
  note(text: string): void {
    if (this.#live) this.#report.messages.show(text);
  }

  /** Nothing goes on any more. `always`: what it came to is told whether or not anything was told before. */
  end(totals: SummaryOf, always: boolean): void {
    this.#report.messages.show("");
    if (this.#report.json || !(always || this.#told || this.#report.verbose)) return;
    this.#report.note({}, summaryText({ ...totals, tookMs: performance.now() - this.#beganMs }));
  }

  /** Takes what is redrawn away. */
  clear(): void {
    this.#report.messages.show("");
  }
}

/** Whether stderr is a terminal that can take back what it shows, and says how wide it is. */
function canRedraw(): boolean {
  const { isTTY, columns, rows } = process.stderr;
  return isTTY && columns > 0 && rows > 1 && process.env["TERM"] !== "dumb";
}
