import type { OptionRows } from "./option-table.ts";
import { patternOptions, shared } from "./option-table.ts";

/** The commands in one table: what the command line is read by, and what help, completion and man page are made of. */

export interface CommandRow {
  readonly operands: string;
  readonly atLeast: number;
  readonly atMost: number;
  /** Whether a program and its arguments follow behind `--`. */
  readonly takesProgram?: boolean;
  /** What an operand may be, where it is none of the locations; what shells complete it with. */
  readonly words?: readonly string[];
  /** One line. */
  readonly says: string;
  readonly options: OptionRows;
  /** What a user has to know beside the options, a line each. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
}

export type CommandName =
  | "ls"
  | "tree"
  | "cat"
  | "get"
  | "put"
  | "cp"
  | "mv"
  | "rm"
  | "mkdir"
  | "stat"
  | "du"
  | "sync"
  | "diff"
  | "lock"
  | "break-lock"
  | "explain"
  | "serve"
  | "lend"
  | "completion";

const { mode, all, recursive, preserve, human, verify, "no-atomic": noAtomic, "dry-run": dryRun } = shared;

/** What `sync` and `diff` compare files by. */
const comparison = {
  checksum: { letters: "c", says: "compare files by the hash of their content, not by size and modification time" },
  "size-only": { says: "compare files by size alone" },
} as const satisfies OptionRows;

const patternNote = "PATTERN is a glob: samewire help patterns.";

export const commands: Readonly<Record<CommandName, CommandRow>> = {
  ls: {
    operands: "[LOCATION…]",
    atLeast: 0,
    atMost: Infinity,
    says: "list directories",
    options: {
      long: { letters: "l", says: "type and permissions, owner, size in bytes, modification time, name" },
      human,
      recursive: { letters: "R", says: "everything below, one path a line, as the answers come" },
      all,
      unsorted: { letters: "U", says: "in the server's order, as it answers" },
      ...patternOptions,
    },
    notes: ["With --json: one JSON object a line.", patternNote],
    examples: [
      "samewire ls -l sftp://joe@example.com/~/",
      "samewire ls -R --include '*.log' example.com:/var/log",
      "samewire ls -R --json example.com:/srv/site",
    ],
  },
  tree: {
    operands: "[LOCATION…]",
    atLeast: 0,
    atMost: Infinity,
    says: "draw directories with everything in them",
    options: {
      sizes: { letters: "s", says: "the size of each file, in bytes" },
      human: { ...human, says: "the size of each file, as people read it: 1.5 MiB" },
      depth: { letters: "d", value: "N", says: "no deeper than N levels" },
      all,
      ...patternOptions,
    },
    notes: ["With --json: one JSON object a line.", patternNote],
    examples: ["samewire tree -h -d 2 example.com:/srv/site", "samewire tree --exclude node_modules ."],
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
  get: {
    operands: "LOCATION [FILE]",
    atLeast: 1,
    atMost: 2,
    says: "write a file or, with -r, a directory from a location to a local file or directory",
    options: { recursive, preserve, mode, "no-atomic": noAtomic, "dry-run": dryRun, verify, ...patternOptions },
    notes: [
      'Into FILE where it is a directory, else as FILE; without FILE under its own name here. "-" is stdout.',
      "A file is there under its name when all of it is.",
      patternNote,
    ],
    examples: [
      "samewire get example.com:/var/log/syslog",
      "samewire get -r --include '*.csv' sftp://example.com/srv/data backup/",
      "samewire get https://example.com/release.tar.gz /tmp/",
    ],
  },
  put: {
    operands: "[FILE] LOCATION",
    atLeast: 1,
    atMost: 2,
    says: "write stdin, or a file, to exactly one location",
    options: {
      parents: { letters: "p", says: "make missing directories above it" },
      mode,
      "no-atomic": noAtomic,
      "dry-run": dryRun,
    },
    notes: ["The old content stays until the new one is complete.", "Directories go with cp -r, or with sync."],
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
    options: { recursive, preserve, mode, "no-atomic": noAtomic, "dry-run": dryRun, verify, ...patternOptions },
    notes: [
      'Into TARGET where it is a directory, else as TARGET. On one server the server copies, if it can. "-" is stdin or stdout.',
      "Below a directory, links are copied as links if they stay inside it; others are left out and reported.",
      patternNote,
    ],
    examples: [
      "samewire cp -r site/ example.com:/srv/",
      "samewire cp sftp://example.com/a sftp://example.com/b",
      "samewire cp -rn --exclude '*.tmp' --exclude .git work/ example.com:work",
    ],
  },
  mv: {
    operands: "SOURCE… TARGET",
    atLeast: 2,
    atMost: Infinity,
    says: "move files and directories",
    options: { "no-atomic": noAtomic, "dry-run": dryRun },
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
      recursive: { ...recursive, says: "directories with everything in them; links are deleted, not followed" },
      force: { letters: "f", says: "what is not there is no error" },
      "dry-run": dryRun,
    },
    notes: ["Refuses to delete the root of a server, and the login directory."],
    examples: ["samewire rm -rn example.com:/tmp/build", "samewire rm -r example.com:/tmp/build"],
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
  du: {
    operands: "[LOCATION…]",
    atLeast: 0,
    atMost: Infinity,
    says: "add up the sizes of the files in directories",
    options: {
      summarize: { letters: "s", says: "only the sum of each LOCATION" },
      human,
      depth: { letters: "d", value: "N", says: "show directories no deeper than N levels; all are counted" },
      ...patternOptions,
    },
    notes: ["Bytes of content, not blocks of a disk. Links count as nothing.", patternNote],
    examples: ["samewire du -sh example.com:/srv/site example.com:/srv/media", "samewire du -h -d 1 ~/work"],
  },
  sync: {
    operands: "SOURCE TARGET",
    atLeast: 2,
    atMost: 2,
    says: "make a directory the same as another, copying only what differs",
    options: {
      "dry-run": { ...dryRun, says: "change nothing; print the plan" },
      delete: { says: "delete in TARGET what is not in SOURCE" },
      ...comparison,
      verify,
      "no-atomic": noAtomic,
      ...patternOptions,
    },
    notes: [
      "What is in SOURCE goes into TARGET itself, with or without a slash at the end; TARGET is made if it is missing.",
      "Run it again to go on after an interruption. What --include and --exclude leave out is neither copied nor deleted.",
      patternNote,
    ],
    examples: [
      "samewire sync -n --delete site/ example.com:/srv/site",
      "samewire sync --delete --exclude .git site/ example.com:/srv/site",
      "samewire sync --checksum sftp://a.example.com/data ftp://b.example.com/data",
    ],
  },
  diff: {
    operands: "A B",
    atLeast: 2,
    atMost: 2,
    says: "tell what sync would change to make directory B the same as A",
    options: { ...comparison, ...patternOptions },
    notes: ["Exit code 0: nothing; 1: something; 2 and above: it could not be found out.", patternNote],
    examples: ["samewire diff site/ example.com:/srv/site", "samewire diff -q --checksum a/ sftp://example.com/a"],
  },
  lock: {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "tell who holds the lock of each location, and since when",
    options: {},
    notes: [
      "Nothing is locked. A LOCATION is what was locked: srv/site, not srv/site.lock.",
      "Exit code 0: nobody holds any; 1: somebody does; 2 and above: it could not be found out.",
    ],
    examples: ["samewire lock example.com:/srv/site"],
  },
  "break-lock": {
    operands: "LOCATION…",
    atLeast: 1,
    atMost: Infinity,
    says: "take the locks of locations away from who holds them, after asking",
    options: {
      force: { letters: "f", says: "do not ask; needed where there is no terminal" },
      "dry-run": dryRun,
    },
    notes: [
      "Make sure that the holder is gone: it is not asked, and goes on as if it had the lock.",
      "Only the lock that was shown is broken. Where it has changed hands meanwhile, nothing is done.",
    ],
    examples: ["samewire break-lock example.com:/srv/site", "samewire break-lock --force example.com:/srv/site"],
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
  serve: {
    operands: "LOCATION",
    atLeast: 1,
    atMost: 1,
    says: "serve a directory over HTTP: files with ranges, directories as pages to look at",
    options: {
      port: { value: "PORT", says: "listen on this port; 0 is any that is free. Default 8080" },
      host: { value: "HOST", says: "listen on this address, which others may reach. Default 127.0.0.1" },
      "allow-host": { value: "NAME", says: "let it be asked by this name, too, as behind a proxy; may be repeated" },
      writable: { says: "let those who show the token change things, by WebDAV" },
      private: { says: "with --writable: reading needs the token, too" },
      "token-file": { value: "FILE", completes: "files", says: "with --writable: the token is in this file" },
    },
    notes: [
      "Prints its URL, and serves until Ctrl-C or SIGTERM. Then answers have 10 seconds to end; a second one ends it at once.",
      "Whoever can connect reads everything that is in the directory, and what links in it lead to: chroot+LOCATION serves no link that leads out.",
      "The token of --writable is in --token-file, else in SAMEWIRE_TOKEN, else it is made up and printed after the URL. It is shown as a bearer token, or as the password of any user.",
    ],
    examples: [
      "samewire serve example.com:/srv/site",
      "samewire serve --port 0 chroot+sftp://example.com/srv/media/",
      "samewire serve --writable example.com:/srv/site",
    ],
  },
  lend: {
    operands: "LOCATION… -- PROGRAM [ARGUMENT…]",
    atLeast: 1,
    atMost: Infinity,
    takesProgram: true,
    says: "run a program that uses our connections, and never sees what they were opened with",
    options: {
      readonly: { says: "let it read, and change nothing" },
      stdio: { says: "lend over the program's stdin and stdout, in place of a socket" },
    },
    notes: [
      "The program, and all that it starts, may use what is below a LOCATION: by borrow() of the library, or by samewire itself, for the same URLs.",
      "Its environment has neither the SSH agent nor passwords for AWS or proxies. What it needs for itself: -- env NAME=VALUE PROGRAM.",
      "Ends with the program's exit code: 127 where there is no such program, 126 where it cannot be run.",
    ],
    examples: [
      "samewire lend example.com:/srv/in -- node import.js",
      "samewire lend --readonly sftp://joe@example.com/srv/ -- sh -c 'samewire ls sftp://joe@example.com/srv/a'",
    ],
  },
  completion: {
    operands: "SHELL",
    atLeast: 1,
    atMost: 1,
    words: ["bash", "zsh", "fish"],
    says: "print a script that completes commands, options and local files in bash, zsh or fish",
    options: {},
    notes: [
      "bash: add 'source <(samewire completion bash)' to ~/.bashrc.",
      "zsh: add 'source <(samewire completion zsh)' to ~/.zshrc, after compinit.",
      "fish: samewire completion fish > ~/.config/fish/completions/samewire.fish",
    ],
    examples: ["source <(samewire completion bash)"],
  },
};

export const commandNames: readonly CommandName[] = Object.keys(commands) as CommandName[];

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
