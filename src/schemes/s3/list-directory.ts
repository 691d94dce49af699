import { publish } from "../../connection/events.ts";
import type { ListedPage } from "../../drivers/aws-sdk-listing.ts";
import { pages } from "../../drivers/aws-sdk-listing.ts";
import type { S3Objects } from "../../drivers/aws-sdk-objects.ts";
import type { Operation } from "../../transport/operation.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import type { Location } from "../../url/location.ts";
import { prefixAt } from "./object-place.ts";
import { directoryStat, fileStat, isNoDirectory, look, nothingThere } from "./s3-look.ts";

/** The entries of a directory, page by page. Keys that are no text are reported and left out. */
export async function* listDirectory(
  objects: S3Objects,
  at: Location,
  operation: Operation,
): AsyncGenerator<readonly RawEntry[]> {
  const prefix = prefixAt(at);
  let found = prefix === "";
  for await (const page of pages(objects, { bucket: at.host, prefix, delimiter: "/" }, operation)) {
    found ||= page.objects.length + page.prefixes.length + page.undecodable.length > 0;
    for (const name of page.undecodable)
      publish("samewire:list:refused-name", () => ({ url: at.redactedUrl, name: JSON.stringify(name) }));
    yield entriesOf(page, prefix);
  }
  if (found) return;
  const { file } = await look(objects, at, operation);
  throw file === undefined ? nothingThere() : isNoDirectory();
}

function entriesOf({ objects, prefixes }: ListedPage, prefix: string): RawEntry[] {
  const entries: RawEntry[] = [];
  for (const { key, ...facts } of objects) {
    // The directory itself.
    if (key !== prefix) entries.push({ name: nameIn(prefix, key), stat: fileStat(facts) });
  }
  for (const one of prefixes) entries.push({ name: nameIn(prefix, one.slice(0, -1)), stat: directoryStat });
  return entries;
}

/** What a service lists that was not asked for has a name that is refused above. */
function nameIn(prefix: string, key: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : `/${key}`;
}
