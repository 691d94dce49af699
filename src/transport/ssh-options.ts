/** What an unknown host key is answered with. */
export type HostKeyAnswer = "refuse" | "accept" | "accept-and-record";

/** A host key that is on no record. */
export interface HostKeyQuestion {
  /** After ssh_config: the host that is connected to. */
  readonly host: string;
  /** The port that is connected to. */
  readonly port: number;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly keyType: string;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** Decides about a host key that is on no record; asked once for each connection, while its clock stands still. */
export interface ConfirmHostKey {
  /** `signal` is aborted when nobody waits for the answer any more. */
  (question: HostKeyQuestion, options: { readonly signal: AbortSignal }): Promise<HostKeyAnswer> | HostKeyAnswer;
  /** What two callbacks have in common that count as one. */
  readonly id?: string;
}

/** Options of SSH wires. `null` means explicitly none; what is absent is taken from a candidate, then from ssh_config, then from defaults. */
export interface SshOptions {
  /**
   * Who speaks SSH: `ssh2`, in this process, or `openssh`, a process of the system's `ssh` for each connection, with all that ssh_config can say, hardware keys
   * and GSSAPI. Default `ssh2`. With `openssh` nobody is asked anything, and what ssh cannot be told is refused: see docs/openssh-client.md.
   */
  readonly client?: "ssh2" | "openssh" | undefined;
  /** Path of an ssh_config file; `null` reads none. Default `~/.ssh/config`, then the system's. */
  readonly config?: string | null | undefined;
  /** A private key itself, in any OpenSSH or PEM form. */
  readonly privateKey?: string | Uint8Array | null | undefined;
  /** Path or paths of private key files, tried in order. */
  readonly identityFile?: string | readonly string[] | null | undefined;
  /** For encrypted private keys. */
  readonly passphrase?: string | null | undefined;
  /** Path of an agent's socket; `null` asks no agent. Default `SSH_AUTH_SOCK`. */
  readonly agent?: string | null | undefined;
  /** known_hosts files, the first being the one that `accept-and-record` writes to. */
  readonly knownHosts?: string | readonly string[] | null | undefined;
  /** The only host keys to accept, as `SHA256:…` fingerprints; known_hosts is not read then. */
  readonly hostKeyFingerprints?: string | readonly string[] | null | undefined;
  /** What to do with a host key that is on no record. Default `refuse`. A changed or revoked key is always refused. */
  readonly unknownHostKey?: HostKeyAnswer | ConfirmHostKey | undefined;
  /** The name to look up in known_hosts instead of the host's. */
  readonly hostKeyAlias?: string | null | undefined;
  /** Hosts to go through, first hop first: `sftp://user@jump/` or `user@jump:22`. */
  readonly proxyJump?: string | readonly string[] | null | undefined;
  /** Cipher names in order of preference. Default ssh2's. */
  readonly ciphers?: readonly string[] | null | undefined;
  /** How names are encoded on the server. Default `utf8`. */
  readonly encoding?: "utf8" | "latin1" | undefined;
}
