import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { httpDays, password, token } from "./http-day.ts";
import type { HttpScript } from "./scripted-http-server.ts";
import { answer } from "./scripted-http-server.ts";

/** What a server asks with. */
const asking = (...challenges: readonly string[]): Buffer =>
  answer("401 Unauthorized", [...challenges.map((one) => `WWW-Authenticate: ${one}`), "Content-Length: 0"]);
const joe: TransportOptions = { user: "joe", password };

describe("a bad day with http: who asks", () => {
  const day = httpDays();
  const shown = (): (string | undefined)[] => day().server.requests.map(({ headers }) => headers.get("authorization"));
  const sent = (): string[] => shown().filter((value) => value !== undefined);

  it.each([
    ["Negotiate", /not supported: negotiate/],
    ["NTLM", /not supported: ntlm/],
    ['AWS4-HMAC-SHA256 Credential="x"', /not supported: aws4-hmac-sha256/],
    ['Bearer realm="r", error="invalid_token"', /bearerToken/],
    ['Digest realm="r", nonce="n", algorithm=SHA-1', /not supported: digest/],
    ['Digest realm="r", nonce="n", algorithm="MD5\\"', /not supported: digest/],
    ['Digest realm="r", nonce="n", qop="auth-int"', /not supported: digest/],
    ['Digest realm="r", nonce="n", qop=""', /not supported: digest/],
    ['Digest realm="r"', /not supported: digest/],
    ["=,=,=", /without saying/],
    [`X${"x".repeat(5_000)}`, /not supported/],
  ])("by %s is not told, and the password is shown to nobody", async (challenge, says) => {
    day().server.on(asking(challenge));
    const transport = day().transport(joe);
    await day().witness.failure(transport.stat("file"), { code: "authentication-failed", operation: "stat", says });
    expect(sent()).toEqual([]);
    await day().works(transport);
  });

  it.each([
    ["in two fields", asking("Negotiate", 'Digest realm="r", nonce="n", qop="auth"', 'Basic realm="r"'), /^Digest /],
    ["in one", asking('Negotiate abc==, Basic realm="r, Digest", Digest nonce="n",,realm="r"'), /^Digest /],
    [
      "with what nobody knows before it",
      asking('Digest realm="r", nonce="n", algorithm=ROT13', 'Basic realm="r"'),
      /^Basic /,
    ],
  ])("is told in the safest way that is known, of several %s", async (_how, challenges, says) => {
    day().server.on(challenges, 1);
    const transport = day().transport(joe);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(sent()).toEqual([expect.stringMatching(says)]);
  });

  it("is hashed with the bytes of a realm and a nonce that are no ASCII, as the server wrote them", async () => {
    const bytes = Buffer.from('Digest realm="caf\u00e9 \\"1\\"", nonce="\u20ac", algorithm=MD5', "utf8").toString(
      "latin1",
    );
    day().server.on(
      Buffer.from(`HTTP/1.1 401 Who\r\nWWW-Authenticate: ${bytes}\r\nContent-Length: 0\r\n\r\n`, "latin1"),
      1,
    );
    await day().transport({ user: "joe", password: "p" }).getBytes("file");
    // RFC 2069, as nothing else was offered: md5(md5(joe:café "1":p):€:md5(GET:/file)), each of them UTF-8.
    expect(sent()[0]).toContain('response="db1a5dddecdb2a00010581c7a82b72a1"');
  });

  const loops: Record<string, (turn: number) => Buffer> = {
    "the same question": () => asking('Basic realm="r"'),
    "always another realm": (turn) => asking(`Basic realm="r${turn}"`),
    "always another nonce": (turn) => asking(`Digest realm="r", nonce="n${turn}", qop="auth"`),
    "nonces that are always stale": (turn) => asking(`Digest realm="r", nonce="n${turn}", qop="auth", stale=true`),
    "now this, now that": (turn) => asking(turn % 2 === 0 ? 'Basic realm="r"' : `Digest realm="d", nonce="n${turn}"`),
  };
  it.each(Object.entries(loops))("is asked without end, by %s: that ends", async (_how, question) => {
    let turn = 0;
    const endless: HttpScript = (socket) => socket.write(question(++turn));
    day().server.on(endless);
    const transport = day().transport(joe);
    for (const work of [() => transport.stat("file"), () => transport.getBytes("file")])
      await day().witness.failure(work(), {
        code: "authentication-failed",
        operation: expect.any(String) as string,
        says: /./,
      });
    expect(turn).toBeLessThan(16);
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => transport.has("file")));
    expect(all.every(({ status }) => status === "rejected")).toBe(true);
    // A realm or a nonce that nobody has seen is worth an attempt; each request makes a few.
    expect(sent().length).toBeLessThanOrEqual(52 * 6);
  });

  it("is asked a person no more than three times, however often the server asks", async () => {
    let turn = 0;
    let asked = 0;
    day().server.on((socket) => socket.write(asking(`Digest realm="r", nonce="n${++turn}", qop="auth"`)));
    const transport = day().transport({ user: "joe", credentials: () => `wrong ${++asked}` });
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => transport.has("file")));
    expect(all.every(({ status }) => status === "rejected")).toBe(true);
    expect(asked).toBe(3);
  });

  it("is let go while a person is asked, or while others find out: whoever gives up is answered at once", async () => {
    const given = new AbortController();
    let answering: ((value: string) => void) | undefined;
    day().server.on((socket, { headers }) => {
      const known = headers.get("authorization") !== undefined;
      socket.write(known ? answer("200 OK", ["Content-Length: 7"], "content") : asking('Basic realm="r"'));
    });
    const transport = day().transport({
      user: "joe",
      credentials: () => new Promise<string>((resolve) => (answering = resolve)),
    });
    const waiting = transport.getBytes("file");
    await expect.poll(() => answering).toBeDefined();
    const listing = collect(transport.list("", { signal: given.signal }));
    const parts = collect(transport.readv("file", [{ offset: 0, length: 1 }], { signal: given.signal }));
    await expect.poll(() => day().server.requests.length).toBeGreaterThan(1);
    given.abort();
    await day().witness.failure(listing, { code: "aborted", operation: "list", says: /aborted/ });
    await day().witness.failure(parts, { code: "aborted", operation: "readv", says: /aborted/ });
    answering?.(password);
    expect(String(await waiting)).toBe("content");
    await day().works(transport);
  });

  it("leaves the turn to find out what a password is worth to the next one, if who had it gives up", async () => {
    const given = new AbortController();
    const { server } = day();
    server.on((socket, { headers, target }) => {
      const known = headers.get("authorization") !== undefined;
      // Who comes first with the password is not answered.
      if (known && target === "/first") return;
      socket.write(known ? answer("200 OK", ["Content-Length: 2"], "ok") : asking('Basic realm="r"'));
    });
    const transport = day().transport({ ...joe, connections: 4, silenceTimeoutMs: 20_000 });
    const first = collect(transport.readv("first", [{ offset: 0, length: 1 }], { signal: given.signal }));
    await expect.poll(() => sent()).toHaveLength(1);
    const others = Array.from({ length: 5 }, (_, n) =>
      collect(transport.readv(`${n}`, [{ offset: 0, length: 1 }], n < 3 ? { signal: given.signal } : {})),
    );
    const rest = Promise.allSettled([first, ...others]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    given.abort();
    expect((await rest).map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "rejected",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
  });

  it("is in nothing that is said, also where the server says it back in every place it has", async () => {
    const { server, witness } = day();
    const whole = (status: string, fields: readonly string[], body = ""): Buffer =>
      answer(status, [...fields, `Content-Length: ${Buffer.byteLength(body)}`], body);
    const userinfo = `joe:${encodeURIComponent(password)}`;
    const askers = {
      basic: joe,
      bearer: { http: { bearerToken: token } },
      key: { http: { headers: { "X-Key": token } } },
    };
    const echoes = (secret: string): readonly (string | Buffer)[] => [
      whole(`401 ${secret}`, [`WWW-Authenticate: Basic realm="${secret}"`], secret),
      whole(`401 ${secret}`, [`WWW-Authenticate: Digest realm="${secret}", nonce="${secret}"`]),
      whole(`403 ${secret}`, [`X-Echo: ${secret}`, `ETag: "${secret}"`], secret),
      whole(`500 ${secret}`, [`Content-Range: ${secret}`], secret),
      whole("302 Found", [`Location: ftp://${userinfo}@h/?sig=${token}`]),
      whole("302 Found", [`Location: http://${userinfo}@h/`]),
      whole("302 Found", [`Location: http://h:1:2/?sig=${token}`]),
      whole("206 Part", [`Content-Range: bytes ${secret}`]),
      `HTTP/1.1 200 OK\r\n${secret}\r\n\r\n`,
    ];
    for (const [name, options] of Object.entries(askers))
      for (const echo of echoes(name === "basic" ? password : token)) {
        server.on(echo);
        const transport = day().transport(options);
        witness.hear(await transport.getBytes("file", { offset: 1, length: 2 }).catch((error: unknown) => error));
        witness.hear([transport, transport.connectionReport(), transport.explainReuse(server.url)]);
      }
    expect(server.requests.some(({ headers }) => headers.get("authorization") === `Bearer ${token}`)).toBe(true);
  });
});

