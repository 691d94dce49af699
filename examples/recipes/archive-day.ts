import type { PossibleTransports } from "samewire";
import { getTransport } from "samewire";

/** Packs the reports of a day into one file beside them. It knows a URL, and so its tests need no server. */
export async function archiveDay(url: string, day: string, possibleTransports?: PossibleTransports): Promise<number> {
  const reports = getTransport(url, possibleTransports);
  const texts: string[] = [];
  for await (const { name, path } of reports.list())
    if (name.startsWith(`${day}-`)) texts.push(`== ${name}\n${String(await reports.getBytes(path))}`);
  await reports.put(`archive/${day}.txt`, texts.toSorted().join("\n"), { createParents: true });
  return texts.length;
}
