import { basename, dirname } from "node:path";

import { TransportScope, copyTree } from "samewire";
import type { TransportOptions } from "samewire";

import type { Job } from "./job.ts";

/** How samewire is used for a row. */
export interface SamewireSettings {
  /** Of each file; default as it comes. */
  readonly atomic?: boolean;
  readonly connections?: number;
}

/** `copyTree`, or for one file `put` and `get` between a transport for this machine and one for the server. */
export async function samewire({ transfer, destination, settings }: Job): Promise<void> {
  const { action, what, local, remote } = transfer;
  const { atomic, connections } = settings as SamewireSettings;
  const options: TransportOptions = { ...destination.options, ...(connections === undefined ? {} : { connections }) };
  await using scope = new TransportScope();
  const there = scope.getTransport(destination.url, options);
  if (what === "tree") {
    const ends = [scope.getTransport(local), there.clone(remote)] as const;
    const [source, target] = action === "put" ? ends : [ends[1], ends[0]];
    // Nobody else asks what permissions a file has, and gives it the same.
    const { failures } = await copyTree(source, target, { atomic, preserve: { mode: false } });
    if (failures.length > 0) throw new AggregateError(failures.map(({ error }) => error));
  } else {
    const [here, name] = [scope.getTransport(dirname(local)), basename(local)];
    if (action === "put") await there.put(remote, await here.get(name), { atomic });
    else await here.put(name, await there.get(remote), { atomic });
  }
}
