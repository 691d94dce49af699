import { startTap } from "samewire/testing";

/** Where clients connect to reach a server: its own port, or one that adds a delay each way. */
export interface Entrance extends AsyncDisposable {
  readonly port: number;
}

/** The way to the server on a port of this machine, through a delay each way, or straight where it is 0. */
export async function openEntrance(port: number, delayMs: number): Promise<Entrance> {
  if (delayMs === 0) return { port, [Symbol.asyncDispose]: () => Promise.resolve() };
  const tap = await startTap({ port });
  tap.delay(delayMs);
  return tap;
}
