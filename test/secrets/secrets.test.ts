import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";

import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, isTransportError } from "../../src/index.ts";
import type { Tap } from "../../src/testing.ts";
import { startTap } from "../../src/testing.ts";
import { Witness } from "../bad-day/witness.ts";
import { garbage } from "../faults/garbage.ts";
import type { Bearer } from "./bearer.ts";
import { allForms, right, wrong } from "./bearer.ts";
import { ftpBearers } from "./ftp-bearers.ts";
import { sshBearers } from "./ssh-bearers.ts";
import { webBearers } from "./web-bearers.ts";

const bearers = { ...sshBearers, ...ftpBearers, ...webBearers };

/** For what ends by its limit, whatever the limit is. */
const hurried: TransportOptions = { connectTimeoutMs: 300, silenceTimeoutMs: 200, drainTimeoutMs: 50 };

/** A server that wants a secret, behind a tap, and what one does there that fails. */
class Place {
  readonly bearer: Bearer;
  readonly tap: Tap;
  readonly scope: TransportScope = new TransportScope();
  readonly witness: Witness;
  #spoilt = false;

  private constructor(bearer: Bearer, rewriting: (pass: (chunk: Buffer) => Buffer) => void, tap: Tap) {
    this.bearer = bearer;
    this.tap = tap;
    this.witness = new Witness([...allForms, ...(bearer.secrets ?? [])]);
    rewriting((chunk) => (this.#spoilt ? garbage(chunk.length, "garbage") : chunk));
  }

  static async open(start: () => Promise<Bearer>): Promise<Place> {
    const bearer = await start();
    let pass = (chunk: Buffer): Buffer => chunk;
    const rewrite = (chunk: Buffer, direction: "up" | "down"): Buffer => (direction === "down" ? pass(chunk) : chunk);
    const tap = await startTap({ port: bearer.port }, { rewrite });
    return new Place(bearer, (passing) => (pass = passing), tap);
  }

  /** From now on what the server says is random. */
  spoil(): void {
    this.#spoilt = true;
  }

  transport(secret = right, more: TransportOptions = {}, port = this.tap.port): Transport {
    const { bearer, scope, witness } = this;
    const given = bearer.options(secret, port);
    const ssh = { ...given.ssh, ...more.ssh };
    const tls = { ...(given.tls as object), ...(more.tls as object) };
    // A real logger at its lowest level, whose lines are what a user would find in a file.
    const logger = pino({ level: "trace" }, { write: (line: string) => witness.hear(line) });
    const transport = scope.getTransport(bearer.url(port, secret), {
      ...{ ...given, ...more, logger },
      ...(Object.keys(ssh).length > 0 ? { ssh } : {}),
      ...(Object.keys(tls).length > 0 ? { tls } : {}),
    });
    this.look(transport, secret);
    return transport;
  }

  /** Whatever can be seen of a transport without a network. */
  look(transport: Transport, secret: string): void {
    const { witness, scope, bearer, tap } = this;
    for (const shown of [
      transport,
      transport.base,
      transport.capabilities,
      transport.clone("a"),
      scope,
      scope.report(),
    ])
      witness.hear(shown);
    for (const other of [right, wrong, secret])
      witness.hear(transport.explainReuse(bearer.url(tap.port, other), bearer.options(other, tap.port)));
  }

  async close(): Promise<void> {
    this.witness.hear(this.scope.report());
    await this.scope.close();
    await this.tap.close();
    await this.bearer.close();
  }
}

/** Each way to fail, as it comes to what is asked. */
const failures: Readonly<Record<string, (place: Place) => Promise<unknown>>> = {
  "what is asked for is not there": (place) => place.transport().getBytes("missing"),
  "another secret": (place) => place.transport(wrong).getBytes("file"),
  "a server that is not there": async (place) => {
    const port = await shutPort();
    return await place.transport(right, {}, port).getBytes("file");
  },
  "a reset on arrival": (place) => {
    place.tap.refuse();
    return place.transport().getBytes("file");
  },
  "silence on arrival": (place) => {
    place.tap.stall();
    return place.transport(right, hurried).getBytes("file");
  },
  "garbage on arrival": (place) => {
    place.spoil();
    return place.transport(right, hurried).getBytes("file");
  },
  "garbage in the middle": async (place) => {
    const transport = place.transport(right, { silenceTimeoutMs: 200 });
    await transport.connect();
    place.spoil();
    return await transport.getBytes("missing");
  },
  "silence in the middle": async (place) => {
    const transport = place.transport(right, { silenceTimeoutMs: 200 });
    await transport.connect();
    place.tap.stall();
    return await transport.getBytes("file");
  },
  "a reset, and nobody there any more": async (place) => {
    const transport = place.transport();
    await transport.connect();
    place.tap.stall();
    const bytes = transport.getBytes("file");
    place.tap.refuse();
    place.tap.sever();
    return await bytes;
  },
  "an abort": (place) => {
    place.tap.stall();
    return place.transport().getBytes("file", { signal: AbortSignal.timeout(200) });
  },
  "an end of the scope": async (place) => {
    place.tap.stall();
    const bytes = place.transport(right, { drainTimeoutMs: 50 }).getBytes("file");
    // Whoever looks at it later must not make it an unhandled one.
    bytes.catch(() => undefined);
    await place.scope.close();
    return await bytes;
  },
  "an option that makes no sense": async (place) => {
    await Promise.resolve();
    return place.transport(right, { silenceTimeoutMs: Number.NaN });
  },
  "a user that means something to a shell": async (place) => {
    await Promise.resolve();
    return place.transport(right, { user: "$(id)" });
  },
};

async function shutPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe.each(Object.entries(bearers))("%s is seen nowhere:", (_name, start) => {
  let place: Place;
  beforeEach(async () => {
    place = await Place.open(start);
  });
  afterEach(async () => {
    await place.close();
    await place.witness.swear();
  });

  it("not when it lets one in, which it does", async () => {
    const transport = place.transport();
    expect(String(await transport.getBytes("file"))).toBe("content");
    place.look(transport, right);
  });

  it.each(Object.entries(failures))("not after %s", async (_failure, fail) => {
    const error: unknown = await fail(place).then(
      (value) => expect.unreachable(`it resolved with ${inspect(value)}`),
      (reason: unknown) => reason,
    );
    place.witness.hear(error);
    expect(isTransportError(error), inspect(error)).toBe(true);
  });

  it("not when the server is not who one thinks it is", async (): Promise<void> => {
    const { untrusted } = place.bearer;
    // Who has no identity cannot be mistaken for somebody else, and what it is sent everybody may read.
    if (untrusted === undefined) return expect(place.bearer.url(1, right)).toMatch(/^(ftp|http|dav|s3):/);
    const error: unknown = await place
      .transport(right, untrusted)
      .getBytes("file")
      .catch((reason: unknown) => reason);
    place.witness.hear(error);
    expect(isTransportError(error, "host-key-unknown", "tls-failed"), inspect(error)).toBe(true);
  });
});
