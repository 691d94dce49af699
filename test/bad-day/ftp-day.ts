import { setTimeout } from "node:timers/promises";

import { afterEach, beforeEach, expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import type { ScriptedFtpOptions, ScriptedFtpServer } from "./scripted-ftp-server.ts";
import { startScriptedFtp } from "./scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "./scripted-ftp-session.ts";
import { Witness } from "./witness.ts";

/** Small limits: what ends by itself ends soon. */
const hurried: TransportOptions = { connectTimeoutMs: 1_500, silenceTimeoutMs: 700, drainTimeoutMs: 200 };

/** What is never to be seen again once it was handed in. */
export const password = "pass#word/of joe";
export const account = "acc0unt of joe";

/** One test's server, with a scope to use it from and a witness to what is said. */
export class FtpDay {
  readonly server: ScriptedFtpServer;
  readonly witness: Witness = new Witness([password, encodeURIComponent(password), account]);
  readonly scope: TransportScope = new TransportScope();

  constructor(server: ScriptedFtpServer) {
    this.server = server;
  }

  /** The root's URL. */
  url(scheme = "ftp"): string {
    const { host, port } = this.server;
    return `${scheme}://joe@${host.includes(":") ? `[${host}]` : host}:${port}/`;
  }

  transport(options: TransportOptions = {}, url: string = this.url()): Transport {
    return this.scope.getTransport(url, { logger: this.witness.logger, password, ...hurried, ...options });
  }

  /** Bytes that the client has read so far, of replies and of data. */
  get bytesRead(): number {
    return this.scope.report().connections.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
  }

  /**
   * Resolves once the client has read so many bytes in all, or has gone. To Node a reset that comes together with a byte is an ordinary end (libuv's
   * `uv__stream_io`).
   */
  async untilRead(bytes: number, session: ScriptedFtpSession): Promise<void> {
    while (this.bytesRead < bytes && session.open) await setTimeout(1);
  }

  /** Asserts that all is well once the server is polite again, at once or after an explicit connect(). */
  async works(transport: Transport): Promise<void> {
    this.server.behave();
    await transport.put("after", "the fault is gone");
    expect(String(this.server.files.get("/after"))).toBe("the fault is gone");
    expect(String(await transport.getBytes("after"))).toBe("the fault is gone");
  }

  /** Asserts that nothing is left behind, no command came before the last one was answered, and no secret was said. */
  async end(): Promise<void> {
    this.witness.hear(this.scope.report());
    await this.scope.close();
    this.witness.hear(this.scope.report());
    await expect.poll(() => this.server.open, { message: "control connections that remain" }).toBe(0);
    for (const session of this.server.sessions) session.drain();
    await expect.poll(() => this.server.dataOpen, { message: "data connections that remain" }).toBe(0);
    await this.server.close();
    expect(this.server.overlaps, "commands that did not wait for an answer").toBe(0);
    await this.witness.swear();
  }
}

/** A day for each test of a file; what it answers is that of the test that runs. */
export function ftpDays(options: () => ScriptedFtpOptions = () => ({})): () => FtpDay {
  let day: FtpDay;
  beforeEach(async () => {
    day = new FtpDay(await startScriptedFtp(options()));
  });
  afterEach(async () => {
    await day.end();
  });
  return () => day;
}
