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

/**
 * A controller that is aborted with the signal, for the same reason, and listens until it is aborted: whoever asked for it does that in the end, also where all
 * went well. `AbortSignal.any` has no end, and leaves something behind at a signal that lasts each time (https://github.com/nodejs/node/issues/54614).
 */
export function abortedWith(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  if (signal?.aborted === true) {
    controller.abort(signal.reason);
  } else {
    const stopListening = whenAborted(signal, () => controller.abort(signal?.reason));
    controller.signal.addEventListener("abort", stopListening, { once: true });
  }
  return controller;
}

function soon(listener: () => void): () => void {
  let wanted = true;
  queueMicrotask(() => {
    if (wanted) listener();
  });
  return () => void (wanted = false);
}

const nothing = (): void => undefined;
