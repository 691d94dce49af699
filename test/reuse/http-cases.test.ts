import { describe, expect, it } from "vitest";

import type { HttpOptions, Lookup, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport } from "../../src/index.ts";
import type { HttpKind } from "./http-site.ts";
import { ascii, attempt, host, identity, keep, list, start, threeValues, urlOf, use } from "./http-users.ts";
import { toThisMachine } from "./sites.ts";

describe.each<HttpKind>(["http", "https", "https over HTTP/2"])(
  "reuse over %s, counted by an in-process server",
  (kind) => {
    const secure = kind !== "http";
    /** With which a server is reached and trusted. */
    const base = (): TransportOptions => ({ lookup: toThisMachine, ...(secure ? { tls: { ca: identity.cert } } : {}) });
    const known = { scheme: "basic", users: { joe: "secret", ann: "secret" } } as const;

    describe("who one is", () => {
      it("R1: another password, or explicitly none, needs its own wire; absent shares", async () => {
        const server = await start(kind, { login: known });
        const url = (path: string): string => urlOf(server, { user: "joe", path });
        await use(url("/"), { ...base(), password: "secret" });
        await use(url("/absent/"));
        await use(url("/same/"), { ...base(), password: "secret" });
        expect(server.accepted).toBe(1);
        await attempt(url("/other/"), { ...base(), password: "other" });
        expect(server.accepted).toBe(2);
        await attempt(url("/none/"), { ...base(), password: null });
        expect(server.accepted).toBe(3);
      });

      it("R3, R9: one user, however it is written: another one, or nobody in particular, is somebody else", async () => {
        const server = await start(kind);
        await use(urlOf(server, { user: "joe" }), base());
        await use(urlOf(server, { user: "jo%65", path: "/b/" }));
        await use(urlOf(server), { user: "joe" });
        expect(server.accepted).toBe(1);
        await use(urlOf(server, { user: "Joe" }), base());
        expect(server.accepted).toBe(2);
        await use(urlOf(server), base());
        expect(server.accepted).toBe(3);
      });

      it("R11: another callback for credentials, or explicitly none, needs its own wire, unless it has the same id", async () => {
        const server = await start(kind, { login: known });
        const url = urlOf(server, { user: "joe" });
        const asking = (id: string) => ({ ask: Object.assign(() => "secret", { id }) });
        await use(url, { ...base(), credentials: asking("one") });
        await use(`${url}b/`, { ...base(), credentials: asking("one") });
        await use(`${url}c/`);
        expect(server.accepted).toBe(1);
        await use(`${url}d/`, { ...base(), credentials: asking("two") });
        expect(server.accepted).toBe(2);
        await attempt(`${url}e/`, { ...base(), credentials: { ask: null } });
        expect(server.accepted).toBe(3);
      });

      const identities: Readonly<Record<string, readonly [same: HttpOptions, other: HttpOptions, none?: HttpOptions]>> =
        {
          "R10: a token": [{ bearerToken: "one" }, { bearerToken: "other" }, { bearerToken: null }],
          "R16: an authorization": [{ authorization: "X one" }, { authorization: "X other" }, { authorization: null }],
          "R16: a header": [{ headers: { "X-Key": "one" } }, { headers: { "X-Key": "other" } }, { headers: null }],
          "R16: a cookie": [{ headers: { Cookie: "one" } }, { headers: { Cookie: "other" } }, { headers: {} }],
          "R16: somebody who is asked for tokens": [{ askBearerToken: () => "one" }, { askBearerToken: null }],
          "R16: the HTTP that is spoken": [{ http2: true }, { http2: false }],
        };
      it.each(Object.entries(identities))(
        "%s: another one, or explicitly none, needs its own wire; absent shares",
        async (_what, [same, other, none]) => {
          const server = await start(kind);
          await threeValues(server, base(), {
            same: { http: same },
            other: { http: other },
            ...(none === undefined ? {} : { none: { http: none } }),
          });
        },
      );

      it("R16: whoever is asked for tokens: that is a policy", async () => {
        const server = await start(kind);
        await use(urlOf(server), { ...base(), http: { askBearerToken: () => "one" } });
        await use(urlOf(server), { ...base(), http: { askBearerToken: () => "other" } });
        expect(server.accepted).toBe(1);
      });

      it("R16: a name of a header in another case is the same header", async () => {
        const server = await start(kind);
        await use(urlOf(server), { ...base(), http: { headers: { "X-Key": "one", B: "2" } } });
        await use(urlOf(server, { path: "/b/" }), { ...base(), http: { headers: { B: "2", "X-Key": "one" } } });
        expect(server.accepted).toBe(1);
      });
    });

    describe("where one goes", () => {
      it("R5, R7: every way to write a host is one", async () => {
        const server = await start(kind);
        await use(urlOf(server), base());
        for (const name of [host.toUpperCase(), ascii, ascii.toUpperCase()]) await use(urlOf(server, { name }));
        expect(server.accepted).toBe(1);
        await attempt(urlOf(server, { name: `${ascii}.` }), base());
        expect(server.accepted).toBe(2);
      });

      it("R6: the default port spelled out is the default port", () => {
        const [scheme, port, others] = secure ? ["https", 443, 80] : ["http", 80, 443];
        const first = getTransport(`${scheme}://host.example/`, list);
        for (const url of [`${scheme}://host.example:${port}/b/`, `${scheme}://HOST.example:0${port}/c/`])
          expect(first.reuseConnectionFor(url), url).toBeDefined();
        expect(first.reuseConnectionFor(`${scheme}://host.example:${others}/`)).toBeUndefined();
        expect(first.reuseConnectionFor(`${secure ? "http" : "https"}://host.example:${port}/`)).toBeUndefined();
      });

      it("R8: an IPv6 address is one however it is written", async () => {
        const server = await start(kind, { host: "::1" });
        await use(urlOf(server, { name: "[::1]" }), base());
        for (const name of ["[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]"])
          await use(urlOf(server, { name, path: "/b/" }));
        expect(server.accepted).toBe(1);
      });

      it("R13: another local address, or explicitly none, needs its own wire; absent shares", async () => {
        await threeValues(await start(kind), base(), {
          same: { localAddress: "127.0.0.1" },
          other: { localAddress: "127.0.0.2" },
          none: { localAddress: null },
        });
      });

      it("R13: another IP family, or explicitly none, needs its own wire; absent shares", async () => {
        await threeValues(await start(kind), base(), {
          same: { family: 4 },
          other: { family: 6 },
          none: { family: null },
        });
      });

      it("R14: another name resolution needs its own wire; the same id shares", async () => {
        const named = (id: string): Lookup => Object.assign(((...args) => toThisMachine(...args)) as Lookup, { id });
        const { lookup: _another, ...rest } = base();
        const server = await start(kind);
        await threeValues(server, rest, { same: { lookup: named("one") }, other: { lookup: named("two") } });
        expect(list[0]?.reuseConnectionFor(urlOf(server), { lookup: null })).toBeUndefined();
      });
    });

    it("R15: what one URL was given is inherited by deep code that has another URL and the list only", async () => {
      const server = await start(kind, { login: known });
      await use(urlOf(server, { user: "joe" }), {
        ...base(),
        password: "secret",
        localAddress: "127.0.0.1",
        family: 4,
        http: { headers: { "X-Key": "k" }, http2: true },
      });
      const deep = await use(urlOf(server, { user: "joe", path: "/deep/below/" }));
      expect(await deep.has("/file")).toBe(true);
      expect(server.accepted).toBe(1);
      expect(server.requests.at(-1)?.headers).toMatchObject({ "x-key": "k", authorization: expect.any(String) });
    });

    it("R19: a URL from remote content takes nothing: no password, no token, no header, no certificate", async () => {
      const server = await start(kind);
      await use(urlOf(server, { user: "joe" }), {
        ...base(),
        password: "secret",
        http: { headers: { Cookie: "c" }, bearerToken: "t" },
      });
      await use(urlOf(server, { user: "joe", path: "/from-a-page/" }), { ...base(), credentials: "explicit" });
      expect(server.accepted).toBe(2);
      expect(server.requests[0]?.headers).toMatchObject({ cookie: "c", authorization: "Bearer t" });
      expect(server.requests[1]?.headers).not.toHaveProperty("cookie");
      expect(server.requests[1]?.headers).not.toHaveProperty("authorization");
    });

    it("R20: what is decorated, and what is not", async () => {
      const server = await start(kind);
      await use(`trace+${urlOf(server)}`, base());
      await use(`readonly+noop+${urlOf(server, { path: "/b/" })}`);
      await use(urlOf(server));
      expect([server.accepted, list.length]).toEqual([1, 1]);
    });

    it("R21: a hundred first operations at once are one wire, and at most `connections` where each carries one", async () => {
      for (const connections of [1, 3]) {
        const server = await start(kind);
        const scope = new TransportScope();
        const all = Array.from({ length: 100 }, (_, n) =>
          scope.getTransport(urlOf(server, { path: `/${n}/` }), n === 0 ? { ...base(), connections } : {}).has("x"),
        );
        await Promise.all(all);
        expect(server.accepted).toBe(kind === "https over HTTP/2" ? 1 : connections);
        await scope.close();
      }
    });

    it("R21: one person is asked once, however many first operations wait, and 99 of them give up", async () => {
      const server = await start(kind, { login: known });
      let asked = 0;
      let tell: ((password: string) => void) | undefined;
      const credentials = () => {
        asked++;
        return new Promise<string>((resolve) => (tell = resolve));
      };
      const given = new AbortController();
      const transport = getTransport(urlOf(server, { user: "joe" }), list, { ...base(), credentials, connections: 4 });
      keep(transport);
      const others = Promise.allSettled(
        Array.from({ length: 99 }, () => transport.has("file", { signal: given.signal })),
      );
      const last = transport.has("file");
      await expect.poll(() => tell).toBeDefined();
      given.abort();
      for (const result of await others)
        expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
      tell?.("secret");
      expect(await last).toBe(true);
      expect(asked).toBe(1);
      // Who gives up in the middle of an answer over HTTP/1.1 takes its connection along.
      expect(transport.connectionReport()?.wiresOpen).toBeLessThanOrEqual(4);
      await expect.poll(() => server.open).toBeLessThanOrEqual(4);
    });

    it("R22, R23: a wire that died is replaced once, for all, before anything is sent on it", async () => {
      const server = await start(kind);
      const transports = await Promise.all(["/a/", "/b/"].map((path) => use(urlOf(server, { path }), base())));
      const asked = server.requests.length;
      server.sever();
      await expect.poll(() => transports[0]?.connectionReport()?.wiresOpen).toBe(0);
      await Promise.all(transports.map((transport) => transport.has("x")));
      expect([server.accepted, server.requests.length - asked]).toEqual([2, 2]);
    });

    it("R24: another caller's list is never consulted", async () => {
      const server = await start(kind);
      await use(urlOf(server), { ...base(), http: { headers: { Cookie: "mine" } } });
      await using other = getTransport(urlOf(server), undefined, base());
      await other.has("file");
      expect(server.accepted).toBe(2);
      expect(server.requests[1]?.headers).not.toHaveProperty("cookie");
    });

    it.each<[string, HttpOptions]>([
      ["a token", { bearerToken: "late" }],
      ["an authorization", { authorization: "Bearer late" }],
    ])("R25: %s that comes late is taken up by a candidate that has never connected", async (_what, http) => {
      const server = await start(kind, { login: { scheme: "bearer", tokens: ["late"] } });
      const early = getTransport(urlOf(server), list, base());
      keep(early);
      await use(urlOf(server, { path: "/b/" }), { http });
      expect(await early.has("file")).toBe(true);
      expect([server.accepted, list.length]).toEqual([1, 1]);
    });

    it("R26: a callee that disposes what it got from the caller's list harms no sibling", async () => {
      const server = await start(kind);
      const mine = await use(urlOf(server), base());
      {
        await using borrowed = getTransport(urlOf(server, { path: "/b/" }), list);
        await borrowed.has("x");
      }
      expect(await mine.has("file")).toBe(true);
      expect([server.accepted, server.open]).toEqual([1, 1]);
    });
  },
);
