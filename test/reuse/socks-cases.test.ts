import { afterEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { everySite } from "./every-site.ts";
import { startSocksProxy } from "./matrix/socks-proxy.ts";
import type { CountingSite } from "./sites.ts";

/** What runs at the end of a test, the latest first. */
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const { "a memory store": _withoutNetwork, ...sites } = everySite;

describe.each(Object.entries(sites))("reuse through a SOCKS proxy, counted by %s", (_name, start) => {
  async function started(): Promise<CountingSite> {
    const site = await start();
    endings.push(() => site.close());
    return site;
  }

  it("R18: one proxy, two origins: what is for one of them reaches only it", async () => {
    const proxy = await startSocksProxy();
    endings.push(() => proxy.close());
    const origins = [await started(), await started()];
    const list: Transport[] = [];
    endings.push(() => Promise.all(list.map((transport) => transport.disconnect())));
    const through = ({ options, password }: CountingSite): TransportOptions => ({
      ...options,
      password,
      proxy: proxy.url,
    });
    const transports = origins.map((site) => getTransport(site.url(), list, through(site)));
    expect(await Promise.all(transports.map((transport) => transport.has("anything")))).toEqual([false, false]);
    expect(origins.map((site) => site.accepted())).toEqual([1, 1]);
    if (transports[0]?.capabilities.writable === true) {
      await Promise.all(transports.map((transport, n) => transport.put("whose", `of ${n}`, { atomic: false })));
      const contents = await Promise.all(transports.map((transport) => transport.getBytes("whose")));
      expect(contents.map(String)).toEqual(["of 0", "of 1"]);
    }
    for (const site of origins) await getTransport(site.url({ path: "/b/" }), list, through(site)).has("anything");
    expect(origins.map((site) => site.accepted())).toEqual([1, 1]);
    expect(list).toHaveLength(2);
    expect(transports[0]?.explainReuse(origins[1]?.url() ?? "", { ...through(origins[1] as CountingSite) }).reuse).toBe(
      false,
    );
  });
});
