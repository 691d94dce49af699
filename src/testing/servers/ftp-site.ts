import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { NameEncoding } from "../../schemes/sftp/protocol/name-encoding.ts";
import type { FtpCut } from "./ftp-data-connection.ts";
import type { FtpFeature } from "./ftp-features.ts";
import type { FtpLimits } from "./ftp-limits.ts";
import type { FtpTlsSettings } from "./ftp-tls.ts";

/**
 * What becomes of a command: done and answered; swallowed; the control connection reset, before it is done or when it is done but not answered yet;
 * answered with a reply of its own instead, as it goes over the wire (`\n` between lines; a 421 closes); or done with its data connection cut.
 */
export type FtpReaction = "answer" | "silence" | "drop" | "drop-after" | { readonly reply: string } | FtpCut;

/** Gets every command when its turn comes: `RETR`, and what follows it. The reaction may come later. */
export type FtpCommandHook = (verb: string, argument: string) => FtpReaction | Promise<FtpReaction>;

/** What the server counted. */
export interface FtpServerCounts {
  /** Control connections that were let in. */
  accepted: number;
  /** The most that were open at once. */
  maxOpen: number;
  /** Control connections and logins that were one too many. */
  refused: number;
  /** Logins that succeeded. */
  logins: number;
  /** Logins with a wrong name, password or account. */
  refusedLogins: number;
  /** Connections for content and listings. */
  dataConnections: number;
  /** Data connections that resumed a TLS session of their control connection. */
  dataSessionsResumed: number;
}

/** What all connections of one server have in common. */
export interface FtpSite {
  readonly tree: FileTree;
  /** The login directory. */
  readonly home: string;
  readonly users: ReadonlyMap<string, string>;
  readonly anonymous: boolean;
  /** What ACCT has to say after the password. */
  readonly account: string | undefined;
  readonly features: ReadonlySet<FtpFeature>;
  readonly listing: "unix" | "dos";
  readonly encoding: NameEncoding;
  readonly welcome: string;
  readonly tellsReasons: boolean;
  readonly listsMissingAsEmpty: boolean;
  readonly multiline: boolean;
  readonly idleTimeoutMs: number;
  readonly security: FtpSecurity | undefined;
  readonly limits: FtpLimits;
  readonly onCommand: FtpCommandHook | undefined;
  readonly counts: FtpServerCounts;
  readonly counted: (verb: string) => void;
}

export interface FtpSecurity extends FtpTlsSettings {
  readonly mode: "explicit" | "implicit";
  readonly requireSessionReuse: boolean;
  /** Whether logins and data are also taken in the clear. */
  readonly allowPlain: boolean;
}
