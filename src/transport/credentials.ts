/** What a connection needs to be told by a person or a secret store, after the server's identity was accepted. */
export type CredentialsQuestion =
  | {
      readonly kind: "password";
      readonly url: string;
      readonly user: string;
      readonly host: string;
      readonly attempt: number;
    }
  | { readonly kind: "passphrase"; readonly url: string; readonly keyFile: string; readonly attempt: number }
  | {
      readonly kind: "keyboard-interactive";
      readonly url: string;
      readonly user: string;
      readonly host: string;
      readonly name: string;
      readonly instructions: string;
      readonly prompts: readonly { readonly text: string; readonly echo: boolean }[];
      readonly attempt: number;
    };

/**
 * Answers a question: a string for one answer, an array for the prompts of `keyboard-interactive`, undefined for "no answer".
 * Asked once per wire, `attempt` counting from 1; an answer is remembered until the server refuses it. Two callbacks are the same
 * for sharing when they are the same function or carry the same `id`.
 */
export interface AskCredentials {
  /** `signal` is aborted when nobody waits for the answer any more. */
  (
    question: CredentialsQuestion,
    options: { readonly signal: AbortSignal },
  ): Promise<string | readonly string[] | undefined> | string | readonly string[] | undefined;
  /** What two callbacks have in common that count as one. */
  readonly id?: string;
}

/**
 * `inherit`: what a location leaves open is taken from the candidates (the caller's own URLs). `explicit`: nothing is (a location that was
 * read from remote content).
 */
export type Provenance = "inherit" | "explicit";

/** Who is asked, and where unsaid options come from, where both are to be said. */
export interface CredentialsOption {
  /** Policy. Default `inherit`. */
  readonly provenance?: Provenance | undefined;
  /** Identity. `null`: nobody is asked. */
  readonly ask?: AskCredentials | null | undefined;
}
