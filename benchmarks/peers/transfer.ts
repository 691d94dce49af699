import type { TransportOptions } from "samewire";

/** A directory on a server, and what lets clients in that do not know our options. */
export interface Destination {
  /** `sftp:`, `ftp:` or `dav:`, with the user and without a password; ends in `/`. */
  readonly url: string;
  readonly identityFile?: string;
  readonly password?: string;
  /** What samewire is given beside the URL. It has the above as well, and nothing that JSON cannot say. */
  readonly options: TransportOptions;
}

/** What is in a tree, for who cannot list it: paths relative to it, every directory after the one that it is in. */
export interface TreeContent {
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/** A file or a tree that is copied to a server or from it, to a name that is new there. */
export interface Transfer {
  readonly action: "put" | "get";
  readonly what: "tree" | "file";
  /** An absolute path. Its parent exists. */
  readonly local: string;
  /** Relative to the destination. Its parent exists. */
  readonly remote: string;
  readonly content?: TreeContent;
}

/** A program with its arguments. */
export interface Command {
  readonly words: readonly [program: string, ...args: string[]];
  /** Beside ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** For its standard input. */
  readonly input?: string;
}

/** Another program that copies files or trees, connecting, copying and ending each time. */
export interface TransferPeer {
  /** The program and what distinguishes how it is used, as in results: `lftp ‖8`. */
  readonly name: string;
  /** As it says itself; undefined where it is not installed. */
  version(): Promise<string | undefined>;
  /** Whether the program prints `{"ms": …}`, what it took without the start of the language that it is written in. */
  readonly measuresItself?: boolean;
  can(scheme: DestinationScheme, what: Transfer["what"]): boolean;
  /** What a user would type: one program after another. */
  commands(transfer: Transfer, destination: Destination): Promise<readonly Command[]>;
}

export const destinationSchemes = ["sftp", "ftp", "dav"] as const;
export type DestinationScheme = (typeof destinationSchemes)[number];

export interface Place {
  readonly scheme: DestinationScheme;
  readonly host: string;
  readonly port: string;
  readonly user: string;
  /** The absolute path of the directory or of what is in it, decoded, without a slash at the end. */
  readonly path: (remote?: string) => string;
  /** The same as the URL that others know, `http:` for WebDAV; without a user. */
  readonly url: (remote?: string) => string;
}

/** The parts of a destination's URL. */
export function placeOf({ url }: Destination): Place {
  const { protocol, hostname, host, port, username, pathname } = new URL(url.replace(/^dav:/, "http:"));
  const scheme = protocol === "http:" ? "dav" : (protocol.slice(0, -1) as DestinationScheme);
  return {
    scheme,
    host: hostname,
    port,
    user: decodeURIComponent(username),
    path: (remote = "") => (decodeURIComponent(pathname) + remote).replace(/(?<=.)\/$/, ""),
    url: (remote = "") => `${protocol}//${host}${pathname}${remote.split("/").map(encodeURIComponent).join("/")}`,
  };
}
