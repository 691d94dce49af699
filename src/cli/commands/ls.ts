import type { Entry, Transport, WalkedEntry } from "../../index.ts";
import { isTransportError } from "../../index.ts";
import type { EntryFilter } from "../../operations/tree-options.ts";
import { below } from "../below.ts";
import { filterOf } from "../filter.ts";
import type { Place } from "../place.ts";
import type { ListedEntry } from "../print-entries.ts";
import { jsonLine, longLine, nameLine } from "../print-entries.ts";
import type { Session } from "../session.ts";

/** Lists directories; a file stands for itself. */
export async function ls(session: Session): Promise<void> {
  const { operands } = session.line;
  const headed = operands.length > 1 && !session.report.json;
  for (const operand of operands.length === 0 ? ["."] : operands) {
    if (session.signal.aborted) return;
    await session.attempt(async () => {
      const place = session.place(operand);
      if (headed) await session.report.line(`${operand === operands[0] ? "" : "\n"}${place.shown}:`);
      await listPlace(session, place);
    });
  }
}

async function listPlace(session: Session, place: Place): Promise<void> {
  const { line, signal } = session;
  const directory = place.transport.clone(place.path);
  const filter = filterOf(line);
  try {
    if (line.flag("recursive")) return await listBelow(session, directory, filter);
    const entries: AsyncIterable<Entry> = directory.list("", { signal });
    for await (const entry of line.flag("unsorted") ? entries : await sorted(entries)) {
      if (isShown(session, entry) && (await passes(session, directory, entry, filter)))
        await print(session, directory, entry);
    }
  } catch (error) {
    // A file, or a link that leads nowhere: it is there itself, or the look at it says that nothing is.
    if (!isTransportError(error, "not-a-directory", "not-found")) throw error;
    const stat = await place.transport.stat(place.path, { signal });
    await print(session, place.transport, { name: place.name, path: place.path, stat });
  }
}

async function listBelow(session: Session, directory: Transport, filter: EntryFilter | undefined): Promise<void> {
  const wanted = (entry: WalkedEntry): boolean => isShown(session, entry) && filter?.(entry) !== false;
  for await (const { entries } of below(session, directory, { wanted }))
    for (const entry of entries) await print(session, directory, entry);
}

/** Patterns ask whether something is a directory, which a listing need not say. */
async function passes(
  { signal }: Session,
  directory: Transport,
  { name, path, stat }: Entry,
  filter: EntryFilter | undefined,
): Promise<boolean> {
  return filter === undefined || filter({ name, path, stat: stat ?? (await directory.stat(path, { signal })) });
}

async function sorted(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const gathered: Entry[] = [];
  for await (const entry of entries) gathered.push(entry);
  return gathered.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isShown({ line }: Session, { name }: Entry): boolean {
  return line.flag("all") || !name.startsWith(".");
}

async function print(
  { line, report, signal }: Session,
  transport: Transport,
  { name, path, stat: listed }: Entry,
): Promise<void> {
  const detailed = report.json || line.flag("long");
  const stat = listed ?? (detailed ? await transport.stat(path, { signal }) : undefined);
  const target = detailed && stat?.type === "link" ? await transport.readlink(path, { signal }) : undefined;
  const entry: ListedEntry = { shown: path, name, url: transport.abspath(path), stat, target };
  await report.line(
    report.json ? jsonLine(entry) : line.flag("long") ? longLine(entry, line.flag("human")) : nameLine(entry),
  );
}
