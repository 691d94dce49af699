import type { AskCredentials, CredentialsQuestion } from "./credentials.ts";
import type { AskUnhurried } from "./ask-unhurried.ts";

/** How often a person is asked the same on one wire: as often as ssh does (NumberOfPasswordPrompts). */
export const maxAttempts = 3;

type Question = CredentialsQuestion extends infer Kind ? (Kind extends unknown ? Omit<Kind, "attempt"> : never) : never;

/** What a callback answered, remembered for as long as the server accepts it. One for each shared connection. */
export class Answers {
  readonly #ask: AskCredentials | undefined;
  readonly #remembered = new Map<string, readonly string[]>();

  constructor(ask: AskCredentials | null | undefined) {
    this.#ask = ask ?? undefined;
  }

  /** Whether there is anybody to ask. */
  get askable(): boolean {
    return this.#ask !== undefined;
  }

  /**
   * The answers to a question, remembered or asked for; undefined for "no answer". `attempt` counts from 1: from 2 on what was answered before has
   * been refused.
   */
  async to(question: Question, attempt: number, unhurried: AskUnhurried): Promise<readonly string[] | undefined> {
    const name = JSON.stringify(question);
    if (attempt === 1) {
      const remembered = this.#remembered.get(name);
      if (remembered !== undefined) return remembered;
    }
    const refused = this.#remembered.get(name);
    this.#remembered.delete(name);
    const ask = this.#ask;
    if (ask === undefined) return undefined;
    const answer = await unhurried((signal) => ask({ ...question, attempt } as CredentialsQuestion, { signal }));
    if (answer === undefined) return undefined;
    const answers = typeof answer === "string" ? [answer] : answer;
    // Whoever has only one answer is not made to give it three times, which may lock an account.
    if (refused !== undefined && refused.join("\0") === answers.join("\0")) return undefined;
    this.#remembered.set(name, answers);
    return answers;
  }

  /** Forgets everything: some of it has been refused. */
  clear(): void {
    this.#remembered.clear();
  }
}
