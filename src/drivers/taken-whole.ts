import { isTransportError } from "../errors/transport-error.ts";

/** Whether, and for how long, something may be asked for again. */
interface Asking {
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `take` makes of an answer that `open` asks for. It hands nothing on before it has all of it, so that it is asked for and taken once more where the
 * connection is lost in the middle: what is lost before an answer has begun `open` repeats by itself.
 */
export async function takenWhole<Answer, T>(
  { repeatable, signal }: Asking,
  open: () => Promise<Answer>,
  take: (answer: Answer) => Promise<T>,
): Promise<T> {
  const answer = await open();
  try {
    return await take(answer);
  } catch (error) {
    if (!repeatable || !isTransportError(error, "connection-lost") || signal?.aborted === true) throw error;
    return await take(await open());
  }
}
