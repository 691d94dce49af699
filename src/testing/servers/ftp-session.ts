import type { FtpControl } from "./ftp-control.ts";
import type { FtpCut } from "./ftp-data-connection.ts";
import type { FtpDataPort } from "./ftp-data-port.ts";
import type { FtpFactName } from "./ftp-facts.ts";
import { ftpFactNames } from "./ftp-facts.ts";
import type { FtpGuest } from "./ftp-limits.ts";
import type { FtpReply } from "./ftp-replies.ts";
import { FtpRefusal } from "./ftp-replies.ts";
import type { FtpSite } from "./ftp-site.ts";
import type { FtpTls } from "./ftp-tls.ts";

/** What one client has told the server so far. */
export class FtpSession {
  readonly site: FtpSite;
  readonly control: FtpControl;
  readonly data: FtpDataPort;
  /** Nothing on a server without TLS. */
  readonly tls: FtpTls | undefined;
  readonly #guest: FtpGuest;
  /** Whom USER named. */
  user: string | undefined;
  /** Whether the password was right, and an account is all that is missing. */
  passwordGiven = false;
  /** Who logged in without a name may not change anything. */
  readOnly = false;
  /** Whether the connection ends with the reply to this command. */
  leaving = false;
  directory: string;
  /** Set by REST, for the next transfer. */
  restartAt = 0;
  /** Set by RNFR, for RNTO. */
  renaming: string | undefined;
  /** Set by PROT. */
  protectsData = false;
  /** Set by `EPSV ALL`. */
  epsvOnly = false;
  /** Set by `OPTS MLST`. */
  facts: readonly FtpFactName[] = ftpFactNames;
  /** Where the data connection of the command that runs is cut. */
  cut: FtpCut | undefined;

  constructor(
    site: FtpSite,
    parts: {
      readonly control: FtpControl;
      readonly data: FtpDataPort;
      readonly tls: FtpTls | undefined;
      readonly guest: FtpGuest;
    },
  ) {
    this.site = site;
    this.control = parts.control;
    this.data = parts.data;
    this.tls = parts.tls;
    this.#guest = parts.guest;
    this.directory = site.home;
  }

  get loggedIn(): boolean {
    return this.#guest.loggedIn;
  }

  /** Lets the user in, if there is room. */
  logIn(): FtpReply | undefined {
    return this.site.limits.logIn(this.#guest);
  }

  /** The absolute path that an argument means. Throws where there is none. */
  path(argument: string): string {
    if (argument === "") throw new FtpRefusal("501 A path is missing.");
    return argument.startsWith("/") ? argument : `${this.directory}/${argument}`;
  }
}

/** A command: gives its last reply, or nothing where that was sent already. What it throws becomes a reply. */
export type FtpCommand = (
  session: FtpSession,
  argument: string,
) => FtpReply | undefined | Promise<FtpReply | undefined>;

export type FtpCommands = Readonly<Record<string, FtpCommand>>;

/** A command that anonymous users are refused. */
export function changing(command: FtpCommand): FtpCommand {
  return (session, argument) => {
    if (session.readOnly) throw new FtpRefusal("550 Permission denied.");
    return command(session, argument);
  };
}
