import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import type { Clock } from "../connection/clock.ts";
import type { ConnectPhase, WireTraffic } from "../connection/connector.ts";
import { deferred } from "../connection/deferred.ts";
import { within } from "../connection/within.ts";
import type { TransportError } from "../errors/transport-error.ts";
import { lostProcessError, openSshError, startError } from "./openssh-errors.ts";
import { OpenSshLog } from "./openssh-log.ts";
import { ProcessStream } from "./openssh-stream.ts";

/** How long a process may take to end by itself once its input has, in milliseconds; then it is told to. */
const terminateAfterMs = 1_000;

/** How long its last words are waited for, in milliseconds: something that it started may have its stderr open for good. */
const lastWordsMs = 200;

export interface OpenSshContext {
  /** Where it leads, for errors. */
  readonly host: string;
  readonly clock: Clock;
  readonly enter: (phase: ConnectPhase) => void;
  /** Told once, when the process ends by itself or cannot be started. */
  readonly ended: (reason: TransportError) => void;
}

/** A process of OpenSSH's client whose stdin and stdout are the server's SFTP subsystem. */
export class OpenSshProcess {
  /** Settles once the server has said who it is. */
  readonly identified: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #context: OpenSshContext;
  readonly #log: OpenSshLog;
  readonly #stream: ProcessStream;
  readonly #identified = deferred<void>();
  readonly #gone = deferred<void>();
  #dead: TransportError | undefined;

  /** Takes over a process that was just started, in a process group of its own where there are any. */
  constructor(child: ChildProcessWithoutNullStreams, context: OpenSshContext) {
    this.#child = child;
    this.#context = context;
    this.#log = new OpenSshLog(context.enter);
    this.identified = this.#identified.promise;
    // Whoever gives it up before that does not wait for it.
    this.identified.catch(() => undefined);
    const { stdin, stdout, stderr } = child;
    this.#stream = new ProcessStream(stdin as unknown as Socket, stdout as unknown as Socket);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log.push(text);
      if (this.#log.ident !== undefined) this.#identified.resolve();
    });
    // The end of the process says why.
    for (const pipe of [stdin, stdout, stderr]) pipe.on("error", () => undefined);
    stdout.once("end", () => context.clock.timeout(terminateAfterMs, () => this.#kill("SIGKILL")));
    child.once("error", (error) => this.#die(startError(error)));
    child.once("exit", (status, signal) => void this.#exited(status, signal));
  }

  /** The server's identification, `SSH-2.0-OpenSSH_9.2p1 Debian-2`; empty before it came. */
  get ident(): string {
    return this.#log.ident ?? "";
  }

  /** The one channel that the process has: it is the subsystem that it was started for. */
  openSubsystem(): Promise<Duplex> {
    return this.#dead === undefined ? Promise.resolve(this.#stream) : Promise.reject(this.#dead);
  }

  /** While held it keeps this process alive. */
  hold(held: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const one of [this.#child, stdin, stdout, stderr] as (Socket | ChildProcessWithoutNullStreams)[]) {
      if (held) one.ref();
      else one.unref();
    }
  }

  traffic(): WireTraffic {
    const { stdin, stdout } = this.#child as unknown as Record<"stdin" | "stdout", Socket>;
    return { bytesSent: stdin.bytesWritten, bytesReceived: stdout.bytesRead };
  }

  /** Ends its input, upon which it says goodbye to the server and ends; where it does not, it is told to. Resolves once it has ended. */
  async end(): Promise<void> {
    this.#stream.end();
    const limit = this.#context.clock.timeout(terminateAfterMs, () => this.#kill("SIGTERM"));
    await this.#gone.promise;
    limit.cancel();
  }

  /** Ends it at once; whatever waits for it rejects with `reason`. */
  destroy(reason: TransportError): void {
    if (this.#dead === undefined) this.#settle(reason);
    this.#kill("SIGKILL");
    this.#release();
  }

  async #exited(status: number | null, signal: string | null): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#child.once("close", () => resolve()));
    await within(this.#context.clock, lastWordsMs, closed, undefined);
    const { ident, hostKey, phase, said } = this.#log;
    const end = { host: this.#context.host, status, signal, ident, hostKey, phase, said };
    const served = (this.#child.stdout as unknown as Socket).bytesRead > 0;
    this.#die(served ? lostProcessError(end) : openSshError(end));
  }

  #die(reason: TransportError): void {
    this.#gone.resolve();
    if (this.#dead !== undefined) return;
    this.#settle(reason);
    this.#context.ended(reason);
    this.#release();
  }

  #settle(reason: TransportError): void {
    this.#dead = reason;
    this.#identified.reject(reason);
  }

  /** Whoever else has its pipes, having been started by it, no longer keeps this process alive. */
  #release(): void {
    this.#stream.destroy();
    this.#child.stderr.destroy();
  }

  /** What it started, as a ProxyCommand, ends with it. */
  #kill(signal: "SIGTERM" | "SIGKILL"): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      this.#child.kill(signal); // It has no group of its own here.
    }
  }
}
