import type { ServerName } from "./sites/site.ts";

export interface BenchmarkSettings {
  /** Sizes so small that every benchmark ends within seconds: it shows that they run, not what they measure. */
  readonly smoke: boolean;
  /** The kind of server; undefined for those that the benchmark is about, real ones where they are installed and else those in this process. */
  readonly server: ServerName | undefined;
  /** Says how far it is. */
  readonly progress: (line: string) => void;
}

export interface BenchmarkResult {
  /** What `--json` prints. */
  readonly rows: readonly object[];
  /** The same for people. */
  readonly text: string;
  /** What must hold on any machine and did not. */
  readonly broken: readonly string[];
}

export interface Benchmark {
  /** As on the command line. */
  readonly name: string;
  /** One line: what is measured. */
  readonly summary: string;
  run(settings: BenchmarkSettings): Promise<BenchmarkResult>;
}
