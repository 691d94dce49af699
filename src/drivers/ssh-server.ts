import type { Duplex } from "node:stream";

/** How somebody is let in: by any of these. */
export interface SshServerUser {
  /** Also what the password prompt of keyboard-interactive wants. */
  readonly password?: string;
  /** Lines as in `authorized_keys`. */
  readonly publicKeys?: readonly string[];
  /** Prompts of keyboard-interactive, each with its answer. */
  readonly prompts?: readonly { readonly text: string; readonly echo: boolean; readonly answer: string }[];
}

/** Who is let in, by name. */
export type SshServerUsers = Readonly<Record<string, SshServerUser>>;

/** A request to be let in, by its method; `publickey-query` only asks whether a key would be welcome. */
export interface SshLoginAttempt {
  /** Whom somebody claims to be. */
  readonly user: string;
  /** How they want to prove it. */
  readonly method: "none" | "password" | "publickey-query" | "publickey" | "keyboard-interactive" | "hostbased";
}

/** Who is on the other side of a channel. */
export interface SshServerPeer {
  /** The client's identification: `SSH-2.0-OpenSSH_9.2p1 Debian-2`. */
  readonly ident: string;
  /** Cuts the connection that the channel is on. */
  drop(): void;
}

export interface SshServerConnectionOptions {
  /** Sessions that a connection may have open at once; OpenSSH's MaxSessions is 10. */
  readonly maxSessions: number;
  /** Whether it forwards connections to this machine, as a jump host does. */
  readonly forwards: boolean;
  /** Gets every channel of the subsystem `sftp`. What it returns is called once, when the channel is gone. */
  readonly serveSftp: (channel: Duplex, peer: SshServerPeer) => () => void;
}

export interface SshServerConnectionCounts {
  /** Sessions that were opened. */
  sessions: number;
  /** Connections to another server that were asked for. */
  forwards: number;
}

/** What becomes of a request to be let in: decided by the user's entry, refused whatever it is, or never answered. */
export type SshLoginReaction = "answer" | "refuse" | "silence";

export interface SshServerOptions extends SshServerConnectionOptions {
  readonly host: string;
  readonly users: SshServerUsers;
  /** Private host keys, in PEM or OpenSSH form. */
  readonly hostKeys: readonly string[];
  /** What follows `SSH-2.0-` in its identification. Clients go by it for what the protocol leaves open. */
  readonly ident: string;
  /** Text that is shown to whoever logs in. */
  readonly banner: string | undefined;
  readonly onLogin: (attempt: SshLoginAttempt) => SshLoginReaction | Promise<SshLoginReaction>;
}

/** What the server counted. */
export interface SshServerCounts extends SshServerConnectionCounts {
  /** Connections accepted. */
  accepted: number;
  /** Connections open at the same time, at most. */
  maxOpen: number;
  /** Requests to be let in, by method. */
  logins: Partial<Record<SshLoginAttempt["method"], number>>;
}

/** An SSH server in this process, on a free port. What is said of it names no type of the package, whose types a program may not have. */
export interface SshServer {
  readonly counts: Readonly<SshServerCounts>;
  readonly port: number;
  /** Connections open now. */
  readonly open: number;
  /** Resets every connection. */
  sever(): void;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}
