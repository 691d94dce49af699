import { X509Certificate } from "node:crypto";

import { beforeAll, describe, expect, it } from "vitest";

import type { TlsOptions } from "../../src/index.ts";
import { FtpTls } from "../../src/testing/servers/ftp-tls.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { ftpDays } from "./ftp-day.ts";
import type { ScriptedFtpOptions } from "./scripted-ftp-server.ts";
import { silence } from "./scripted-ftp-server.ts";

let identity: TlsIdentity;
let stranger: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
  stranger = await generateTlsIdentity({ names: ["stranger.example", "localhost", "127.0.0.1"] });
});

describe("a bad day with ftp: TLS that is asked for", () => {
  let options: ScriptedFtpOptions;
  const day = ftpDays(() => options);
  beforeAll(() => {
    options = { identity };
  });
  const trusting = (): TlsOptions => ({ ca: identity.cert });

  it("on a good day everything is secured, data connections too, which resume the session", async () => {
    const { server } = day();
    const transport = day().transport({ tls: trusting() });
    await day().works(transport);
    await day().works(transport);
    expect(server.accepted).toBe(1);
    expect(server.received[0]).toBe("AUTH TLS");
    expect(server.dataAccepted).toBe(4);
    expect(server.dataResumed).toBe(4);
  });

  const refusals = ["500 What?", "502 No.", "504 Not that.", "530 Log in first.", "534 Policy.", "431 Not now."];
  const ways = [
    ["ftpes:", "ftpes", undefined],
    ['tls: "required"', "ftp", "required"],
    ["any TLS option", "ftp", { minVersion: "TLSv1.3" }],
  ] as const;
  it.each(ways.flatMap(([name, scheme, tls]) => refusals.map((reply) => [reply, name, scheme, tls] as const)))(
    "AUTH that is refused with %j fails closed: %s",
    async (reply, _name, scheme, tls) => {
      const { server, witness } = day();
      server.on("AUTH", reply);
      const transport = day().transport(tls === undefined ? {} : { tls }, day().url(scheme));
      const failure = {
        code: "tls-failed",
        says: /refuses to secure the connection: \d{3}.*Nothing was sent.*ftps:/,
      } as const;
      await witness.failure(transport.stat("x"), { ...failure, operation: "stat" });
      await witness.failure(transport.put("x", "y"), { ...failure, operation: "put" });
      expect(server.accepted).toBe(1);
      expect(server.received.filter((line) => line !== "QUIT")).toEqual(["AUTH TLS"]);
    },
  );

  it.each(["500 What?", "504 Not that.", "534 Policy.", "536 Not that.", "431 Not now.", "530 No."])(
    "PROT that is refused with %j fails closed, and no data is sent",
    async (reply) => {
      const { server, witness } = day();
      server.on("PROT", reply);
      const transport = day().transport({ tls: trusting() });
      await witness.failure(transport.put("x", "y"), {
        code: "tls-failed",
        operation: "put",
        says: /refuses to secure data connections/,
      });
      expect(server.dataAccepted).toBe(0);
      expect(server.count("STOR")).toBe(0);
      server.behave();
      await transport.connect();
      await day().works(transport);
    },
  );

  it.each<[string, string]>([
    ["a whole reply", "234 Go ahead.\r\n331 And the password?\r\n"],
    ["a login", "234 Go ahead.\r\n230 Come in.\r\n230 Come in.\r\n"],
    ["a reply to everything", `234 Go ahead.\r\n${"200 As you like.\r\n".repeat(20)}`],
    ["the beginning of a reply", "234 Go ahead.\r\n230"],
    ["the beginning of a long reply", "234 Go ahead.\r\n230-Come in\r\n"],
    ["a goodbye", "234 Go ahead.\r\n421 Goodbye.\r\n"],
  ])("%s that is injected before TLS is never an answer", async (_name, bytes) => {
    const { server, witness } = day();
    server.on("AUTH", async (session) => {
      await session.write(bytes);
      await session.secure();
    });
    const transport = day().transport({ tls: trusting(), connectTimeoutMs: 20_000 });
    await witness.failure(transport.stat("x"), {
      code: bytes.includes("421") ? "connection-failed" : "protocol-error",
      operation: "stat",
      says: /server/,
    });
    expect(server.count("USER")).toBe(0);
    await day().works(transport);
  });

  it("a server that lets somebody in without a password is believed only under TLS", async () => {
    const { server } = day();
    server.on("USER", "230 Come in.");
    const transport = day().transport({ tls: trusting() });
    expect(await transport.has("x")).toBe(false);
    expect(server.received.slice(0, 3)).toEqual(["AUTH TLS", "USER joe", "PBSZ 0"]);
    expect(server.count("PASS")).toBe(0);
  });

  const distrust: readonly [string, () => TlsOptions, RegExp][] = [
    ["a certificate that nobody vouches for", () => ({ required: true }), /nobody that is trusted.*tls: \{ ca \}/],
    ["another authority", () => ({ ca: stranger.cert }), /nobody that is trusted|tls: \{ ca \}/],
    ["another name", () => ({ ...trusting(), servername: "other.example" }), /another name.*servername/],
    [
      "another fingerprint",
      () => ({ fingerprints: fingerprintOf(stranger) }),
      /another one than expected.*fingerprints/,
    ],
    ["ciphers that do not exist", () => ({ ...trusting(), ciphers: "NO-SUCH" }), /TLS/],
    ["a key that is none", () => ({ ...trusting(), key: "secret nonsense", cert: identity.cert }), /TLS/],
  ];
  it.each(distrust)("%s is tls-failed with the way out, before any name is said", async (_name, tls, says) => {
    const { server, witness } = day();
    witness.keepSecret("secret nonsense");
    const transport = day().transport({ tls: tls() });
    await witness.failure(transport.stat("x"), { code: "tls-failed", operation: "stat", says });
    await witness.failure(transport.stat("x"), { code: "tls-failed", operation: "stat", says });
    expect(server.accepted, "it is not tried for every operation").toBe(1);
    expect(server.count("USER")).toBe(0);
    // What is not said is taken from nobody.
    await day().works(day().transport({ tls: trusting(), credentials: "explicit" }));
  });

  it.each<[string, () => TlsOptions]>([
    ["rejectUnauthorized: false", () => ({ rejectUnauthorized: false })],
    ["its fingerprint", () => ({ fingerprints: [fingerprintOf(stranger), fingerprintOf(identity)] })],
    [
      "its fingerprint as openssl prints it",
      () => ({ fingerprints: new X509Certificate(identity.cert).fingerprint256 }),
    ],
    ["its authority and its name", () => ({ ca: [stranger.cert, identity.cert], servername: "localhost" })],
  ])("the same certificate is accepted with %s, on data connections too", async (_name, tls) => {
    await day().works(day().transport({ tls: tls() }));
    expect(day().server.dataResumed).toBe(2);
  });
});

