/** What options there are, and what the rows of the table say of each. */

export type FlagName =
  | "all"
  | "checksum"
  | "delete"
  | "dry-run"
  | "follow"
  | "force"
  | "help"
  | "human"
  | "json"
  | "long"
  | "no-atomic"
  | "parents"
  | "preserve"
  | "private"
  | "quiet"
  | "readonly"
  | "recursive"
  | "show-connections"
  | "size-only"
  | "sizes"
  | "stdio"
  | "summarize"
  | "unsorted"
  | "verbose"
  | "verify"
  | "version"
  | "writable";

export type ValueName =
  | "allow-host"
  | "connections"
  | "depth"
  | "exclude"
  | "host"
  | "host-key"
  | "identity"
  | "include"
  | "jump"
  | "known-hosts"
  | "length"
  | "log"
  | "mode"
  | "netrc"
  | "offset"
  | "port"
  | "proxy"
  | "ssh-client"
  | "ssh-config"
  | "timeout"
  | "token-file";

export type OptionName = FlagName | ValueName;

export interface OptionRow {
  /** The letters it may be written as after one hyphen; the first is shown. A command's letter takes it from an option of every command. */
  readonly letters?: string;
  /** What its value is called; an option without is a flag. May be given more than once. */
  readonly value?: string;
  /** What shells complete its value with; nothing where absent. */
  readonly completes?: "files" | readonly string[];
  readonly says: string;
}

/** The letters of an option, one by one. */
export function lettersOf({ letters = "" }: OptionRow): readonly string[] {
  return letters.split("");
}

export type OptionRows = Readonly<Partial<Record<OptionName, OptionRow>>>;

export const sshClients: readonly ["ssh2", "openssh"] = ["ssh2", "openssh"];

export const logLevels: readonly string[] = ["trace", "debug", "info", "warn", "error"];

/** Options of every command. */
export const commonOptions: OptionRows = {
  json: { says: "JSON on stdout, and one JSON object a line on stderr" },
  quiet: { letters: "q", says: "say nothing but what went wrong: no progress, no summary, no warning" },
  verbose: { letters: "v", says: "name each thing that is done, on stderr" },
  connections: {
    value: "N",
    says: "connections at most to a server that carries one transfer on each (FTP, HTTP/1.1)",
  },
  "show-connections": { says: "report every connection at the end, on stderr" },
  log: { value: "LEVEL", completes: logLevels, says: `log to stderr: ${logLevels.join(", ")}` },
  identity: {
    letters: "i",
    value: "FILE",
    completes: "files",
    says: "a private key to log in with; may be repeated",
  },
  "known-hosts": {
    value: "FILE",
    completes: "files",
    says: "known_hosts file, in place of the usual ones; may be repeated",
  },
  "host-key": { value: "SHA256:…", says: "the only host key to accept; may be repeated" },
  "ssh-config": {
    letters: "F",
    value: "FILE",
    completes: "files",
    says: 'ssh_config file, in place of the usual ones; "none" reads none',
  },
  "ssh-client": {
    value: "CLIENT",
    completes: sshClients,
    says: "who speaks SSH: ssh2, which is built in, or openssh, the system's ssh with all that ssh_config can say",
  },
  jump: {
    letters: "J",
    value: "HOST",
    says: 'go through [user@]host[:port]; several with commas between; "none" goes through none',
  },
  proxy: {
    value: "URL",
    says: 'go through a proxy: http://, https://, socks5:// or socks5h://host:port; "none" goes through none',
  },
  netrc: {
    value: "FILE",
    completes: "files",
    says: 'the file of users and passwords for HTTP, WebDAV and FTP, in place of ~/.netrc; "none" reads none',
  },
  timeout: { value: "SECONDS", says: "how long to wait for a connection, and for a server that is silent" },
  help: { letters: "h", says: "show help; with a command, that command's" },
  version: { says: "show the version" },
};

type SharedName = "mode" | "no-atomic" | "dry-run" | "all" | "recursive" | "preserve" | "human" | "verify";

/** Rows that several commands have. */
export const shared: Readonly<Record<SharedName, OptionRow>> = {
  mode: { letters: "m", value: "MODE", says: "permission bits of what is made, in octal: 644, 0750" },
  "no-atomic": { says: "write in place; a failure may then leave half a file" },
  "dry-run": { letters: "n", says: "change nothing; show what would be done" },
  all: { letters: "a", says: "also names that begin with a dot" },
  recursive: { letters: "rR", says: "directories with everything in them" },
  preserve: { letters: "p", says: "keep modification times and all permission bits of files" },
  human: { letters: "h", says: "sizes as people read them: 1.5 MiB" },
  verify: { says: "compare hashes of what was written with the source; the server computes them where it can" },
};

/** What is taken of a directory, and what is not. */
export const patternOptions: OptionRows = {
  include: { value: "PATTERN", says: "only files and links that match; may be repeated" },
  exclude: { value: "PATTERN", says: "nothing that matches, nor what is in it; may be repeated" },
};
