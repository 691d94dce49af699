import { describe, expect, it } from "vitest";

import { phaseLimits } from "../../src/connection/connect-limits.ts";
import type { ConnectPhase, Connector, OpenContext } from "../../src/connection/connector.ts";
import * as defaults from "../../src/connection/defaults.ts";
import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import { TransportError } from "../../src/errors/transport-error.ts";
import { ManualClock } from "./manual-clock.ts";

const phases = Object.keys(phaseLimits) as ConnectPhase[];

/** A connector that goes through a script while it opens a wire, and stays where the script ends. */
function connectorOf(script: (context: OpenContext) => Promise<void>): Connector<object> {
  return {
    label: "script://host",
    leasesPerWire: Infinity,
    async open(context) {
      await script(context);
      return {};
    },
    check: () => Promise.resolve(),
    close: () => Promise.resolve(),
    destroy: () => undefined,
    hold: () => undefined,
    traffic: () => ({ bytesSent: 0, bytesReceived: 0 }),
  };
}

const forever = (): Promise<never> => new Promise<never>(() => undefined);

interface Opening {
  readonly clock: ManualClock;
  readonly connection: SharedConnection<object>;
  /** What became of it: undefined as long as nothing has. */
  readonly outcome: () => TransportError | "open" | undefined;
}

function opening(script: (context: OpenContext) => Promise<void>, policy: PolicyOptions = {}): Opening {
  const clock = new ManualClock();
  const connection = new SharedConnection({
    key: { endpoint: "script", identity: new Map() },
    connector: connectorOf(script),
    policy: connectionPolicy({ ...policy, clock }),
  });
  let outcome: TransportError | "open" | undefined;
  connection.connect().then(
    () => (outcome = "open"),
    (error: unknown) => (outcome = error as TransportError),
  );
  return { clock, connection, outcome: () => outcome };
}

describe("each phase of a connect has a limit of its own", () => {
  it.each(phases)("%s: a black hole there is noticed before the limit for all of it", async (phase) => {
    const { [phase]: limit } = phaseLimits;
    const limitMs = connectionPolicy()[limit];
    expect(limitMs).toBeLessThan(defaults.connectTimeoutMs);
    const { clock, connection, outcome } = opening(({ enter }) => {
      enter(phase);
      return forever();
    });
    await clock.pass(limitMs - 1);
    expect(outcome()).toBeUndefined();
    await clock.pass(1);
    expect(outcome()).toMatchObject({ code: "timeout", temporary: true, operation: "connect", url: "script://host" });
    const { message, hint } = outcome() as TransportError;
    expect(message).toContain(`"${phase}"`);
    expect(message).toContain(`${limitMs} ms`);
    expect(hint).toContain(limit);
    expect(connection.state).toBe("idle");
    expect(clock.pending).toBe(0);
  });

  it("says what was heard in it where that is worth telling, and sends whoever reads it to the port", async () => {
    let heard: string | undefined;
    const { clock, outcome } = opening(({ enter }) => {
      enter("handshake", undefined, () => heard);
      return forever();
    });
    heard = "it says: 220 welcome";
    await clock.pass(defaults.handshakeTimeoutMs);
    expect(outcome()).toMatchObject({
      reason: expect.stringMatching(/ ms; it says: 220 welcome$/),
      hint: expect.stringMatching(/^Check the port and the scheme, or raise handshakeTimeoutMs/),
    });
  });

  it("each begins anew, and all of them together stay within the limit for all of it", async () => {
    const { clock, outcome } = opening(async ({ enter, clock: time }) => {
      for (const phase of ["resolve", "connect", "handshake", "authenticate"] as const) {
        enter(phase);
        await new Promise<void>((resolve) => time.timeout(9_000, resolve));
      }
    });
    await clock.pass(defaults.connectTimeoutMs - 1);
    expect(outcome()).toBeUndefined();
    await clock.pass(1);
    expect((outcome() as TransportError).message).toContain(`no connection within ${defaults.connectTimeoutMs} ms`);
    expect((outcome() as TransportError).message).toContain('"authenticate"');
    expect((outcome() as TransportError).hint).toContain("connectTimeoutMs");
  });

  it("several addresses of a host are not cut short: each has the limit", async () => {
    const { clock, outcome } = opening(async ({ enter, clock: time }) => {
      for (let address = 0; address < 3; address++) {
        enter("connect");
        await new Promise<void>((resolve) => time.timeout(8_000, resolve));
      }
    });
    await clock.pass(25_000);
    expect(outcome()).toBe("open");
  });

  it("stands still while a person is asked", async () => {
    const { clock, outcome } = opening(async ({ enter, pauseClock, clock: time }) => {
      enter("authenticate");
      await pauseClock(() => new Promise<void>((resolve) => time.timeout(3_600_000, resolve)));
      await new Promise<void>((resolve) => time.timeout(defaults.authenticateTimeoutMs - 1, resolve));
    });
    await clock.pass(3_600_000 + defaults.authenticateTimeoutMs);
    expect(outcome()).toBe("open");
  });

  it("does not run while a refused connect waits for its next try", async () => {
    let tries = 0;
    const { clock, outcome } = opening(
      ({ enter }) => {
        enter("connect");
        if (++tries < 2) throw new TransportError("too-many-connections", "full", { temporary: true });
        return Promise.resolve();
      },
      { tcpConnectTimeoutMs: 50, backOffBaseMs: 5_000 },
    );
    await clock.pass(29_000);
    expect(outcome()).toBe("open");
    expect(tries).toBe(2);
  });

  it("does not count what is done on a new wire before anybody gets it", async () => {
    const { clock, connection, outcome } = opening(({ enter }) => {
      enter("session");
      return Promise.resolve();
    });
    connection.onNextWire(() => forever());
    await clock.pass(defaults.sessionSetupTimeoutMs + 1);
    expect(outcome()).toBeUndefined();
    await clock.pass(defaults.connectTimeoutMs);
    expect((outcome() as TransportError).hint).toContain("connectTimeoutMs");
  });
});

describe("whoever says how long a connect may take", () => {
  it("has said it of each phase, too: a slow one is not cut at the default", async () => {
    const { clock, outcome } = opening(
      ({ enter }) => {
        enter("handshake");
        return forever();
      },
      { connectTimeoutMs: 120_000 },
    );
    await clock.pass(119_999);
    expect(outcome()).toBeUndefined();
    await clock.pass(1);
    expect((outcome() as TransportError).hint).toContain("connectTimeoutMs");
  });

  it("says it in a configuration file just so", () => {
    const configured = connectionPolicy({}, { connectTimeoutMs: 120_000 });
    for (const limit of Object.values(phaseLimits)) expect(configured[limit]).toBe(120_000);
  });

  it("may say something else of a phase", () => {
    const policy = connectionPolicy({ connectTimeoutMs: 120_000, handshakeTimeoutMs: 5_000 });
    expect(policy).toMatchObject({ handshakeTimeoutMs: 5_000, authenticateTimeoutMs: 120_000 });
  });

  it.each(Object.values(phaseLimits))("says it as a number: %s", (limit) => {
    expect(() => connectionPolicy({ [limit]: Number.NaN })).toThrow(
      expect.objectContaining({ code: "range-not-satisfiable", message: expect.stringContaining(limit) as string }),
    );
  });
});
