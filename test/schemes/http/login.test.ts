import { describe, expect, it } from "vitest";

import type { CredentialsQuestion, Transport, TransportOptions } from "../../../src/index.ts";
import type { HttpLoginOptions, HttpServer, HttpServerOptions } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import { Witness } from "../../bad-day/witness.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

const password = 'correct: horse \u00e4"\\';
const users = { joe: password, "j\u00f6rg": password };
const files = { "/file": "content", "/a/b": "deeper" };

const ways: Record<string, HttpLoginOptions> = {
  Basic: { scheme: "basic", users },
  "Digest with SHA-256": { scheme: "digest", users },
  "Digest with MD5": { scheme: "digest", users, algorithm: "MD5" },
  "Digest with a secret for each session": { scheme: "digest", users, algorithm: "SHA-256-sess" },
};

/** The authorization of each request that a server got. */
function shownTo(server: HttpServer): (string | undefined)[] {
  return server.requests.map(({ headers }) => headers["authorization"] as string | undefined);
}

describe.each(Object.entries(ways))("a server that asks for %s", (_way, login) => {
  const site = (options: HttpServerOptions = {}): Promise<HttpServer> => serverWith(files, { login, ...options });

  it("lets in who knows the password: from the options, or from the URL", async () => {
    const server = await site();
    expect(String(await open(server.url, { user: "joe", password }).getBytes("file"))).toBe("content");
    const url = server.url.replace("//", `//joe:${encodeURIComponent(password)}@`);
    const transport = open(url);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(transport.base).toBe(server.url.replace("//", "//joe@"));
  });

  it("is asked once; then every request says who asks", async () => {
    const server = await site();
    const transport = open(server.url, { user: "joe", password });
    for (const path of ["file", "a/b", "file"]) await transport.getBytes(path);
    expect(shownTo(server).map((shown) => shown !== undefined)).toEqual([false, true, true, true]);
    expect(server.accepted).toBe(1);
  });

  it("refuses a wrong password once, however many operations wait, until connect() is called", async () => {
    const server = await site();
    const transport = open(server.url, { user: "joe", password: "wrong", connections: 8 });
    const failures = await Promise.all(Array.from({ length: 100 }, () => failureOf(transport.stat("file"))));
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(["authentication-failed"]));
    expect(shownTo(server).filter((shown) => shown !== undefined)).toHaveLength(1);
    await failureOf(transport.stat("file"));
    expect(shownTo(server).filter((shown) => shown !== undefined)).toHaveLength(1);
    await transport.connect();
    await failureOf(transport.stat("file"));
    expect(shownTo(server).filter((shown) => shown !== undefined)).toHaveLength(2);
  });

  it("says what is missing to who has nothing to log in with", async () => {
    const server = await site();
    const error = await failureOf(open(server.url).stat("file"));
    expect(error).toMatchObject({ code: "authentication-failed", operation: "stat" });
    expect(error.message).toMatch(/asks for a user and a password, and there is none/);
    const named = await failureOf(open(server.url.replace("//", "//joe@")).stat("file"));
    expect(named.message).toMatch(/a password for joe/);
  });

  it("is answered by the callback: once for all that wait, and again where it was refused", async () => {
    const server = await site();
    const asked: CredentialsQuestion[] = [];
    const ask = (question: CredentialsQuestion): string => {
      asked.push(question);
      return question.attempt === 1 ? "wrong" : password;
    };
    const transport = open(server.url.replace("//", "//joe@"), { credentials: ask });
    const all = await Promise.all(Array.from({ length: 20 }, async () => String(await transport.getBytes("file"))));
    expect(new Set(all)).toEqual(new Set(["content"]));
    const url = server.url.replace("//", "//joe@").slice(0, -1);
    const question = { kind: "password", user: "joe", host: "127.0.0.1", url };
    expect(asked).toEqual([
      { ...question, attempt: 1 },
      { ...question, attempt: 2 },
    ]);
  });

  it("is answered with a user as well, where the URL names none", async () => {
    const server = await site();
    const asked: CredentialsQuestion[] = [];
    const transport = open(server.url, {
      credentials: (question) => {
        asked.push(question);
        return ["j\u00f6rg", password];
      },
    });
    // Only RFC 7616 has a word for a user who is not ASCII, which this server does not know.
    if (login.scheme === "basic") expect(String(await transport.getBytes("file"))).toBe("content");
    else expect((await failureOf(transport.getBytes("file"))).code).toBe("authentication-failed");
    expect(asked[0]).toMatchObject({ kind: "keyboard-interactive", name: "samewire", attempt: 1 });
  });

  it("asks nobody more than three times, and nobody who gives no answer twice", async () => {
    const server = await site();
    let asked = 0;
    const wrong = open(server.url.replace("//", "//joe@"), { credentials: () => `wrong ${++asked}` });
    expect(await failureOf(wrong.stat("file"))).toMatchObject({ code: "authentication-failed" });
    expect(asked).toBe(3);
    asked = 0;
    const silent = open(server.url.replace("//", "//joe@"), { credentials: () => void ++asked });
    const all = Array.from({ length: 20 }, () => failureOf(silent.stat("file")));
    expect(new Set((await Promise.all(all)).map(({ code }) => code))).toEqual(new Set(["authentication-failed"]));
    expect(await failureOf(silent.stat("file"))).toMatchObject({ code: "authentication-failed" });
    expect(asked).toBe(1);
    await silent.connect();
    await failureOf(silent.stat("file"));
    expect(asked).toBe(2);
  });

  it("never makes a secret known: not in errors, logs, events or reports", async () => {
    const server = await site();
    const witness = new Witness([password, "wrong-secret", encodeURIComponent(password)]);
    const list: Transport[] = [];
    for (const secret of [password, "wrong-secret"]) {
      const transport = open(server.url, { user: "joe", password: secret, logger: witness.logger }, list);
      await transport.has("file").catch((error: unknown) => witness.hear(error));
      witness.hear(await failureOf(transport.stat("missing")));
      witness.hear([transport, transport.connectionReport(), transport.explainReuse(server.url)]);
    }
    await witness.swear();
  });
});

