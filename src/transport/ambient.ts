import { AsyncLocalStorage } from "node:async_hooks";

import type { PossibleTransports } from "./possible-transports.ts";

const ambient = new AsyncLocalStorage<PossibleTransports>();

/** The list of the innermost `scope.run` that the current call is part of. */
export function ambientTransports(): PossibleTransports | undefined {
  return ambient.getStore();
}

/** Runs `work` with `list` as the one that `getTransport` uses when it is given none. */
export function withAmbientTransports<T>(list: PossibleTransports, work: () => T): T {
  return ambient.run(list, work);
}
