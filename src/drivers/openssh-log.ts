import type { ConnectPhase } from "../connection/connector.ts";
import type { ShownHostKey } from "./openssh-errors.ts";

/** Lines that are kept for an error, each cut at so many characters. */
const maxLines = 40;
const maxLineLength = 1024;

/** What ssh says when a phase of a connect begins; these words are the same in every release of the last ten years. */
const phases: readonly (readonly [begins: RegExp, phase: ConnectPhase])[] = [
  [/^debug1: Connecting to /, "connect"],
  [/^debug1: Executing proxy command/, "proxy"],
  [/^debug1: Connection established/, "handshake"],
  [/^debug1: Remote protocol version /, "handshake"],
  [/^debug1: SSH2_MSG_SERVICE_ACCEPT received/, "authenticate"],
  [/^Authenticated to |^debug1: Authentication succeeded/, "session"],
];

const identification = /^debug1: Remote protocol version [\d.]+, remote software version (\S.*)$/;
const shownHostKey = /^debug1: Server host key: (\S+) (SHA256:\S+)/;

/**
 * What a process of OpenSSH's client says on stderr: how far it has come, and its last words. Whatever its length, little of it is kept. Once it has logged
 * in the server may write there as well, so that nothing but words is taken from it then.
 */
export class OpenSshLog {
  /** The server's identification: `SSH-2.0-OpenSSH_9.2p1 Debian-2`; undefined before it came. */
  ident: string | undefined;
  /** What the server showed; undefined before it did. */
  hostKey: ShownHostKey | undefined;
  phase: ConnectPhase = "resolve";
  readonly #enter: (phase: ConnectPhase) => void;
  readonly #lines: string[] = [];
  #rest = "";

  constructor(enter: (phase: ConnectPhase) => void) {
    this.#enter = enter;
  }

  /** Its words to people, without what it says of its progress. */
  get said(): readonly string[] {
    return this.#lines;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, maxLineLength);
    for (const line of lines) this.#take(line.slice(0, maxLineLength).trimEnd());
  }

  #take(line: string): void {
    if (this.phase !== "session") this.#follow(line);
    if (line === "" || line.startsWith("debug1: ") || line.startsWith("Authenticated to ")) return;
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
  }

  #follow(line: string): void {
    const [, software] = identification.exec(line) ?? [];
    if (software !== undefined) this.ident = `SSH-2.0-${software}`;
    const [, keyType, fingerprint] = shownHostKey.exec(line) ?? [];
    if (keyType !== undefined && fingerprint !== undefined) this.hostKey = { keyType, fingerprint };
    const begun = phases.find(([begins]) => begins.test(line));
    if (begun === undefined) return;
    this.phase = begun[1];
    this.#enter(this.phase);
  }
}