describe("Digest", () => {
  it("goes on with another nonce when the server says that the old one is stale, without asking anybody", async () => {
    const login: HttpLoginOptions = { scheme: "digest", users, usesPerNonce: 2 };
    const server = await serverWith(files, { login });
    let asked = 0;
    const transport = open(server.url.replace("//", "//joe@"), {
      credentials: () => {
        asked++;
        return password;
      },
    });
    for (let times = 0; times < 7; times++) expect(String(await transport.getBytes("file"))).toBe("content");
    expect(asked).toBe(1);
  });

  it.each([1, 3])(
    "goes on with a server that takes a nonce %i times, however many ask at once",
    async (usesPerNonce) => {
      const server = await serverWith(files, { login: { scheme: "digest", users, usesPerNonce } });
      const transport = open(server.url, { user: "joe", password, connections: 8 });
      for (let times = 0; times < 3; times++) {
        const all = Array.from({ length: 40 }, async () => String(await transport.getBytes("file")));
        expect(new Set(await Promise.all(all))).toEqual(new Set(["content"]));
      }
      // One at a time nothing is asked more often than such a server makes it be.
      const before = server.requests.length;
      for (let times = 0; times < 12; times++) await transport.getBytes("file");
      expect(server.requests.length - before).toBeLessThanOrEqual(12 + Math.ceil(12 / usesPerNonce));
    },
  );

  it("never sends the same count twice for a nonce, also many at once", async () => {
    const server = await serverWith(files, { login: { scheme: "digest", users } });
    const transport = open(server.url, { user: "joe", password, connections: 4 });
    await Promise.all(Array.from({ length: 30 }, () => transport.getBytes("file")));
    const counts = shownTo(server).flatMap((shown) => /nc=([0-9a-f]{8})/.exec(shown ?? "")?.[1] ?? []);
    expect(counts).toHaveLength(30);
    expect(new Set(counts).size).toBe(30);
  });

  it("is preferred to Basic, and the better hash to the worse", async () => {
    const server = await serverWith(
      {},
      {
        onRequest: () => ({
          status: 401,
          headers: {
            "www-authenticate":
              'Negotiate, Basic realm="r", Digest realm="r, s", algorithm=MD5, nonce="1", qop="auth-int, auth", Digest realm="r, s", algorithm=SHA-256, nonce="2", qop="auth"',
          },
        }),
      },
    );
    await failureOf(open(server.url, { user: "joe", password }).stat("file"));
    expect(shownTo(server)[1]).toMatch(/^Digest .*realm="r, s".*algorithm=SHA-256/);
  });
});

describe("a server that wants what nobody has", () => {
  it.each([
    ["Negotiate", /negotiate/],
    ['NTLM, Kerberos realm="x"', /ntlm, kerberos/],
    ['Bearer realm="x"', /bearerToken/],
    ["", /without saying/],
    ['Digest realm="r", nonce="n", algorithm=ROT13', /digest/],
    ['Digest realm="r", nonce="n", qop="auth-int"', /digest/],
  ])("%j is told so, and the password is not shown", async (challenge, says) => {
    const headers: Record<string, string> = challenge === "" ? {} : { "www-authenticate": challenge };
    const server = await serverWith({}, { onRequest: () => ({ status: 401, headers }) });
    const error = await failureOf(open(server.url, { user: "joe", password }).stat("file"));
    expect(error.code).toBe("authentication-failed");
    expect(error.message).toMatch(says);
    expect(shownTo(server)).toEqual([undefined]);
  });

  it("asks again and again, is given up", async () => {
    let realm = 0;
    const server = await serverWith(
      {},
      {
        onRequest: () => ({ status: 401, headers: { "www-authenticate": `Basic realm="${++realm}"` } }),
      },
    );
    expect(await failureOf(open(server.url, { user: "joe", password }).stat("file"))).toMatchObject({
      code: "authentication-failed",
    });
    expect(server.requests.length).toBeLessThan(10);
  });
});

