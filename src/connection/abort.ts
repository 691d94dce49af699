import { setMaxListeners } from "node:events";

/**
 * Calls `listener` when the signal is aborted, and where it has been already, before anything else happens, but not at once: whoever asks has what this
 * answers with by then, which is how to stop listening. One signal for thousands of operations is ordinary use, so Node's warning about many listeners is
 * switched off for it.
 */
export function whenAborted(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return nothing;
  if (signal.aborted) return soon(listener);
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

function soon(listener: () => void): () => void {
  let wanted = true;
  queueMicrotask(() => {
    if (wanted) listener();
  });
  return () => void (wanted = false);
}

const nothing = (): void => undefined;
