import { afterEach, beforeEach, expect } from "vitest";

import type { ErrorCode, Transport, TransportError, TransportOptions } from "../../src/index.ts";
import { TransportScope, isTempName, isTransportError } from "../../src/index.ts";
import type { HttpServerRequest, WebdavReaction, WebdavServer, WebdavServerOptions } from "../../src/testing.ts";
import { startWebdavServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { hurried, password, token } from "./http-day.ts";
import { Witness } from "./witness.ts";

/** What becomes of the next requests. */
export type Fate = (request: HttpServerRequest) => WebdavReaction | Promise<WebdavReaction>;

/** A machine that has much else to do is no silent server. */
const unhurried: TransportOptions = { ...hurried, silenceTimeoutMs: 5_000, leaseTimeoutMs: 10_000 };

/** With which a silent server is soon given up. */
export const impatient: TransportOptions = { silenceTimeoutMs: 1_000 };

/** One test's server, with a scope to use it from and a witness to what is said. */
export class WebdavDay {
  readonly server: WebdavServer;
  readonly witness: Witness = new Witness(secretsOf(password, token));
  readonly scope: TransportScope = new TransportScope();
  readonly #fate: { decide: Fate };
  readonly #options: TransportOptions;

  constructor(server: WebdavServer, fate: { decide: Fate }, options: TransportOptions) {
    this.#options = options;
    this.server = server;
    this.#fate = fate;
    for (const [path, content] of Object.entries(files)) seedTree(server.tree, path, content);
    server.tree.mkdir("/empty");
  }

  /** Decides what becomes of each request from now on. */
  on(fate: Fate): void {
    this.#fate.decide = fate;
  }

  /** Answers what a method asks from now on in one way; all else as ever. */
  answer(method: string, reaction: WebdavReaction): void {
    this.on((request) => (request.method === method ? reaction : "answer"));
  }

  /** The server is polite again. */
  behave(): void {
    this.on(() => "answer");
  }

  /** The root's URL. */
  get url(): string {
    return this.server.url.replace(/^http/, "dav");
  }

  transport(options: TransportOptions = {}, url: string = this.url): Transport {
    return this.scope.getTransport(url, { logger: this.witness.logger, ...unhurried, ...this.#options, ...options });
  }

  content(path: string): string {
    const file = this.server.tree.open(path, { read: true });
    const bytes = file.read(0, file.stat().sizeBytes);
    file.close();
    return String(bytes);
  }

  /** Every file with what it holds, and every directory with nothing; temporaries are told apart. */
  everything(directory = ""): Record<string, string> {
    const entries = this.server.tree.readdir(directory === "" ? "/" : directory);
    return Object.assign(
      {},
      ...entries.map(({ name, stat }) => {
        const path = `${directory}/${name}`;
        return stat.type === "directory"
          ? { [`${path}/`]: "", ...this.everything(path) }
          : { [path]: this.content(path) };
      }),
    ) as Record<string, string>;
  }

  /** Temporaries that were left behind. */
  temporaries(): string[] {
    return Object.keys(this.everything()).filter((path) => isTempName(path.slice(path.lastIndexOf("/") + 1)));
  }

  /** Asserts that work fails with one of some codes, and shows no secret. Its effect is the caller's to look at. */
  async failure(work: Promise<unknown>, codes: readonly ErrorCode[], operation: string): Promise<TransportError> {
    const error = await work.then(
      (value) => expect.unreachable(`it resolved with ${String(value)}`),
      (reason: unknown) => reason,
    );
    if (!isTransportError(error)) throw error;
    expect(codes, error.message).toContain(error.code);
    const { code, effect } = error;
    return this.witness.testifyTo(error, { code, effect, operation, says: /\w/ });
  }

  /** Asserts that all is well once the server is polite again, and that nothing is left of what was begun. */
  async works(transport: Transport): Promise<void> {
    this.behave();
    await transport.put("after", "the fault is gone");
    expect(this.content("/after")).toBe("the fault is gone");
    expect(String(await transport.getBytes("after"))).toBe("the fault is gone");
    await expect.poll(() => this.temporaries()).toEqual([]);
  }

  /** Asserts that nothing is left behind, and no secret was said. */
  async end(): Promise<void> {
    this.witness.hear(this.scope.report());
    await this.scope.close();
    this.witness.hear(this.scope.report());
    await expect.poll(() => this.server.open, { message: "connections that remain" }).toBe(0);
    expect(this.server.tree.openFiles).toBe(0);
    await this.server.close();
    await this.witness.swear();
  }
}

/** What is there at the beginning of each day. */
export const files: Readonly<Record<string, string>> = {
  "/file": "the old content",
  "/other": "another content",
  "/dir/member": "of the directory",
};

/** A secret in every form in which it may travel or be shown. */
export function secretsOf(...secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(`joe:${secret}`).toString("base64"),
  ]);
}

/** A day for each test of a file; what it answers is that of the test that runs. */
export function webdavDays(
  options: () => WebdavServerOptions = () => ({}),
  client: TransportOptions = {},
): () => WebdavDay {
  let day: WebdavDay;
  beforeEach(async () => {
    day = await webdavDay(options(), client);
  });
  afterEach(async () => {
    await day.end();
  });
  return () => day;
}

/** A day of its own; to be ended by who began it. */
export async function webdavDay(options: WebdavServerOptions = {}, client: TransportOptions = {}): Promise<WebdavDay> {
  const fate: { decide: Fate } = { decide: () => "answer" };
  const server = await startWebdavServer({ onRequest: (request) => fate.decide(request), ...options });
  return new WebdavDay(server, fate, client);
}
