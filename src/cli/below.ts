import type { Transport, TransportError, WalkedEntry } from "../index.ts";
import type { Surveyed } from "../operations/survey.ts";
import { survey } from "../operations/survey.ts";
import type { Session } from "./session.ts";

export interface BelowOptions {
  /** Whether an entry, and what is below it, is wanted. */
  readonly wanted: (entry: WalkedEntry) => boolean;
  /** Whether a wanted directory is looked into. Default: every one. */
  readonly entered?: (directory: WalkedEntry) => boolean;
  /** Is told the path of a directory that could not be read. */
  readonly onFailure?: (path: string) => void;
}

/** Everything below a directory as the answers come, many listings at once; what cannot be read is reported. */
export async function* below(session: Session, directory: Transport, options: BelowOptions): AsyncGenerator<Surveyed> {
  const { signal, report } = session;
  const { wanted, entered = () => true, onFailure } = options;
  // The survey looks into what it gives: what is not to be looked into is kept from it, and given beside it.
  const beside: WalkedEntry[] = [];
  const filter = (entry: WalkedEntry): boolean => {
    if (!wanted(entry)) return false;
    if (entry.stat.type !== "directory" || entered(entry)) return true;
    beside.push(entry);
    return false;
  };
  const failed = (path: string, error: TransportError): void => {
    report.failed(error.with({ url: directory.abspath(path) }));
    onFailure?.(path);
  };
  for await (const surveyed of survey(directory, { signal, filter, onFailure: failed })) {
    for (const entry of beside.splice(0)) yield { directory: parentOf(entry.path), entries: [entry], complete: false };
    yield surveyed;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