describe("a bad day with http: a server that has enough to do", () => {
  const day = httpDays();
  const busy = (status: number, after?: string): Buffer =>
    answer(`${status} Busy`, [...(after === undefined ? [] : [`Retry-After: ${after}`]), "Content-Length: 0"]);

  it.each([
    [429, "99999999999999999999"],
    [429, "86400"],
    [503, "3600"],
    [503, "Fri, 31 Dec 2999 23:59:59 GMT"],
  ])("for longer than anybody waits (%i, %s) is told at once", async (status, after) => {
    day().server.on(busy(status, after));
    const transport = day().transport({ leaseTimeoutMs: 120_000 });
    await day().witness.failure(transport.stat("file"), {
      code: "too-many-connections",
      operation: "stat",
      temporary: true,
      says: /too (?:many requests|much to do)/,
    });
    expect(day().server.requests).toHaveLength(1);
    await day().works(transport);
  });

  it.each([
    [429, "-5", "too-many-connections"],
    [429, "soon", "too-many-connections"],
    [429, "1e3", "too-many-connections"],
    [429, undefined, "too-many-connections"],
    [503, undefined, "unexpected"],
  ] as const)("and says %i with %s does not say when: it is not asked again", async (status, after, code) => {
    day().server.on(busy(status, after));
    await day().witness.failure(day().transport().stat("file"), {
      code,
      operation: "stat",
      temporary: true,
      says: /HTTP/,
    });
    expect(day().server.requests).toHaveLength(1);
  });

  it.each(["0", "Thu, 01 Jan 1970 00:00:00 GMT", "Thursday, 01-Jan-70 00:00:00 GMT", "Thu Jan  1 00:00:00 1970"])(
    "and wants to be asked again at once (%s) is asked again, but less and less often",
    async (after) => {
      day().server.on(busy(429, after));
      const transport = day().transport({ leaseTimeoutMs: 2_200 });
      await day().witness.failure(transport.stat("file"), {
        code: "too-many-connections",
        operation: "stat",
        says: /too many requests/,
      });
      // After 200, 400 and 800 ms; after 1,600 more it would be far too late.
      expect(day().server.requests).toHaveLength(4);
      await day().works(transport);
    },
  );

  it("lets go whoever gives up while others are served, one after another", async () => {
    const { server } = day();
    const given = new AbortController();
    let served = 0;
    server.on((socket, { target }) => {
      if (served++ < 4) return socket.write(busy(429, "0"));
      if (target === "/slow") return undefined;
      return socket.write(answer("200 OK", ["Content-Length: 1"], "x"));
    });
    const transport = day().transport({ connections: 4, silenceTimeoutMs: 3_000, leaseTimeoutMs: 20_000 });
    const work = Array.from({ length: 4 }, (_, n) =>
      collect(transport.readv(n < 2 ? "slow" : "file", [{ offset: 0, length: 1 }], { signal: given.signal })),
    );
    const all = Promise.allSettled(work);
    await expect.poll(() => server.requests.filter(({ target }) => target === "/slow").length).toBeGreaterThan(2);
    given.abort();
    const results = await all;
    expect(results.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "aborted" });
  });
});
