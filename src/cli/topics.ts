import { columns } from "./columns.ts";
import { exitCodes, signalCodes } from "./exit-code.ts";

/** What has to be known of all commands, a page each. */
export type TopicName = "locations" | "patterns" | "exit-codes";

export type Rows = readonly (readonly [what: string, is: string])[];

export interface Topic {
  readonly title: string;
  /** One line. */
  readonly says: string;
  /** Paragraphs and tables. */
  readonly blocks: readonly (string | Rows)[];
}

const locations: readonly (string | Rows)[] = [
  [
    [
      "sftp://joe@example.com/srv/site",
      "a URL; the schemes are sftp, ftp, ftps, ftpes, http, https, dav, davs, s3, file, memory",
    ],
    ["sftp://joe@example.com/~/notes", "/~/ at the front of an SFTP or FTP path is the login directory"],
    ["example.com:/srv/site", "host:path as scp writes it: the same as sftp://example.com/srv/site"],
    ["joe@example.com:notes", "without a leading slash it begins in the login directory"],
    ["[::1]:/srv", "an IPv6 address stands in brackets"],
    ["site/index.html, /etc/motd", "a local path"],
    ["./a:b", 'a local path, too: a slash comes before the colon; so is "a:b" where there is a file of that name'],
    ["readonly+sftp://example.com/", "a URL with a prefix: nothing is written there"],
    ["-", "stdin or stdout, for cat, get, put and cp"],
  ],
  `Names. In host:path and in a local path a name is written as it is. In a URL, what is not a letter, a digit or one of "-._~" may have to be
percent-encoded: the file "50% #1" is 50%25%20%231. Either way the shell comes first: quote what holds spaces or any of * ? & # $ ( ), as in
'example.com:my files/a b'.`,
  `The login directory. example.com:notes, example.com:~/notes and sftp://example.com/~/notes are one file. A path does not climb out of it with "..":
write it from the root instead. A ~ elsewhere than at the front is a name, and %7E in a URL is one anywhere. A ~ in front of a local path is
the shell's: in quotes it stays a name.`,
  `Hyphens. A name that begins with one goes behind "--", as in: samewire rm -- -rf. Or write ./-rf.`,
  `Passwords. Leave them out: at a terminal you are asked, once for each server and user. Keys, the agent and ssh_config are used as ssh uses them;
~/.netrc is for HTTP, WebDAV and FTP. sftp://joe:secret@example.com/ works, with a warning: others on this machine can see the arguments of a
command while it starts, and the shell remembers them. A password in a URL is percent-encoded; host:path has no room for one.`,
];

const patterns: readonly (string | Rows)[] = [
  `--include and --exclude take globs, written as for gitignore, any number of times. They are matched against the path below the LOCATION. Quote
them, or the shell replaces them by the names that it finds.`,
  [
    ["*.log", "without a slash: a file or directory of such a name, however deep"],
    ["/build", "with a slash at the front: only at the top"],
    ["docs/*.md", "with a slash inside: a path from the top"],
    ["**/test/**", "** stands for any number of directories"],
    ["cache/", "with a slash at the end: only a directory"],
    ["{a,b}.txt, [0-9]?", "one of several; one character of a class; any one character"],
  ],
  `What matches an --exclude is left out, with all that is in it. Where there is an --include, a file or a link is taken only if it, or a directory that
it is in, matches one. An --exclude wins over an --include. A name that begins with a dot is like any other.`,
];

const exitCodePage: readonly (string | Rows)[] = [
  [...exitCodes.map(({ code, says }): [string, string] => [String(code), says]), ["128 + n", signalCodes]],
  `3 and 4 mean that everything that went wrong was of that kind; where several things did, it is 1 (of diff and lock: 2). One location that fails does not keep
the others from being done.`,
];

export const topics: Readonly<Record<TopicName, Topic>> = {
  locations: {
    title: "Locations",
    says: "how files and directories are named: host:path, ~, URLs, quoting, passwords, --",
    blocks: locations,
  },
  patterns: { title: "Patterns", says: "what --include and --exclude take", blocks: patterns },
  "exit-codes": { title: "Exit codes", says: "what the command ends with", blocks: exitCodePage },
};

export const topicNames: readonly TopicName[] = Object.keys(topics) as TopicName[];

export function isTopicName(name: string): name is TopicName {
  return Object.hasOwn(topics, name);
}

/** A page for the terminal. */
export function topicText({ title, blocks }: Topic): string {
  return `${[title, ...blocks.map((block) => (typeof block === "string" ? block : columns(block)))].join("\n\n")}\n`;
}
