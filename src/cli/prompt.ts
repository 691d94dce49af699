import type { AskCredentials, ConfirmHostKey, CredentialsQuestion, HostKeyAnswer, HostKeyQuestion } from "../index.ts";
import { printable } from "../operations/printable.ts";
import type { Terminal } from "./terminal.ts";

/** How often one secret is asked for, as ssh does. */
const maxAttempts = 3;

/** Asks the person at the terminal for passwords, passphrases and whatever the server wants to know. */
export function askOnTerminal(terminal: Terminal): AskCredentials {
  return async (question, { signal }) => {
    if (question.attempt > maxAttempts) return undefined;
    return await terminal.converse(async () => {
      if (question.attempt > 1) terminal.say("That was refused.");
      if (question.kind === "keyboard-interactive") return await answerAll(terminal, question, signal);
      return await terminal.ask({ text: wordsFor(question), echo: false, signal });
    });
  };
}

type SecretQuestion = Exclude<CredentialsQuestion, { kind: "keyboard-interactive" }>;

function wordsFor(question: SecretQuestion): string {
  if (question.kind === "passphrase") return `Passphrase of ${printable(question.keyFile)}: `;
  return `Password of ${printable(question.user)} at ${printable(question.host)}: `;
}

type Interview = Extract<CredentialsQuestion, { kind: "keyboard-interactive" }>;

/** The texts are the server's: they are shown as what it says, and only as text. */
async function answerAll(
  terminal: Terminal,
  { user, host, name, instructions, prompts }: Interview,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (prompts.length > 0) terminal.say(`${printable(host)} asks ${printable(user)}:`);
  for (const line of [name, ...instructions.split(/\r?\n/)]) if (line !== "") terminal.say(printable(line));
  const answers: string[] = [];
  for (const { text, echo } of prompts) {
    const answer = await terminal.ask({ text: `${printable(text.trimEnd())} `, echo, signal });
    if (answer === undefined) return undefined;
    answers.push(answer);
  }
  return answers;
}

/** Shows the person at the terminal a host key that is on no record, and asks what to do. */
export function confirmOnTerminal(terminal: Terminal): ConfirmHostKey {
  return (question, { signal }) =>
    terminal.converse(async () => {
      terminal.say(introduction(question));
      for (;;) {
        const answer = await terminal.ask({ text: "Trust it? yes (and record it), no, once: ", echo: true, signal });
        if (answer === undefined) return "refuse";
        const meant = hostKeyAnswers[answer.trim().toLowerCase()];
        if (meant !== undefined) return meant;
      }
    });
}

function introduction({ host, port, keyType, fingerprint }: HostKeyQuestion): string {
  return `The key of ${printable(host)}, port ${port}, is on no record. It is the ${printable(keyType)} key\n  ${printable(fingerprint)}`;
}

const hostKeyAnswers: Readonly<Record<string, HostKeyAnswer | undefined>> = Object.assign(
  Object.create(null) as object,
  {
    yes: "accept-and-record",
    once: "accept",
    no: "refuse",
  } as const,
);
