import type { Transport, WalkedEntry } from "../../index.ts";
import { isTransportError } from "../../index.ts";
import { below } from "../below.ts";
import { filterOf } from "../filter.ts";
import { bytesText, countText, filesText } from "../format-amounts.ts";
import type { Place } from "../place.ts";
import { jsonLine, shownName } from "../print-entries.ts";
import type { Session } from "../session.ts";
import type { DrawnEntry } from "../tree-drawing.ts";
import { TreeDrawing } from "../tree-drawing.ts";

/** Draws directories with everything in them. */
export async function tree(session: Session): Promise<void> {
  const { operands } = session.line;
  for (const operand of operands.length === 0 ? ["."] : operands) {
    if (session.signal.aborted) return;
    await session.attempt(async () => await drawPlace(session, session.place(operand)));
  }
}

async function drawPlace(session: Session, place: Place): Promise<void> {
  const { line, report } = session;
  const filter = filterOf(line);
  const depth = line.count("depth") ?? Infinity;
  const closed = ({ path }: WalkedEntry): boolean => path.split("/").length >= depth;
  const wanted = (entry: WalkedEntry): boolean =>
    (line.flag("all") || !entry.name.startsWith(".")) && filter?.(entry) !== false;
  const directory = place.transport.clone(place.path);
  const drawing = new TreeDrawing(closed);
  const counts = { directories: 0, files: 0, bytes: 0 };
  let begun = false;
  const draw = async (): Promise<void> => {
    if (!begun && !report.json) await report.line(shownName(place.shown));
    begun = true;
    for (const drawn of drawing.ready()) {
      const { type, sizeBytes } = drawn.entry.stat;
      counts[type === "directory" ? "directories" : "files"]++;
      if (type === "file") counts.bytes += sizeBytes;
      await report.line(report.json ? jsonText(directory, drawn) : text(session, drawn));
    }
  };
  const options = {
    wanted,
    entered: (entry: WalkedEntry) => !closed(entry),
    onFailure: (path: string) => drawing.end(path),
  };
  try {
    for await (const surveyed of below(session, directory, options)) {
      drawing.take(surveyed);
      await draw();
    }
    await draw();
  } catch (error) {
    if (!isTransportError(error, "not-a-directory")) throw error;
    return await report.line(shownName(place.shown));
  }
  if (!report.json && !report.quiet) await report.line(`\n${countsText(session, counts)}`);
}

interface Counts {
  readonly directories: number;
  readonly files: number;
  readonly bytes: number;
}

function countsText({ line }: Session, { directories, files, bytes }: Counts): string {
  const folders = `${countText(directories)} ${directories === 1 ? "directory" : "directories"}`;
  const sized = line.flag("human") ? `, ${bytesText(bytes)}` : line.flag("sizes") ? `, ${countText(bytes)} bytes` : "";
  return `${folders}, ${filesText(files)}${sized}`;
}

/** A directory with a slash, a link with an @ behind its name. */
function text({ line }: Session, { entry: { name, stat }, branch }: DrawnEntry): string {
  const mark = stat.type === "directory" ? "/" : stat.type === "link" ? "@" : "";
  const sized = stat.type === "file" && (line.flag("human") || line.flag("sizes"));
  const size = line.flag("human") ? bytesText(stat.sizeBytes) : String(stat.sizeBytes);
  return `${branch}${shownName(name)}${mark}${sized ? `  (${size})` : ""}`;
}

function jsonText(directory: Transport, { entry: { name, path, stat } }: DrawnEntry): string {
  return jsonLine({ shown: path, name, url: directory.abspath(path), stat, target: undefined });
}
