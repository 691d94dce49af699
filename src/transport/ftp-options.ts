/** Options of FTP wires. `null` means explicitly none; what is absent is taken from a candidate. */
export interface FtpOptions {
  /** What to answer where the server asks for an account (ACCT). */
  readonly account?: string | null | undefined;
  /** How names are encoded on the server. Default `utf8`. */
  readonly encoding?: "utf8" | "latin1" | undefined;
}