describe("a password", () => {
  it("is not sent to a server that does not ask for it", async () => {
    const server = await serverWith(files);
    await open(server.url, { user: "joe", password }).getBytes("file");
    expect(shownTo(server)).toEqual([undefined]);
  });

  it("that is explicitly none is not asked for either", async () => {
    const server = await serverWith(files, { login: { scheme: "basic", users } });
    let asked = 0;
    const options: TransportOptions = { password: null, credentials: () => void ++asked };
    await failureOf(open(server.url.replace("//", "//joe@"), options).stat("file"));
    expect(asked).toBe(0);
  });

  it("that comes late is taken up by a transport that has never connected", async () => {
    const server = await serverWith(files, { login: { scheme: "basic", users } });
    const list: Transport[] = [];
    const early = open(server.url.replace("//", "//joe@"), {}, list);
    open(server.url.replace("//", `//joe:${encodeURIComponent(password)}@`), {}, list);
    expect(list).toHaveLength(1);
    expect(String(await early.getBytes("file"))).toBe("content");
  });
});

describe("a token", () => {
  const login: HttpLoginOptions = { scheme: "bearer", tokens: ["t0ken", "n3xt"] };

  it("is sent with every request, as is a whole authorization, or a header", async () => {
    const server = await serverWith(files, { login });
    for (const http of [
      { bearerToken: "t0ken" },
      { authorization: "Bearer t0ken" },
      { headers: { Authorization: "Bearer t0ken" } },
    ])
      expect(String(await open(server.url, { http }).getBytes("file"))).toBe("content");
    expect(new Set(shownTo(server))).toEqual(new Set(["Bearer t0ken"]));
  });

  it("that is refused is authentication-failed, and is sent once for each request", async () => {
    const server = await serverWith(files, { login });
    const error = await failureOf(open(server.url, { http: { bearerToken: "old-secret" } }).stat("file"));
    expect(error.code).toBe("authentication-failed");
    expect(JSON.stringify(error)).not.toContain("old-secret");
    expect(server.requests).toHaveLength(1);
  });

  it("from a callback is asked for with every request, and once more where it was refused", async () => {
    const server = await serverWith(files, { login });
    const asked: { url: string; attempt: number }[] = [];
    const transport = open(server.url, {
      http: {
        askBearerToken: (request) => {
          asked.push(request);
          return asked.length === 2 ? "expired" : "t0ken";
        },
      },
    });
    await transport.getBytes("file");
    await transport.getBytes("file");
    const url = server.url.slice(0, -1);
    expect(asked).toEqual([
      { url, attempt: 1 },
      { url, attempt: 1 },
      { url, attempt: 2 },
    ]);
  });

  it.each([false, true])("that no header can hold is refused before anything is sent (HTTP/2: %s)", async (http2) => {
    const identity = await generateTlsIdentity();
    const server = await serverWith(files, { tls: identity, http2 });
    const trusting: TransportOptions = { tls: { ca: identity.cert } };
    for (const http of [{ bearerToken: "t0ken\n" }, { authorization: "Bearer t0ken\r\nHost: evil" }])
      expect(() => open(server.url, { ...trusting, http })).toThrow(expect.objectContaining({ code: "unsupported" }));
    const asking = open(server.url, { ...trusting, http: { askBearerToken: () => "t0ken\n" } });
    const error = await failureOf(asking.stat("file"));
    expect(error.code).toBe("unsupported");
    expect(error.message).not.toContain("t0ken");
    expect(server.requests).toEqual([]);
  });

  it("that cannot be had is told by whoever failed", async () => {
    const server = await serverWith(files, { login });
    const transport = open(server.url, {
      http: { askBearerToken: () => Promise.reject(new Error("the vault is closed")) },
    });
    expect((await failureOf(transport.stat("file"))).message).toContain("the vault is closed");
  });
});

describe("a header", () => {
  it("goes with every request", async () => {
    const server = await serverWith(files);
    await open(server.url, { http: { headers: { "X-Api-Key": "k", "User-Agent": "mine" } } }).getBytes("file");
    expect(server.requests[0]?.headers).toMatchObject({ "x-api-key": "k", "user-agent": "mine" });
  });

  it.each([
    [{ Range: "bytes=0-1" }],
    [{ Host: "evil" }],
    [{ "Transfer-Encoding": "chunked" }],
    [{ "a b": "c" }],
    [{ a: "b\r\nc: secret-value" }],
    [{ a: "\u{1f600} secret-value" }],
  ])("that nobody can send is refused before anything is: %j", async (headers) => {
    let refusal: unknown;
    try {
      open("http://127.0.0.1:9/", { http: { headers } as NonNullable<TransportOptions["http"]> });
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: "unsupported" });
    expect(String(refusal)).not.toContain("secret-value");
  });
});
