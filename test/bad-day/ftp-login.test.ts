import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { account, ftpDays, password } from "./ftp-day.ts";

describe("a bad day with ftp: logging in", () => {
  const day = ftpDays();
  const refused = { code: "authentication-failed", says: /refuses joe.*Check the user and the password/ } as const;

  it.each(["530 No.", "530-No.\n530 Really.", "430 No.", "532 No."])(
    "a hundred operations after %j make one login, until connect() is called",
    async (reply) => {
      const { server, witness } = day();
      server.on("PASS", reply);
      const transport = day().transport();
      const failures = Array.from({ length: 100 }, (_, n) =>
        witness.failure(transport.stat(`${n}`), {
          code: "authentication-failed",
          operation: "stat",
          says: /refuses joe/,
        }),
      );
      await Promise.all(failures);
      await witness.failure(transport.clone("elsewhere").put("x", "y"), {
        ...refused,
        operation: "put",
        says: /refuses joe/,
      });
      expect([server.accepted, server.count("PASS")]).toEqual([1, 1]);
      server.behave();
      await transport.connect();
      await day().works(transport);
      expect(server.accepted).toBe(2);
    },
  );

  it("a user that is refused before the password never says it", async () => {
    const { server, witness } = day();
    server.on("USER", "530 Not you.");
    await witness.failure(day().transport().stat("x"), { ...refused, operation: "stat" });
    expect(server.count("PASS")).toBe(0);
  });

  it.each([
    "530 TLS required.",
    "530 Non-anonymous sessions must use encryption.",
    "530 Rejected--secure connection required",
  ])("a server that wants TLS first is told with the way out: %j", async (reply) => {
    const { server, witness } = day();
    server.on("USER", reply);
    await witness.failure(day().transport().stat("x"), {
      code: "authentication-failed",
      operation: "stat",
      says: /ftpes:.*tls: "required"/,
    });
    expect(server.count("PASS")).toBe(0);
  });

  it("an account is said when it is asked for, and only then", async () => {
    const { server, witness } = day();
    await day().transport({ ftp: { account } }).stat("");
    expect(server.count("ACCT")).toBe(0);
    server.on("PASS", "332 And the account?");
    await witness.failure(
      day()
        .transport({ ftp: { account: null } })
        .stat("x"),
      {
        code: "authentication-failed",
        operation: "stat",
        says: /ftp: \{ account \}/,
      },
    );
    await day().transport({ ftp: { account }, credentials: "explicit", localAddress: "127.0.0.1" }).stat("");
    expect(server.received.filter((line) => line.startsWith("ACCT"))).toEqual([`ACCT ${account}`]);
  });

  it("secrets that the server says back are in no error, event, log line or report", async () => {
    const { server, witness } = day();
    server.on("PASS", `530 The password "${password}" of joe is wrong.`);
    await witness.failure(day().transport().stat("x"), {
      code: "authentication-failed",
      operation: "stat",
      says: /530 The password/,
    });
    server
      .on("PASS", "332 And the account?")
      .on("ACCT", `530-${account}?\n530 There is no "${account}", nor ${password}.`);
    await witness.failure(day().transport({ ftp: { account }, credentials: "explicit" }).stat("x"), {
      code: "authentication-failed",
      operation: "stat",
      says: /530/,
    });
    server.on("ACCT", `what do you mean, ${account}?`);
    await witness.failure(day().transport({ ftp: { account }, credentials: "explicit", family: 4 }).stat("x"), {
      code: "protocol-error",
      operation: "stat",
      says: /FTP/,
    });
    server.on("PASS", `${password} is what you say.`);
    const other = day().transport({ credentials: "explicit", localAddress: "127.0.0.1" });
    await witness.failure(other.stat("x"), { code: "protocol-error", operation: "stat", says: /FTP/ });
    witness.hear([other, other.base, other.location, other.explainReuse(day().url())]);
  });

  it.each([
    "421 Too many users, try later.",
    "421 There are too many connections from your internet address.",
    "530 Sorry, the maximum number of clients (5) for this user already connected.",
  ])("%j is waited out, and is no refusal of the login", async (reply) => {
    const { server } = day();
    server.on(reply.startsWith("421") ? "greeting" : "PASS", reply, 2);
    const transport = day().transport({ connectTimeoutMs: 20_000 });
    await transport.stat("");
    expect(server.accepted).toBe(3);
    await day().works(transport);
  });

  it.each(["421 Too many users, try later.", "530 Sorry, the maximum number of clients (5) already connected."])(
    "where one wire lives, %j for another one makes operations wait for it",
    async (reply) => {
      const { server } = day();
      const transport = day().transport({ connections: 8 });
      await transport.stat("");
      server.on(reply.startsWith("421") ? "greeting" : "PASS", reply);
      const puts = Array.from({ length: 30 }, (_, n) => transport.put(`file ${n}`, `content ${n}`));
      await Promise.all(puts);
      expect(server.files.size).toBe(30);
      expect(day().scope.report().connections).toMatchObject([{ limit: 1, wiresOpened: 1 }]);
      await day().works(transport);
    },
  );

  it("a server that stays full is told as such, within the limit", async () => {
    const { server, witness } = day();
    server.on("greeting", "421 Too many users, try later.");
    const transport = day().transport();
    await witness.failure(transport.stat("x"), {
      code: "too-many-connections",
      operation: "stat",
      temporary: true,
      says: /421 Too many users/,
    });
    await day().works(transport);
  });

  it("nobody in the URL is anonymous", async () => {
    const { server } = day();
    const transport = day().scope.getTransport(`ftp://127.0.0.1:${server.port}/`);
    await day().works(transport);
    expect(server.received.filter((line) => /^(?:USER|PASS)/.test(line))).toEqual([
      "USER anonymous",
      "PASS anonymous@",
    ]);
  });
});

