import { afterEach, beforeEach, expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import type { S3OperationName, S3Reaction, S3Server, S3ServerRequest } from "../../src/testing.ts";
import { startS3Server } from "../../src/testing.ts";
import { Witness } from "./witness.ts";

/** Small limits: what ends by itself ends soon. */
const hurried: TransportOptions = { connectTimeoutMs: 1_500, silenceTimeoutMs: 700, drainTimeoutMs: 200 };

const accessKeyId = "ASIASAMEWIRETEST";
const secretAccessKey = "secret#key/of+joe";
const sessionToken = "session#token/of+joe==";

/** The only bucket. */
export const bucket = "bucket";

/** What happens instead of an answer. */
export type S3Script = S3Reaction | ((request: S3ServerRequest) => S3Reaction | Promise<S3Reaction>);

/** One test's server, with a scope to use it from and a witness to what is said. */
export class S3Day {
  readonly server: S3Server;
  readonly witness: Witness = new Witness([secretAccessKey, encodeURIComponent(secretAccessKey), sessionToken]);
  readonly scope: TransportScope = new TransportScope();
  readonly #scripts: Map<S3OperationName | "anything", S3Script>;
  #stalled = false;

  private constructor(server: S3Server, scripts: Map<S3OperationName | "anything", S3Script>) {
    this.server = server;
    this.#scripts = scripts;
  }

  static async start(): Promise<S3Day> {
    const scripts = new Map<S3OperationName | "anything", S3Script>();
    const server = await startS3Server({
      users: { [accessKeyId]: { secretAccessKey, sessionToken } },
      onRequest: async (request) => {
        const script = scripts.get(request.operation ?? "anything") ?? scripts.get("anything");
        return typeof script === "function" ? await script(request) : (script ?? "answer");
      },
    });
    return new S3Day(server, scripts);
  }

  /** The server leaves bodies unread from now on. */
  stall(): void {
    this.#stalled = true;
  }

  /** From now on an operation comes to something else; `undefined`: no longer. */
  on(operation: S3OperationName | "anything", script: S3Script | undefined): void {
    if (script === undefined) this.#scripts.delete(operation);
    else this.#scripts.set(operation, script);
  }

  /** How often an operation was asked for, and what for. */
  asked(method: string, about: RegExp): number {
    return this.server.requests.filter((request) => request.method === method && about.test(request.target)).length;
  }

  transport(options: TransportOptions = {}): Transport {
    const { endpoint, region } = this.server;
    const s3 = { endpoint, region, accessKeyId, secretAccessKey, sessionToken };
    const { logger } = this.witness;
    return this.scope.getTransport(`s3://${bucket}/`, { logger, ...hurried, ...options, s3: { ...s3, ...options.s3 } });
  }

  /** Asserts that all is well once the server is as it should be. */
  async works(transport: Transport): Promise<void> {
    this.#scripts.clear();
    await transport.put("after", "the fault is gone");
    expect(String(await this.server.read(bucket, "after"))).toBe("the fault is gone");
    expect(String(await transport.getBytes("after"))).toBe("the fault is gone");
  }

  /** Asserts that nothing is left behind, and that no secret was said: no key, no token, no signature that was made with them. */
  async end(): Promise<void> {
    this.witness.hear(this.scope.report());
    await this.scope.close();
    this.witness.hear(this.scope.report());
    // A server that reads no further does not learn that the client has gone.
    if (this.#stalled) this.server.sever();
    await expect.poll(() => this.server.open, { message: "connections that remain" }).toBe(0);
    this.witness.keepSecret(...this.server.requests.flatMap(signatureOf));
    const left = this.server.uploads(bucket);
    await this.server.close();
    await this.witness.swear();
    expect(left, "uploads that remain").toEqual([]);
  }
}

function signatureOf({ headers }: S3ServerRequest | S3Server["requests"][number]): readonly string[] {
  const signature = /Signature=([0-9a-f]{64})/.exec(String(headers["authorization"]))?.[1];
  return signature === undefined ? [] : [signature];
}

/** The answer of a server that refuses, in S3's words. */
export function refusal(status: number, code: string, more = "", headers: Record<string, string> = {}): S3Reaction {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It is so.</Message>${more}</Error>`;
  return { status, headers: { "content-type": "application/xml", ...headers }, body };
}

/** The names in a directory. */
export async function names(transport: Transport, path = ""): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of transport.list(path)) found.push(name);
  return found;
}

/** A day for each test of a file; what it answers is that of the test that runs. */
export function s3Days(): () => S3Day {
  let day: S3Day;
  beforeEach(async () => {
    day = await S3Day.start();
  });
  afterEach(async () => {
    await day.end();
  });
  return () => day;
}
