import type { WalkedEntry } from "../../index.ts";
import { isTransportError } from "../../index.ts";
import { below } from "../below.ts";
import { filterOf } from "../filter.ts";
import { bytesText } from "../format-amounts.ts";
import type { Place } from "../place.ts";
import { shownName } from "../print-entries.ts";
import type { Session } from "../session.ts";

/** Adds up the sizes of the files in directories. */
export async function du(session: Session): Promise<void> {
  const { operands } = session.line;
  for (const operand of operands.length === 0 ? ["."] : operands) {
    if (session.signal.aborted) return;
    await session.attempt(async () => await sumPlace(session, session.place(operand)));
  }
}

interface Sum {
  readonly path: string;
  bytes: number;
  files: number;
}

async function sumPlace(session: Session, place: Place): Promise<void> {
  const { line, report } = session;
  const depth = line.flag("summarize") ? 0 : (line.count("depth") ?? Infinity);
  for (const sum of await sumsOf(session, place, depth)) {
    const at = place.inside(sum.path);
    if (report.json) await report.line(JSON.stringify({ ...sum, url: at.url }));
    else await report.line(`${line.flag("human") ? bytesText(sum.bytes) : sum.bytes}\t${shownName(at.shown)}`);
  }
}

/** The sums of the directories down to a depth, each behind those that are in it. */
async function sumsOf(session: Session, { transport, path }: Place, depth: number): Promise<readonly Sum[]> {
  const filter = filterOf(session.line);
  const top: Sum = { path: "", bytes: 0, files: 0 };
  const sums = new Map<string, Sum>([["", top]]);
  const count = ({ path: at, stat }: WalkedEntry): void => {
    const segments = at.split("/");
    if (stat.type === "directory" && segments.length <= depth) sums.set(at, { path: at, bytes: 0, files: 0 });
    if (stat.type !== "file") return;
    for (let level = 0; level < segments.length && level <= depth; level++) {
      const sum = sums.get(segments.slice(0, level).join("/")) as Sum;
      sum.bytes += stat.sizeBytes;
      sum.files++;
    }
  };
  try {
    const wanted = (entry: WalkedEntry): boolean => filter?.(entry) !== false;
    for await (const { entries } of below(session, transport.clone(path), { wanted })) entries.forEach(count);
  } catch (error) {
    if (!isTransportError(error, "not-a-directory")) throw error;
    const { type, sizeBytes } = await transport.stat(path, { signal: session.signal });
    if (type === "file") return [{ path: "", bytes: sizeBytes, files: 1 }];
  }
  return innermostFirst([...sums.values()]);
}

function innermostFirst(sums: Sum[]): Sum[] {
  return sums.toSorted((a, b) => {
    const [one, other] = [a.path.split("/"), b.path.split("/")];
    if (a.path === "" || b.path === "") return a.path === "" ? 1 : -1;
    for (let at = 0; ; at++) {
      const [left, right] = [one[at], other[at]];
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      if (left !== right) return left < right ? -1 : 1;
    }
  });
}
