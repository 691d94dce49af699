import type { ErrorCode } from "../index.ts";
import type { CommandName } from "./command-table.ts";

/** What the process ends with, below 128. */
export interface ExitCodeRow {
  readonly code: number;
  readonly says: string;
}

export const exitCodes: readonly ExitCodeRow[] = [
  { code: 0, says: "all was done; or nobody reads the output any more" },
  {
    code: 1,
    says: "something was not done, stderr says what, also of a LOCATION that is none; of diff: A and B differ; of lock: somebody holds one",
  },
  {
    code: 2,
    says: "the command line was not understood, and nothing was done; of diff and lock: something could not be found out",
  },
  { code: 3, says: "a server could not be reached, fell silent, or was lost" },
  { code: 4, says: "a login was refused, or a server is not trusted: its host key, its certificate" },
];

export const signalCodes =
  "ended by signal n: 130 by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP; nothing is left half written";

const kinds: Readonly<Partial<Record<ErrorCode, number>>> = {
  "connection-failed": 3,
  "connection-lost": 3,
  "too-many-connections": 3,
  timeout: 3,
  "authentication-failed": 4,
  "host-key-unknown": 4,
  "host-key-changed": 4,
  "tls-failed": 4,
};

/** The exit code that a failure alone leads to. */
export function exitCodeOf(command: CommandName, code: ErrorCode | undefined): number {
  return (code === undefined ? undefined : kinds[code]) ?? (command === "diff" || command === "lock" ? 2 : 1);
}
