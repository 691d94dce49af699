/** The commands and options, in one table: what the command line is read by, and what the help is made of. */

export type FlagName =
  | "all"
  | "connections"
  | "follow"
  | "force"
  | "help"
  | "json"
  | "long"
  | "no-atomic"
  | "parents"
  | "preserve"
  | "recursive"
  | "unsorted"
  | "version";

export type ValueName =
  | "host-key"
  | "identity"
  | "jump"
  | "known-hosts"
  | "length"
  | "log"
  | "mode"
  | "offset"
  | "ssh-config"
  | "timeout";

export type OptionName = FlagName | ValueName;

export interface OptionRow {
  /** The letters it may be written as after one hyphen; the first is shown. */
  readonly letters?: string;
  /** What its value is called; an option without is a flag. May be given more than once. */
  readonly value?: string;
  readonly says: string;
}

export type OptionRows = Readonly<Partial<Record<OptionName, OptionRow>>>;

export interface CommandRow {
  readonly operands: string;
  readonly atLeast: number;
  readonly atMost: number;
  /** One line. */
  readonly says: string;
  readonly options: OptionRows;
  /** What a user has to know beside the options, a line each. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
}

export type CommandName = "ls" | "cat" | "put" | "cp" | "mv" | "rm" | "mkdir" | "stat" | "explain";

/** Options of every command. */
export const commonOptions: OptionRows = {
  json: { says: "JSON on stdout, and one JSON object a line on stderr" },
  connections: { says: "report every connection at the end, on stderr" },
  log: { value: "LEVEL", says: "log to stderr: trace, debug, info, warn, error" },
  identity: { letters: "i", value: "FILE", says: "a private key to log in with; may be repeated" },
  "known-hosts": { value: "FILE", says: "known_hosts file, in place of the usual ones; may be repeated" },
  "host-key": { value: "SHA256:…", says: "the only host key to accept; may be repeated" },
  "ssh-config": { letters: "F", value: "FILE", says: 'ssh_config file, in place of the usual ones; "none" reads none' },
  jump: {
    letters: "J",
    value: "HOST",
    says: 'go through [user@]host[:port]; several with commas between; "none" goes through none',
  },
  timeout: { value: "SECONDS", says: "how long to wait for a connection, and for a server that is silent" },
  help: { letters: "h", says: "show help; with a command, that command's" },
  version: { says: "show the version" },
};

const mode: OptionRow = { letters: "m", value: "MODE", says: "permission bits of what is made, in octal: 644, 0750" };
const noAtomic: OptionRow = { says: "write in place; a failure may then leave half a file" };

export const commands: Readonly<Record<CommandName, CommandRow>> = {
  ls: {
    operands: "[LOCATION…]",
    atLeast: 0,
    atMost: Infinity,
    says: "list directories",
    options: {
      long: { letters: "l", says: "type and permissions, owner, size in bytes, modification time, name" },
      recursive: { letters: "R", says: "everything below, one path a line, in the server's order" },
      all: { letters: "a", says: "also names that begin with a dot" },
      unsorted: { letters: "U", says: "in the server's order, as it answers" },
    },
    notes: ["With --json: one JSON object a line."],
    examples: ["samewire ls -l sftp://joe@example.com/~/", "samewire ls -R --json example.com:/srv/site"],
  },
  cat: {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "write files to stdout",
    options: {
      offset: { value: "BYTES", says: "begin at this byte, counted from 0" },
      length: { value: "BYTES", says: "at most this many bytes" },
    },
    notes: ['"-" is stdin.'],
    examples: [
      "samewire cat example.com:notes.txt | head",
      "samewire cat --offset 1024 --length 16 sftp://example.com/srv/image.bin",
    ],
  },
  put: {
    operands: "[FILE] LOCATION",
    atLeast: 1,
    atMost: 2,
    says: "write stdin, or a file, to a location",
    options: { parents: { letters: "p", says: "make missing directories above it" }, mode, "no-atomic": noAtomic },
    notes: ["The old content stays until the new one is complete."],
    examples: [
      "date | samewire put example.com:stamp",
      "samewire put --mode 600 key.pem sftp://example.com/etc/app/key.pem",
    ],
  },
  cp: {
    operands: "SOURCE… TARGET",
    atLeast: 2,
    atMost: Infinity,
    says: "copy files and, with -r, directories, between any two locations",
    options: {
      recursive: { letters: "rR", says: "directories with everything in them" },
      preserve: { letters: "p", says: "keep modification times and all permission bits of files" },
      mode,
      "no-atomic": noAtomic,
    },
    notes: [
      'Into TARGET where it is a directory, else as TARGET. On one server the server copies, if it can. "-" is stdin or stdout.',
      "Below a directory, links are copied as links if they stay inside it; others are left out and reported.",
    ],
    examples: ["samewire cp -r site/ example.com:/srv/", "samewire cp sftp://example.com/a sftp://example.com/b"],
  },
  mv: {
    operands: "SOURCE… TARGET",
    atLeast: 2,
    atMost: Infinity,
    says: "move files and directories",
    options: { "no-atomic": noAtomic },
    notes: [
      "On one server it is a rename. Between two it is a copy, and the source is deleted once all of it has arrived.",
    ],
    examples: ["samewire mv example.com:in/a.csv example.com:done/"],
  },
  rm: {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "delete files and, with -r, directories",
    options: {
      recursive: { letters: "rR", says: "directories with everything in them; links are deleted, not followed" },
      force: { letters: "f", says: "what is not there is no error" },
    },
    notes: ["Refuses to delete the root of a server, and the login directory."],
    examples: ["samewire rm -r example.com:/tmp/build"],
  },
  mkdir: {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "make directories",
    options: { parents: { letters: "p", says: "make missing directories above it; what is there is no error" }, mode },
    notes: [],
    examples: ["samewire mkdir -p example.com:/srv/site/assets"],
  },
  stat: {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "describe files, directories and links",
    options: { follow: { letters: "L", says: "what a link leads to, instead of the link" } },
    notes: [],
    examples: ["samewire stat --json example.com:/srv/site"],
  },
  explain: {
    operands: "A B",
    atLeast: 2,
    atMost: 2,
    says: "tell whether two locations share a connection, and why",
    options: {},
    notes: ["Nothing is connected to."],
    examples: ["samewire explain sftp://example.com/a joe@example.com:b"],
  },
};

export const commandNames: readonly CommandName[] = Object.keys(commands) as CommandName[];

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
