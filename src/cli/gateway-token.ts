import { readFile } from "node:fs/promises";

import { newGatewayToken } from "../index.ts";
import { UsageError } from "./usage-error.ts";

const variable = "SAMEWIRE_TOKEN";

/** Whoever wants to change something through a gateway shows this. */
export interface GatewayToken {
  readonly token: string;
  /** Whether it was made up, so that nobody knows it who is not told. */
  readonly isNew: boolean;
}

/**
 * The token of a gateway: from a file, else from the environment, else made up. Never from the command line, which everybody on the machine can read.
 *
 * @throws UsageError for a file that cannot be read, and for what is in one or in the environment and is no token
 */
export async function gatewayToken(
  file: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GatewayToken> {
  const given = file === undefined ? environment[variable] : await contentOf(file);
  if (given === undefined || (file === undefined && given === "")) return { token: newGatewayToken(), isNew: true };
  const token = given.trim();
  if (/^[\x21-\x7e]{16,4096}$/.test(token)) return { token, isNew: false };
  throw new UsageError(
    `what is in ${file ?? variable} is no token`,
    "Write 16 characters or more of it: letters, digits, punctuation, no spaces",
  );
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--token-file cannot be read: ${reason}`, "Name a file with the token in it");
  }
}
