import type { Tap } from "samewire/testing";
import { startTap } from "samewire/testing";

import type { Started } from "../../sites/started.ts";
import { openDoor } from "./door.ts";

interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** A server of this process behind a door and a tap: it may be ended and started anew, and is found at the same port. */
export interface EmbeddedServer<S extends Server> {
  /** The one that runs, or ran last. */
  readonly server: S;
  readonly tap: Tap;
  readonly crash: () => Promise<void>;
  readonly revive: () => Promise<void>;
  readonly restart: () => Promise<void>;
}

export async function startEmbedded<S extends Server>(
  started: Started,
  start: () => Promise<S>,
): Promise<EmbeddedServer<S>> {
  const door = started.add(await openDoor());
  let server = await start();
  started.add({ [Symbol.asyncDispose]: () => server.close() });
  door.target = server.port;
  const tap = started.add(await startTap({ port: door.port }));
  const crash = async (): Promise<void> => {
    door.target = undefined;
    await server.close();
  };
  const revive = async (): Promise<void> => {
    server = await start();
    door.target = server.port;
  };
  return {
    get server() {
      return server;
    },
    tap,
    crash,
    revive,
    async restart() {
      await crash();
      await revive();
    },
  };
}
