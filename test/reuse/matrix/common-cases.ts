import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Clock } from "../../../src/connection/clock.ts";
import { systemClock } from "../../../src/connection/clock.ts";
import type { AskCredentials, Lookup, TransportOptions } from "../../../src/index.ts";
import { localWireLimit } from "../../../src/index.ts";
import { silentLogger } from "../../../src/log/logger.ts";
import { toThisMachine } from "../sites.ts";
import type { OptionCase, OptionCases } from "./option-case.ts";
import { values, withId } from "./option-case.ts";
import { startSocksProxy } from "./socks-proxy.ts";

/** What the cases that every scheme has need on this machine. */
export interface Surroundings {
  readonly proxies: readonly [string, string];
  /** Two netrc files that say the same. */
  readonly netrcFiles: readonly [string, string];
  readonly folder: string;
  close(): Promise<void>;
}

/** Every site's user and password. */
export const user = "joe";
export const password = "secret";

export async function startSurroundings(): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-matrix-"));
  const proxies = [await startSocksProxy(), await startSocksProxy()] as const;
  const netrcFiles = [join(folder, "netrc"), join(folder, "netrc of another name")] as const;
  for (const file of netrcFiles) await writeFile(file, `default login ${user} password ${password}\n`, { mode: 0o600 });
  return {
    folder,
    netrcFiles,
    proxies: [proxies[0].url, proxies[1].url],
    close: async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await rm(folder, { recursive: true });
    },
  };
}

const numbers = (name: string, some: number, other: number): Record<string, OptionCase> => ({
  [name]: values({ [name]: some }, { [name]: other }),
});

const asking = (id: string): TransportOptions => ({
  credentials: { ask: withId<AskCredentials>(() => () => password, id) },
});
const resolving = (id: string): TransportOptions => ({
  lookup: withId<Lookup>(
    () =>
      (...query) =>
        toThisMachine(...query),
    id,
  ),
});

const logging = (): TransportOptions => ({ logger: { ...silentLogger, info: () => undefined } });

/** Where it is read, it is read for the password. */
const foundInNetrc: Partial<OptionCase> = {
  without: ["password"],
  unusual: {
    why: "the file is a policy, the password that was found in it is not",
    wires: { "unsaid, where nothing is taken, it shares": 2 },
  },
};

interface CommonFacts {
  /** The site's URL without a user. */
  readonly namelessUrl: string;
  /** Whether the scheme looks into netrc files. */
  readonly readsNetrc: boolean;
}

/** Cases of the common options, wherever both `joe` and `ann` are let in with the password. */
export function commonCases(surroundings: Surroundings, { namelessUrl, readsNetrc }: CommonFacts): OptionCases {
  const { proxies, netrcFiles } = surroundings;
  const [[proxy, otherProxy], [netrc, otherNetrc]] = [proxies, netrcFiles];
  return {
    user: {
      ...values({ user }, { user: "ann" }, { user: null }),
      url: namelessUrl,
      unusual: {
        why: "whoever names nobody is the scheme's own default, and never the candidate's user",
        // With the password and without it that is two.
        wires: { "absent, it is taken from the candidate": 3 },
      },
    },
    password: values({ password }, { password: "another password" }, { password: null }),
    "credentials.ask": {
      some: () => asking("one"),
      other: () => asking("other"),
      none: () => ({ credentials: { ask: null } }),
      without: ["password"],
    },
    "credentials.provenance": values(
      { credentials: { provenance: "inherit" } },
      { credentials: { provenance: "explicit" } },
    ),
    proxy: values({ proxy }, { proxy: otherProxy }, { proxy: null }),
    proxyOfEnvironment: {
      ...values({ proxyOfEnvironment: true } as TransportOptions, { proxy }),
      beside: { proxy },
    },
    netrc: {
      ...values({ netrc }, { netrc: otherNetrc }),
      ...(readsNetrc ? foundInNetrc : {}),
    },
    localAddress: values({ localAddress: "127.0.0.1" }, { localAddress: "127.0.0.2" }, { localAddress: null }),
    // Names are resolved by a callback that knows one address, whatever family is asked for.
    family: values({ family: 4 }, { family: 6 }, { family: null }),
    lookup: { some: () => resolving("one"), other: () => resolving("other"), none: () => ({ lookup: null }) },
    ...numbers("connectTimeoutMs", 20_000, 21_000),
    ...numbers("resolveTimeoutMs", 20_000, 21_000),
    ...numbers("tcpConnectTimeoutMs", 20_000, 21_000),
    ...numbers("proxyTimeoutMs", 20_000, 21_000),
    ...numbers("handshakeTimeoutMs", 20_000, 21_000),
    ...numbers("authenticateTimeoutMs", 20_000, 21_000),
    ...numbers("sessionSetupTimeoutMs", 20_000, 21_000),
    ...numbers("resolveTimeoutMs", 10_000, 11_000),
    ...numbers("tcpConnectTimeoutMs", 10_000, 11_000),
    ...numbers("proxyTimeoutMs", 10_000, 11_000),
    ...numbers("handshakeTimeoutMs", 10_000, 11_000),
    ...numbers("authenticateTimeoutMs", 10_000, 11_000),
    ...numbers("sessionSetupTimeoutMs", 10_000, 11_000),
    ...numbers("leaseTimeoutMs", 20_000, 21_000),
    ...numbers("silenceTimeoutMs", 20_000, 21_000),
    ...numbers("idleTimeoutMs", 20_000, 21_000),
    ...numbers("keepaliveIntervalMs", 20_000, 0),
    ...numbers("drainTimeoutMs", 1_000, 1_100),
    ...numbers("connections", 1, 2),
    wireLimit: {
      some: () => ({ wireLimit: localWireLimit({ limit: 8 }) }),
      other: () => ({ wireLimit: localWireLimit({ limit: 9 }) }),
    },
    pin: values({ pin: true }, { pin: false }),
    ...numbers("probeAfterMs", 20_000, 21_000),
    ...numbers("checkAfterIdleMs", 20_000, 21_000),
    ...numbers("deadlockAfterMs", 20_000, 21_000),
    ...numbers("unreadTimeoutMs", 20_000, 21_000),
    clock: { some: () => ({ clock: systemClock }), other: () => ({ clock: Object.create(systemClock) as Clock }) },
    logger: { some: logging, other: logging },
  };
}