describe("a bad day with ftp: certificates", () => {
  let options: ScriptedFtpOptions;
  const day = ftpDays(() => options);

  describe("one that has expired", () => {
    let expired: TlsIdentity;
    beforeAll(async () => {
      expired = await generateTlsIdentity({ expires: new Date(Date.now() - 60_000) });
      options = { identity: expired };
    });
    it.each(["ftpes", "ftp"])("is tls-failed and says so (%s:)", async (scheme) => {
      await day().witness.failure(
        day()
          .transport({ tls: { ca: expired.cert } }, day().url(scheme))
          .stat("x"),
        {
          code: "tls-failed",
          operation: "stat",
          says: /certificate has expired.*clock/,
        },
      );
      expect(day().server.count("USER")).toBe(0);
    });
  });

  describe("one for another host", () => {
    let other: TlsIdentity;
    beforeAll(async () => {
      other = await generateTlsIdentity({ names: ["other.example"] });
      options = { identity: other };
    });
    it("is tls-failed, unless it is the name that was asked for", async () => {
      await day().witness.failure(
        day()
          .transport({ tls: { ca: other.cert } })
          .stat("x"),
        {
          code: "tls-failed",
          operation: "stat",
          says: /another name than 127\.0\.0\.1.*servername/,
        },
      );
      await day().works(day().transport({ tls: { ca: other.cert, servername: "other.example" } }));
      expect(day().server.dataResumed).toBe(2);
    });
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("a server that wants one from its clients (%s)", (maxTlsVersion) => {
    beforeAll(() => {
      options = { identity, clientCa: stranger.cert, maxTlsVersion };
    });
    it("is told, and works with it", async () => {
      const { server, witness } = day();
      const ca = identity.cert;
      witness.keepSecret(stranger.key, ...stranger.key.split("\n").filter((line) => line.length > 60));
      for (const own of [{}, identity]) {
        const transport = day().transport({ tls: { ca, ...own }, credentials: "explicit" });
        const error: unknown = await transport.stat("x").catch((reason: unknown) => reason);
        witness.hear(error);
        // What the server says may be lost together with the connection.
        expect(["tls-failed", "connection-failed"]).toContain((error as { code?: unknown }).code);
      }
      expect(server.count("USER")).toBe(0);
      await day().works(day().transport({ tls: { ca, ...stranger } }));
    });
  });

  describe("TLS from the first byte", () => {
    beforeAll(() => {
      options = { identity, implicit: true };
    });
    it("works with ftps:, and is never asked for it with AUTH", async () => {
      await day().works(day().transport({ tls: { ca: identity.cert } }, day().url("ftps")));
      expect(day().server.count("AUTH")).toBe(0);
      expect(day().server.dataResumed).toBe(2);
    });
    it("is silence to whoever waits for a greeting: timeout", async () => {
      await day().witness.failure(day().transport({}, day().url("ftpes")).stat("x"), {
        code: "timeout",
        operation: "connect",
        says: /handshake/,
      });
    });
  });

  describe("no TLS at all", () => {
    beforeAll(() => {
      options = {};
    });
    it("is tls-failed for ftps:, and nobody says who he is", async () => {
      await day().witness.failure(day().transport({}, day().url("ftps")).stat("x"), {
        code: "tls-failed",
        operation: "stat",
        says: /does not speak TLS.*Check the port and the scheme/,
      });
      expect(day().server.count("USER")).toBe(0);
    });
  });
});

describe("a bad day with ftp: TLS of data connections", () => {
  const day = ftpDays(() => ({ identity }));
  const content = Buffer.alloc(100_000, "x");

  it("one in the clear is tls-failed, and its bytes are nobody's", async () => {
    const { server, witness } = day();
    const transport = day().transport({ tls: { ca: identity.cert } });
    await transport.connect();
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      (await session.bareData()).resume().end(content);
      await session.reply("226 That was it.");
    });
    await witness.failure(transport.getBytes("x"), {
      code: "tls-failed",
      operation: "getBytes",
      says: /does not speak TLS/,
    });
    await day().works(transport);
  });

  it("nothing is uploaded to one in the clear", async () => {
    const { server, witness } = day();
    const transport = day().transport({ tls: { ca: identity.cert } });
    await transport.connect();
    let received = Buffer.alloc(0);
    server.on("STOR", async (session) => {
      await session.reply("150 Send it.");
      const data = await session.bareData();
      data.on("data", (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
      data.write("hello");
      await silence(session);
    });
    const put = transport.put("x", "the content, in the clear", { atomic: false });
    await witness.failure(put, { code: "tls-failed", operation: "put", effect: "unknown", says: /TLS/ });
    expect(String(received)).not.toContain("content");
    await day().works(transport);
  });

  it("one with another certificate is tls-failed, and the session goes on being trusted", async () => {
    const { server, witness } = day();
    const transport = day().transport({ tls: { ca: identity.cert } });
    await transport.connect();
    const other = new FtpTls({ identity: stranger, clientCa: undefined, maxVersion: undefined });
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      await other.secure(await session.bareData()).then((data) => data.end(content));
    });
    await witness.failure(transport.getBytes("x"), {
      code: "tls-failed",
      operation: "getBytes",
      says: /nobody that is trusted/,
    });
    await day().works(transport);
  });

  it("one with another certificate is tls-failed where one was pinned, too", async () => {
    const { server, witness } = day();
    const transport = day().transport({ tls: { fingerprints: fingerprintOf(identity) } });
    await transport.connect();
    const other = new FtpTls({ identity: stranger, clientCa: undefined, maxVersion: undefined });
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      await other.secure(await session.bareData()).then((data) => data.end(content));
    });
    await witness.failure(transport.getBytes("x"), { code: "tls-failed", operation: "getBytes", says: /another one/ });
    await day().works(transport);
  });

  it("silence in its handshake is timeout", async () => {
    const { server, witness } = day();
    const transport = day().transport({ tls: { ca: identity.cert } });
    await transport.connect();
    server.on("RETR", async (session) => {
      await session.reply("150 Here it comes.");
      await session.bareData();
      await silence(session);
    });
    const says = /said nothing for 700 ms/;
    await witness.failure(transport.getBytes("x"), { code: "timeout", operation: "getBytes", temporary: true, says });
    await day().works(transport);
  });

  it.each(["522 Session reuse required.", "425 Cannot open a secure data connection.", "521 PROT P required."])(
    "a server that refuses it with %j is told, and its session goes on",
    async (reply) => {
      const { server, witness } = day();
      server.files.set("/x", content);
      const transport = day().transport({ tls: { ca: identity.cert } });
      await transport.connect();
      server.on("RETR", async (session) => {
        await session.reply("150 Here it comes.");
        (await session.bareData()).destroy();
        await session.reply(reply);
      });
      await witness.failure(transport.getBytes("x"), {
        code: reply.startsWith("425") ? "connection-failed" : "tls-failed",
        operation: "getBytes",
        says: new RegExp(reply.slice(0, 3)),
      });
      await day().works(transport);
    },
  );
});

function fingerprintOf({ cert }: TlsIdentity): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
}
