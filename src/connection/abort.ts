import { setMaxListeners } from "node:events";

/**
 * Calls `listener` when the signal is aborted; answers with how to stop listening. One signal for thousands of operations is ordinary use, so
 * Node's warning about many listeners is switched off for it.
 */
export function whenAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

const nothing = (): void => undefined;
