import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import { everySite } from "./every-site.ts";
import type { CountingSite } from "./sites.ts";

for (const [name, start] of Object.entries(everySite)) {
  describe(`reuse, counted by ${name}`, () => {
    let site: CountingSite;
    let list: Transport[];
    const used: Transport[] = [];

    beforeEach(async () => {
      site = await start();
      list = [];
    });
    afterEach(async () => {
      await Promise.all([...list, ...used.splice(0)].map((transport) => transport.disconnect()));
      await site.close();
    });

    const secret = (): TransportOptions => ({ ...site.options, password: site.password });
    /** Gets a transport and uses it, so that the server sees a connection if one is needed. */
    async function use(
      url: string,
      options?: TransportOptions,
      possibleTransports: Transport[] = list,
    ): Promise<Transport> {
      const transport = getTransport(url, possibleTransports, options);
      used.push(transport);
      await transport.has("anything");
      return transport;
    }
    /** The same where the server must refuse the login: it still counts as a connection. */
    async function refused(url: string, options?: TransportOptions): Promise<void> {
      const transport = getTransport(url, list, options);
      used.push(transport);
      await transport.has("anything").catch(() => undefined);
    }
    /** Cuts what is open, and waits until the client knows. */
    async function severed(transport: Transport): Promise<void> {
      await site.sever();
      await expect.poll(() => transport.connectionReport()?.wiresOpen).toBe(0);
    }

    it("R1: another password needs a wire of its own", async () => {
      await use(site.url(), secret());
      await refused(site.url({ path: "/x/", password: "other" }), site.options);
      expect(site.accepted()).toBe(2);
    });

    // The service behind s3: asks nobody.
    if (!name.includes("S3"))
      it("R1: explicitly no password does not travel on a wire that one was asked for", async () => {
        const asked = { ...site.options, credentials: () => site.password };
        await use(site.url(), asked);
        await use(site.url({ path: "/b/" }));
        expect(site.accepted()).toBe(1);
        await refused(site.url({ path: "/c/" }), { ...asked, password: null });
        expect(site.accepted()).toBe(2);
        expect(list).toHaveLength(2);
      });

    it("R2: no password, same list: the wire that is there", async () => {
      await use(site.url({ path: "/a/" }), secret());
      const second = await use(site.url({ path: "/b/" }));
      expect(site.accepted()).toBe(1);
      expect(second.base).toBe(site.url({ path: "/b/", host: second.location.host }));
      expect(list).toHaveLength(1);
    });

    it("R3: a user that differs in case is another user", async () => {
      await use(site.url(), secret());
      await refused(site.url({ user: "Joe" }), site.options);
      expect(site.accepted()).toBe(site.refusesUnseen === true ? 1 : 2);
      expect(list).toHaveLength(2);
    });

    it("R4: a password that differs in case is another password", async () => {
      await use(site.url(), secret());
      await refused(site.url(), { ...site.options, password: site.password.toUpperCase() });
      expect(site.accepted()).toBe(2);
    });

    it("R5: a host in other case is the same host", async () => {
      await use(site.url(), secret());
      await use(upperHost(site.url({ path: "/b/" })));
      expect(site.accepted()).toBe(1);
    });

    it("R7: an international name and its ASCII form are one host", async () => {
      await use(site.url(), secret());
      const ascii = site.url({ path: "/b/" }).replace("bücher", "xn--bcher-kva");
      for (const url of [ascii, upperHost(ascii), upperHost(site.url({ path: "/c/" }))]) await use(url);
      expect(site.accepted()).toBe(1);
      expect(list).toHaveLength(1);
    });

    it("R8: an IPv6 address is one however it is written, and its zone is a part of it", () => {
      const at = (host: string): string => site.url({ host });
      const first = getTransport(at("[fe80::1]"), list, secret());
      for (const host of ["[fe80:0:0:0:0:0:0:1]", "[FE80::0001]"])
        expect(first.reuseConnectionFor(at(host)), host).toBeDefined();
      const zoned = getTransport(at("[fe80::1%25en0]"), [], secret());
      expect(zoned.reuseConnectionFor(at("[FE80::1%25en0]"))).toBeDefined();
      if (site.name === "s3") return; // A bucket there, and all buckets of a service share.
      for (const host of ["[fe80::2]", "[fe80::1%25en0]"])
        expect(first.reuseConnectionFor(at(host)), host).toBeUndefined();
      expect(zoned.reuseConnectionFor(at("[fe80::1%25en1]"))).toBeUndefined();
    });

    it("R9: an escaped user is the same user", async () => {
      await use(site.url(), secret());
      await use(site.url({ user: "jo%65" }));
      expect(site.accepted()).toBe(1);
    });

    it("R13: another local address needs its own wire; unsaid takes the candidate's; none against some needs its own", async () => {
      await use(site.url(), { ...secret(), localAddress: "127.0.0.1" });
      await use(site.url({ path: "/b/" }));
      expect(site.accepted()).toBe(1);
      await use(site.url(), { ...secret(), localAddress: null });
      expect(site.accepted()).toBe(2);
    });

    it("R13: another IP family needs its own wire", async () => {
      await use(site.url(), secret());
      await use(site.url(), { ...secret(), family: 4 });
      await use(site.url({ path: "/b/" }), { ...secret(), family: 4 });
      expect(site.accepted()).toBe(2);
    });

    it("R15: deep code with a URL and the list inherits everything that the connection was opened with", async () => {
      await use(site.url(), { ...secret(), localAddress: "127.0.0.1", family: 4, proxy: null });
      await use(site.url({ path: "/deep/below/" }));
      await use(site.url({ path: "/deep/too/" }), { family: 4 });
      expect(site.accepted()).toBe(1);
      expect(list).toHaveLength(1);
    });

    it("R19: a location that was read from remote content takes nothing from candidates", async () => {
      await use(site.url(), secret());
      const remote = { ...site.options, credentials: "explicit" } as const;
      await refused(site.url({ path: "/from-a-server/" }), remote);
      expect(site.accepted()).toBe(site.refusesUnseen === true ? 1 : 2);
      expect(list[0]?.reuseConnectionFor(site.url({ path: "/from-a-server/" }), remote)).toBeUndefined();
    });

    it("R20: through any chain of transparent decorators one wire; past a boundary none", async () => {
      await use(`trace+noop+${site.url({ path: "/a/" })}`, secret());
      await use(site.url({ path: "/b/" }));
      await use(`noop+${site.url({ path: "/c/" })}`);
      await use(`readonly+trace+${site.url({ path: "/d/" })}`);
      expect(site.accepted()).toBe(1);

      const guarded = getTransport(`readonly+${site.url({ path: "/safe/" })}`, list);
      expect(guarded.reuseConnectionFor(site.url({ path: "/safe/" }))).toBeUndefined();
      expect(guarded.reuseConnectionFor(`readonly+${site.url({ path: "/elsewhere/" })}`)).toBeUndefined();
      expect(guarded.reuseConnectionFor(`readonly+${site.url({ path: "/safe/inside/" })}`)?.capabilities.writable).toBe(
        false,
      );
    });

    it("R20: a decorated URL first, then the plain one: what is in the list is the plain transport", async () => {
      await use(`readonly+${site.url({ path: "/a/" })}`, secret());
      expect(list.map((transport) => transport.location.decorators)).toEqual([[]]);
      const plain = await use(site.url({ path: "/b/" }));
      const ofItsOwn = getTransport(site.url(), []);
      expect(plain.capabilities.writable).toBe(ofItsOwn.capabilities.writable);
      expect(site.accepted()).toBe(1);
    });

    it("R21: a hundred first operations at once open one wire", async () => {
      const transports = Array.from({ length: 100 }, (_, n) =>
        getTransport(site.url({ path: `/${n}/` }), list, n === 0 ? secret() : undefined),
      );
      await Promise.all(transports.map((transport) => transport.has("anything")));
      expect(site.accepted()).toBe(1);
      expect(list).toHaveLength(1);
    });

    it("R21: 99 of 100 waiters abort, the hundredth connects", async () => {
      const transport = getTransport(site.url(), list, secret());
      const abort = new AbortController();
      const aborted = Array.from({ length: 99 }, () => transport.has("x", { signal: abort.signal }));
      const last = transport.has("x");
      abort.abort();
      for (const result of await Promise.allSettled(aborted))
        expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
      expect(await last).toBe(false);
      expect(site.accepted()).toBe(1);
    });

    it("R22: a wire that was replaced under one clone serves all", async () => {
      const first = await use(site.url({ path: "/a/" }), secret());
      const second = await use(site.url({ path: "/b/" }));
      await severed(first);
      await first.has("x");
      await second.has("x");
      await first.clone("../c").has("x");
      expect(site.accepted()).toBe(2);
      expect(site.open()).toBe(1);
    });

    it("R23: a wire that died while idle is not handed out", async () => {
      const transport = await use(site.url(), secret());
      await severed(transport);
      if (transport.capabilities.writable) {
        await transport.mkdir("made-once"); // Not repeatable: it must not have been sent on the dead wire.
        expect((await transport.stat("made-once")).type).toBe("directory");
      } else expect(await transport.has("anything")).toBe(false);
      expect(site.accepted()).toBe(2);
    });

    it("R24: another caller's list is never consulted", async () => {
      await use(site.url(), secret());
      const other: Transport[] = [];
      await use(site.url(), secret(), other);
      expect(site.accepted()).toBe(2);
      expect(other).toHaveLength(1);
    });

    it("R25: a password given late to an idle candidate is used, not dropped", async () => {
      const early = getTransport(site.url(), list, site.options);
      const late = await use(site.url({ path: "/b/", password: site.password }), site.options);
      expect(await early.has("x")).toBe(false);
      expect(list).toHaveLength(1);
      expect(late.base).not.toContain(site.password);
      expect(site.accepted()).toBe(1);
    });

    it("R26: a callee that disposes what it got from the caller's list harms no sibling", async () => {
      const mine = await use(site.url({ path: "/a/" }), secret());
      {
        await using borrowed = getTransport(site.url({ path: "/b/" }), list);
        await borrowed.has("x");
      }
      {
        await using same = getTransport(site.url({ path: "/a/" }), list);
        expect(same).toBe(mine);
      }
      expect(await mine.has("x")).toBe(false);
      expect(site.accepted()).toBe(1);
      expect(site.open()).toBe(1);
    });

    it("with neither list nor scope each transport owns its wire, and disposing it closes it", async () => {
      for (let turn = 1; turn <= 2; turn++) {
        await using own = getTransport(site.url(), undefined, secret());
        await own.has("x");
        expect(site.accepted()).toBe(turn);
      }
      await expect.poll(() => site.open()).toBe(0);
    });

    it("inside scope.run one wire serves all that gives no list, and the scope closes it", async () => {
      const scope = new TransportScope();
      await scope.run(async () => {
        await getTransport(site.url({ path: "/a/" }), undefined, secret()).has("x");
        await Promise.all(["/b/", "/c/"].map((path) => getTransport(site.url({ path })).has("x")));
      });
      expect(site.accepted()).toBe(1);
      expect(scope.report()).toMatchObject({ wiresOpened: 1, evicted: 0 });
      await scope.close();
      await expect.poll(() => site.open()).toBe(0);
      expect(() => scope.getTransport(site.url())).toThrow(expect.objectContaining({ code: "closed" }));
    });

    it("explainReuse tells the decision that getTransport makes, and keeps the secret", async () => {
      const transport = await use(site.url(), secret());
      const cases: [string, TransportOptions | undefined][] = [
        [site.url({ path: "/b/" }), undefined],
        [site.url({ user: "other" }), undefined],
        [site.url(), { password: "something else" }],
        [site.url(), { credentials: "explicit" }],
        [site.url(), { localAddress: "127.0.0.1" }],
        ["file:///tmp/", undefined],
      ];
      for (const [url, options] of cases) {
        const verdict = transport.explainReuse(url, options);
        expect(verdict.reuse).toBe(transport.reuseConnectionFor(url, options) !== undefined);
        expect(verdict.reason).toMatch(/\w+ \w+/);
        expect(JSON.stringify(verdict)).not.toContain(site.password);
      }
    });
  });
}

function upperHost(url: string): string {
  return url.replace(/@([^/:]+)/, (_, host: string) => `@${host.toUpperCase()}`);
}