describe("a bad day with ftp: what would be two commands", () => {
  const day = ftpDays();
  const breaks = ["\r\n", "\n", "\r", "\0"];

  it.each(breaks.map((end) => [JSON.stringify(end), end] as const))(
    "%s in a path is refused before anything is sent",
    async (_name, end) => {
      const { server } = day();
      const transport = day().transport();
      await transport.connect();
      const before = server.received.length;
      const path = `a${end}DELE b`;
      const works: [string, Promise<unknown>][] = [
        ["stat", transport.stat(path)],
        ["has", transport.has(path)],
        ["get", transport.get(path)],
        ["getBytes", transport.getBytes(path)],
        ["list", transport.list(path)[Symbol.asyncIterator]().next()],
        ["put", transport.put(path, "x")],
        ["append", transport.append(path, "x")],
        ["openWriteStream", transport.openWriteStream(path)],
        ["mkdir", transport.mkdir(path)],
        ["delete", transport.delete(path)],
        ["rmdir", transport.rmdir(path)],
        ["deleteTree", transport.deleteTree(path)],
        ["rename", transport.rename(path, "c")],
        ["rename", transport.rename("c", path)],
        ["move", transport.move("c", path)],
        ["copy", transport.copy(path, "c")],
        ["setAttributes", transport.setAttributes(path, { mode: 0o600 })],
        ["setAttributes", transport.setAttributes(path, { mtime: new Date() })],
        ["lock", transport.lock(path)],
        [
          "readv",
          transport
            .readv(path, [{ offset: 0, length: 1 }])
            [Symbol.asyncIterator]()
            .next(),
        ],
      ];
      const results = await Promise.allSettled(works.map(async ([, work]) => await work));
      for (const [n, result] of results.entries())
        expect(result, works[n]?.[0]).toMatchObject({ status: "rejected", reason: { code: "invalid-path" } });
      expect(() => transport.clone(path)).toThrow(expect.objectContaining({ code: "invalid-path" }));
      expect(server.received.slice(before).filter((line) => /DELE|^[a-z]/.test(line))).toEqual([]);
      await day().works(transport);
    },
  );

  it.each(breaks.map((end) => [JSON.stringify(end), end] as const))(
    "%s in who one is is refused before anything is sent",
    async (_name, end) => {
      const { server, witness } = day();
      const secret = `secret${end}DELE b`;
      witness.keepSecret(secret, "secret\\r\\nDELE b");
      const given: [string, TransportOptions][] = [
        ["password", { password: secret }],
        ["account", { ftp: { account: secret } }],
        ["callback", { password: undefined as unknown as null, credentials: () => secret }],
      ];
      for (const [name, options] of given) {
        const error: unknown = await day()
          .scope.getTransport(day().url(), { localAddress: "127.0.0.1", ...options, logger: witness.logger })
          .stat("x")
          .catch((reason: unknown) => reason);
        witness.hear(error);
        expect(error, name).toMatchObject({
          code: expect.stringMatching(/invalid-url|authentication-failed/),
          effect: "none",
        });
        await day()
          .scope.getTransport(day().url(), { localAddress: "127.0.0.1", ...options })
          .disconnect();
      }
      expect(() => day().transport({ user: `joe${end}DELE b` })).toThrow(
        expect.objectContaining({ code: "invalid-url" }),
      );
      const encoded = encodeURIComponent(end);
      for (const url of [
        `ftp://jo${encoded}e@h/`,
        `ftp://joe:x${encoded}y@h/`,
        `ftp://h/a${encoded}DELE%20b/`,
        `ftp://h${encoded}/`,
      ])
        expect(() => day().scope.getTransport(url), url).toThrow(expect.objectContaining({ name: "TransportError" }));
      expect(server.received.filter((line) => line.includes("DELE") || line.startsWith("secret"))).toEqual([]);
    },
  );

  it("0xFF and other bytes of Telnet in a name are those bytes, once", async () => {
    const { server } = day();
    const transport = day().transport({ ftp: { encoding: "latin1" } });
    server.on("MLST", "550 Nothing there.");
    expect(await transport.has("a\xffb\xf4\xfd")).toBe(false);
    expect(server.received.at(-1)).toBe("MLST /a\xffb\xf4\xfd");
    await expect(transport.stat("\u{1F600}")).rejects.toMatchObject({ code: "invalid-path" });
    await day().works(transport);
  });

  it("a path that is too long for a command is refused before it is sent", async () => {
    const { server } = day();
    const transport = day().transport();
    await transport.connect();
    const before = server.received.length;
    await expect(transport.stat("long/".repeat(1_000))).rejects.toMatchObject({ code: "invalid-path" });
    expect(server.received.length).toBe(before);
    await day().works(transport);
  });
});
