import { walk } from "samewire";

import { bytesOf } from "./content.ts";
import { isNobodys } from "./nobodys.ts";
import type { SoakClone, SoakRun } from "./soak-clone.ts";
import { isFile } from "./world.ts";

/** Walks through all that a clone has, and reads every byte of it, now that nothing keeps anybody from it. */
export async function rereadClone({ transport, world, directory }: SoakClone, run: SoakRun): Promise<void> {
  if (transport === undefined) return;
  const { ledger, watchdog } = run;
  const watched = watchdog.watch(`reading ${directory} again`);
  const expected = new Map([...world].filter(([, item]) => isFile(item)));
  try {
    for await (const { path } of walk(transport)) {
      if (isNobodys(path)) continue;
      const item = expected.get(path);
      if (!isFile(item)) ledger.wrong(`${directory}: ${JSON.stringify(path)} is there at the end, and must not be`);
      else if (!bytesOf(item).equals(await transport.getBytes(path)))
        ledger.wrong(`${directory}: ${JSON.stringify(path)} has other bytes at the end`);
      else ledger.saw(item);
      expected.delete(path);
    }
    for (const path of expected.keys()) {
      ledger.lost++;
      ledger.wrong(`${directory}: ${JSON.stringify(path)} is not there at the end`);
    }
  } catch (error) {
    ledger.wrong(`${directory} cannot be read at the end: ${String(error)}`);
  } finally {
    watched.settled();
  }
}
