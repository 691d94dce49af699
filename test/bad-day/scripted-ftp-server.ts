import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { SecureVersion } from "node:tls";

import { FtpTls } from "../../src/testing/servers/ftp-tls.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { politeScripts } from "./polite-ftp-scripts.ts";
import { ScriptedFtpSession } from "./scripted-ftp-session.ts";

/** How a command is answered: with a reply (`\n` between its lines), or with whatever is done to the session. `greeting` is the moment of connecting. */
export type Script = string | ((session: ScriptedFtpSession, argument: string) => unknown);

export interface ScriptedFtpOptions {
  readonly host?: string;
  /** With what it answers AUTH, or, if `implicit`, speaks from the first byte. Without it there is no TLS. */
  readonly identity?: TlsIdentity;
  readonly implicit?: boolean;
  /** PEM of the authority that clients' certificates have to be from. Default: none are asked for. */
  readonly clientCa?: string;
  readonly maxTlsVersion?: SecureVersion;
}

/** An FTP server of which a test decides every byte. What no test speaks of it answers as a polite server does. */
export class ScriptedFtpServer implements AsyncDisposable {
  readonly port: number;
  readonly host: string;
  /** What it holds, by absolute path. A file that is being written grows here. */
  readonly files: Map<string, Buffer> = new Map();
  /** What FEAT says. Without `MLST` it is an old server, asked with LIST, STAT, SIZE and MDTM, to all of which only scripts answer. */
  features: string[] = ["EPSV", "MDTM", "MFMT", "MLST type*;size*;modify*;", "REST STREAM", "SIZE", "UTF8"];
  /** Every command line that came, its bytes one to a character. */
  readonly received: string[] = [];
  /** Control connections so far. */
  accepted = 0;
  /** Data connections so far. */
  dataAccepted = 0;
  /** Data connections that resumed a TLS session. */
  dataResumed = 0;
  /** Commands that came before the one before them was answered, where that is not done on purpose. */
  overlaps = 0;
  readonly #options: ScriptedFtpOptions;
  readonly #listener: Server;
  readonly #sessions = new Set<ScriptedFtpSession>();
  readonly #scripts = new Map<string, { readonly script: Script; left: number }>();

  constructor(listener: Server, options: ScriptedFtpOptions) {
    this.#listener = listener;
    this.#options = options;
    ({ port: this.port, address: this.host } = listener.address() as AddressInfo);
    listener.on("connection", (socket) => this.#accept(socket));
  }

  /** Control connections open now. */
  get open(): number {
    return this.#sum(({ open }) => (open ? 1 : 0));
  }

  /** Data connections open now. */
  get dataOpen(): number {
    return this.#sum(({ dataOpen }) => dataOpen);
  }

  get sessions(): readonly ScriptedFtpSession[] {
    return [...this.#sessions];
  }

  /** How often a command came. */
  count(verb: string): number {
    return this.received.filter((line) => line === verb || line.startsWith(`${verb} `)).length;
  }

  /** Answers a command in another way, the next `times` times that it comes. */
  on(verb: string, script: Script, times = Infinity): this {
    this.#scripts.set(verb, { script, left: times });
    return this;
  }

  /** Is polite again, to whatever comes from now on. */
  behave(): void {
    this.#scripts.clear();
  }

  /** The script for a command, which is used up by this. */
  scriptFor(verb: string): Script {
    const scripted = this.#scripts.get(verb);
    if (scripted !== undefined && scripted.left-- > 0) return scripted.script;
    return politeScripts[verb] ?? "500 What?";
  }

  async close(): Promise<void> {
    if (!this.#listener.listening) return;
    this.#listener.close();
    for (const session of this.#sessions) session.destroy();
    await once(this.#listener, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    this.accepted++;
    const { identity, implicit = false, clientCa, maxTlsVersion: maxVersion } = this.#options;
    const tls = identity && new FtpTls({ identity, clientCa, maxVersion });
    const session = new ScriptedFtpSession(this, socket, tls);
    this.#sessions.add(session);
    void session.serve(implicit);
  }

  #sum(of: (session: ScriptedFtpSession) => number): number {
    return this.sessions.reduce((sum, session) => sum + of(session), 0);
  }
}

export async function startScriptedFtp(options: ScriptedFtpOptions = {}): Promise<ScriptedFtpServer> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, options.host ?? "127.0.0.1");
  await once(listener, "listening");
  return new ScriptedFtpServer(listener, options);
}

/** Answers nothing, and never will. */
export function silence({ closed }: ScriptedFtpSession): Promise<void> {
  return closed;
}

/** Breaks the control connection and all that belongs to it, as a crash does. */
export function reset(session: ScriptedFtpSession): Promise<void> {
  session.reset();
  return session.closed;
}

/** Closes the control connection in good order, without a word. */
export function hangUp(session: ScriptedFtpSession): Promise<void> {
  session.end();
  return session.closed;
}

/** Answers with bytes as they are, one at a time, each in a packet of its own. */
export function drip(bytes: string): Script {
  return async (session) => {
    for (const byte of bytes) {
      await session.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

/** Says the same again and again, until nobody listens. */
export function forEver(piece: string): Script {
  return (session) => endless(piece, session);
}

export async function endless(piece: string, session: ScriptedFtpSession): Promise<void> {
  const bytes = piece.repeat(Math.ceil(65_536 / piece.length));
  while (session.open) await session.write(bytes);
}
