import { publish } from "../../connection/events.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import type { Location } from "../../url/location.ts";
import type { OpenFile } from "./open-file.ts";
import { passOver } from "./open-file.ts";
import type { SftpName } from "./protocol/sftp-session.ts";
import { statOf } from "./sftp-stat.ts";

/** READDIRs in flight at first: of a small directory the second one says that there is no more, without a round trip of its own. */
const firstInFlight = 2;
/** And once the second one has brought names: OpenSSH gives a hundred in each. */
const inFlight = 8;

/** The entries of an open directory as they arrive; gives it back at the end. */
export async function* listDirectory(directory: OpenFile, at: Location): AsyncGenerator<readonly RawEntry[]> {
  const { session, handle, lease } = directory;
  const asked: Promise<readonly SftpName[] | undefined>[] = [];
  const ask = (most: number): void => {
    while (asked.length < most) {
      const names = lease.awaiting(session.readdir(handle));
      names.catch(passOver); // Told in its turn, if that comes.
      asked.push(names);
    }
  };
  try {
    ask(firstInFlight);
    let most = firstInFlight - 1;
    for (let names = await asked.shift(); names !== undefined; names = await asked.shift()) {
      ask(most);
      most = inFlight;
      yield entriesOf(names, at);
    }
  } finally {
    directory.release();
  }
}

/** A name whose bytes are no text cannot be said in a path: it is reported, and neither guessed nor mangled. */
function entriesOf(names: readonly SftpName[], at: Location): RawEntry[] {
  const entries: RawEntry[] = [];
  for (const { name, bytes, attributes } of names) {
    if (name === undefined)
      publish("samewire:list:refused-name", () => ({
        url: at.redactedUrl,
        name: JSON.stringify(bytes.toString("latin1")),
      }));
    else entries.push(attributes.permissions === undefined ? { name } : { name, stat: statOf(attributes) });
  }
  return entries;
}
