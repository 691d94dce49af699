import { TransportError } from "../errors/transport-error.ts";
import type { Clock } from "./clock.ts";

export interface AnswerFacts {
  /** Who was asked, without secrets. */
  readonly label: string;
  /** Whether the question keeps the process alive. */
  readonly held: boolean;
}

/** The answer, or `timeout` where there is none within `ms`; what comes later is nobody's any more. */
export function answerWithin<T>(
  clock: Clock,
  ms: number,
  answer: Promise<T>,
  { label, held }: AnswerFacts,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.timeout(ms, () => reject(unanswered(label, ms)));
    if (held) timer.hold();
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}

function unanswered(label: string, ms: number): TransportError {
  return new TransportError("timeout", `who counts the connections said nothing for ${Math.round(ms)} ms`, {
    url: label,
    temporary: true,
    hint: "The connections to the server are counted there by wireLimit: see that it runs and can be reached",
  });
}
