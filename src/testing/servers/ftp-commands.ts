import type { FtpFeature } from "./ftp-features.ts";
import { fileCommands } from "./ftp-file-commands.ts";
import { loginCommands } from "./ftp-login-commands.ts";
import type { FtpReply } from "./ftp-replies.ts";
import { serverCommands } from "./ftp-server-commands.ts";
import type { FtpCommand, FtpSession } from "./ftp-session.ts";
import { transferCommands } from "./ftp-transfer-commands.ts";

/** A command as it was sent: `RETR`, in capitals, and what follows it. */
export interface FtpRequest {
  readonly verb: string;
  readonly argument: string;
}

const commands: ReadonlyMap<string, FtpCommand> = new Map(
  Object.entries({ ...loginCommands, ...serverCommands, ...fileCommands, ...transferCommands }),
);

/** Commands that are answered before the login too. */
const welcomeToAll: ReadonlySet<string> = new Set([
  ...Object.keys(loginCommands),
  ...["FEAT", "HELP", "NOOP", "OPTS", "QUIT", "SYST"],
]);

/** Commands that are unknown without a feature. */
const needs: Readonly<Record<string, FtpFeature>> = {
  APPE: "APPE",
  EPSV: "EPSV",
  MDTM: "MDTM",
  MFMT: "MFMT",
  MLSD: "MLST",
  MLST: "MLST",
  REST: "REST STREAM",
  SIZE: "SIZE",
};

/** Does what a client asks for; nothing as the reply means that it was sent already. */
export async function executeCommand(
  session: FtpSession,
  { verb, argument }: FtpRequest,
): Promise<FtpReply | undefined> {
  if (verb !== "RNTO") session.renaming = undefined;
  const command = commands.get(verb);
  const feature = needs[verb];
  if (command === undefined || (feature !== undefined && !session.site.features.has(feature)))
    return "500 Unknown command.";
  if (!session.loggedIn && !welcomeToAll.has(verb)) return "530 Log in with USER and PASS first.";
  return await command(session, argument);
}
