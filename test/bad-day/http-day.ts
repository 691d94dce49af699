import { afterEach, beforeEach, expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { bytesOf } from "../../src/testing/conformance/content.ts";
import type { ScriptedHttpServer } from "./scripted-http-server.ts";
import { startScriptedHttp } from "./scripted-http-server.ts";
import type { ExpectedFailure } from "./witness.ts";
import { Witness } from "./witness.ts";

/** Small limits: what ends by itself ends soon. */
export const hurried: TransportOptions = {
  connectTimeoutMs: 10_000,
  silenceTimeoutMs: 700,
  leaseTimeoutMs: 10_000,
  drainTimeoutMs: 200,
};

/** For what must not end by its limit, however busy the machine is. */
export const patient: TransportOptions = { silenceTimeoutMs: 20_000 };

/** What is never to be seen again once it was handed in. */
export const password = "pass#word/of joe";
export const token = "t0ken-of-joe";

/** Each verb that reads, on a path, to its end. */
export const reading = {
  stat: (transport, path) => transport.stat(path),
  get: async (transport, path) => await bytesOf(await transport.get(path)),
  getBytes: (transport, path) => transport.getBytes(path),
  readv: (transport, path) => collect(transport.readv(path, [{ offset: 0, length: 7 }])),
  list: (transport, path) => collect(transport.list(path)),
} as const satisfies Record<string, (transport: Transport, path: string) => Promise<unknown>>;

export type Reading = keyof typeof reading;

/** One test's server, with a scope to use it from and a witness to what is said. */
export class HttpDay {
  readonly server: ScriptedHttpServer;
  readonly witness: Witness = new Witness([
    password,
    encodeURIComponent(password),
    Buffer.from(`joe:${password}`).toString("base64"),
    token,
  ]);
  readonly scope: TransportScope = new TransportScope();

  constructor(server: ScriptedHttpServer) {
    this.server = server;
  }

  transport(options: TransportOptions = {}, url: string = this.server.url): Transport {
    return this.scope.getTransport(url, { logger: this.witness.logger, ...hurried, ...options });
  }

  /** Asserts that each of some verbs fails as expected, and that the connection works once the server is polite again. */
  async fails(verbs: readonly Reading[], expected: Omit<ExpectedFailure, "operation">): Promise<void> {
    const transport = this.transport(expected.code === "timeout" ? {} : patient);
    for (const verb of verbs)
      await this.witness.failure(reading[verb](transport, "file"), { ...expected, operation: verb });
    await this.works(transport);
  }

  /** Asserts that all is well once the server is polite again. */
  async works(transport: Transport): Promise<void> {
    this.server.behave();
    expect(String(await transport.getBytes("after"))).toBe("content");
  }

  /** Asserts that nothing is left behind, and no secret was said. */
  async end(): Promise<void> {
    this.witness.hear(this.scope.report());
    await this.scope.close();
    this.witness.hear(this.scope.report());
    await expect.poll(() => this.server.open, { message: "connections that remain" }).toBe(0);
    await this.server.close();
    await this.witness.swear();
  }
}

/** A day for each test of a file; what it answers is that of the test that runs. */
export function httpDays(): () => HttpDay {
  let day: HttpDay;
  beforeEach(async () => {
    day = new HttpDay(await startScriptedHttp());
  });
  afterEach(async () => {
    await day.end();
  });
  return () => day;
}
