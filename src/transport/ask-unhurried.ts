/** Asks a person or a callback while the connect clock stands still. The signal says when the answer is of no use any more. */
export type AskUnhurried = <T>(ask: (signal: AbortSignal) => Promise<T> | T) => Promise<T>;
