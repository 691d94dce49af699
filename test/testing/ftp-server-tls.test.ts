import { randomBytes } from "node:crypto";
import type { ConnectionOptions } from "node:tls";

import { afterEach, describe, expect, it } from "vitest";

import type { FtpServer, FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";
import { RawFtpClient } from "./raw-ftp-client.ts";

const clients: RawFtpClient[] = [];
const servers: FtpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: FtpServerOptions): Promise<FtpServer> {
  const server = await startFtpServer(options);
  servers.push(server);
  return server;
}

async function connect(server: FtpServer): Promise<RawFtpClient> {
  const client = await RawFtpClient.connect(server);
  clients.push(client);
  return client;
}

/** Encrypted, logged in, and with encrypted data. */
async function logIn(server: FtpServer, options: ConnectionOptions = {}): Promise<RawFtpClient> {
  const client = await connect(server);
  if (server.url.startsWith("ftpes:")) {
    await client.reply();
    await client.command("AUTH TLS");
  }
  await client.secure(options);
  if (server.url.startsWith("ftps:")) await client.reply();
  await client.commands(`USER ${server.user}`, `PASS ${server.password}`);
  await client.protectData();
  return client;
}

describe("TLS on the in-process FTP server", () => {
  it("begins with AUTH, and nothing goes in the clear unless that is allowed", async () => {
    const server = await start({ tls: "explicit" });
    expect(server.url).toBe(`ftpes://joe@127.0.0.1:${server.port}/~/`);
    const client = await connect(server);
    expect(await client.reply()).toMatch(/^220 /);
    expect(await client.command("FEAT")).toMatch(/\n AUTH TLS\n[^]* PBSZ\n PROT\n/);
    expect(await client.commands("USER joe", "PBSZ 0", "PROT P", "AUTH KERBEROS", "AUTH TLS")).toEqual([
      expect.stringMatching(/^530 /),
      expect.stringMatching(/^503 /),
      expect.stringMatching(/^503 /),
      expect.stringMatching(/^504 /),
      expect.stringMatching(/^234 /),
    ]);
    await client.secure();
    expect(client.tls.authorized).toBe(true);
    await client.commands("USER joe", `PASS ${server.password}`);
    expect(await client.command("EPSV")).toMatch(/^229 /);
    expect(await client.commands("LIST", "AUTH TLS", "CCC", "PROT C", "PROT S", "PBSZ 0", "PROT P")).toEqual([
      expect.stringMatching(/^522 /),
      expect.stringMatching(/^503 /),
      expect.stringMatching(/^533 /),
      expect.stringMatching(/^534 /),
      expect.stringMatching(/^536 /),
      expect.stringMatching(/^200 /),
      expect.stringMatching(/^200 /),
    ]);
    await client.upload("STOR a", "secret");
    expect((await client.download("RETR a")).data.toString()).toBe("secret");
  });

  it("is a choice where the clear is allowed, for logins and for data", async () => {
    const server = await start({ tls: "explicit", allowPlain: true });
    const plain = await (await connect(server)).login();
    expect((await plain.upload("STOR a", "clear"))[1]).toMatch(/^226 /);
    expect(await plain.command("AUTH TLS")).toMatch(/^503 /);
    const encrypted = await logIn(server);
    expect(await encrypted.command("PROT C")).toMatch(/^200 /);
    const socket = await encrypted.passive();
    expect(await encrypted.command("RETR a")).toMatch(/^150 /);
    expect(String(await new Promise((resolve) => socket.once("data", resolve)))).toBe("clear");
    expect(server.counts.dataSessionsResumed).toBe(0);
  });

  it("begins with the first byte where it is implicit, and drops who speaks in the clear", async () => {
    const server = await start({ tls: "implicit" });
    expect(server.url).toBe(`ftps://joe@127.0.0.1:${server.port}/~/`);
    const plain = await connect(server);
    plain.send("USER joe\r\n");
    await plain.reply();
    expect(plain.ended).toBe(true);
    const gone = await connect(server); // It leaves in the middle of the handshake.
    gone.close();
    const client = await logIn(server);
    expect(await client.command("AUTH TLS")).toMatch(/^503 /);
    expect(await client.command("FEAT")).not.toContain("AUTH");
    await client.upload("STOR a", "secret");
    expect((await client.download("RETR a")).data.toString()).toBe("secret");
    while (server.open > 1) await new Promise((resolve) => setImmediate(resolve));
  });

  it("says 421 under TLS to one too many", async () => {
    const server = await start({ tls: "implicit", maxConnections: 0 });
    const client = await connect(server);
    await client.secure();
    expect(await client.reply()).toMatch(/^421 /);
    expect(await client.reply()).toBe("");
  });

  it("forgets what was sent ahead in the clear", async () => {
    const server = await start({ tls: "explicit" });
    const client = await connect(server);
    await client.reply();
    client.send("AUTH TLS\r\nUSER joe\r\nPASS x\r\nNO");
    expect(await client.reply()).toMatch(/^234 /);
    await client.secure();
    expect(await client.command("NOOP")).toMatch(/^200 /);
    expect(Object.fromEntries(server.commands)).toEqual({ AUTH: 1, NOOP: 1 });
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "resumes the session of the control connection for data, by %s",
    async (version) => {
      const server = await start({ tls: "explicit", requireSessionReuse: true, maxTlsVersion: version });
      const client = await logIn(server);
      expect(client.tls.getProtocol()).toBe(version);
      for (let at = 1; at <= 3; at++) {
        expect((await client.upload("STOR a", `data ${at}`))[1]).toMatch(/^226 /);
        expect((await client.download("RETR a")).data.toString()).toBe(`data ${at}`);
      }
      expect([server.dataConnections, server.counts.dataSessionsResumed]).toEqual([6, 6]);
    },
  );

  it("refuses data on a session of its own, or of another connection, where it has to be resumed", async () => {
    const server = await start({ tls: "explicit", requireSessionReuse: true });
    const [client, other] = [await logIn(server), await logIn(server)];
    await client.protectData({ resume: false });
    expect((await client.upload("STOR a", "data"))[1]).toMatch(/^522 /);
    let session: Buffer | undefined;
    const stolen = await connect(server);
    await stolen.reply();
    await stolen.command("AUTH TLS");
    await stolen.secure();
    stolen.tls.on("session", (ticket: Buffer) => (session = ticket));
    await stolen.command("NOOP");
    expect(session).toBeDefined();
    await other.protectData({ resume: false, options: { session: session as Buffer } });
    expect((await other.upload("STOR a", "data"))[1]).toMatch(/^522 /);
    expect(server.counts.dataSessionsResumed).toBe(0);
    await client.protectData();
    expect(await client.command("NOOP")).toMatch(/^200 /); // It goes on.
  });

  it("takes data on a session of its own where it need not be resumed", async () => {
    const server = await start({ tls: "explicit" });
    const client = await logIn(server);
    await client.protectData({ resume: false });
    expect((await client.upload("STOR a", "data"))[1]).toMatch(/^226 /);
    expect(server.counts.dataSessionsResumed).toBe(0);
  });

  it("says 522 where a data connection speaks in the clear, and goes on", async () => {
    const server = await start({ tls: "explicit" });
    const client = await logIn(server);
    for (const disturb of ["garbage", undefined]) {
      const socket = await client.passive();
      expect(await client.command("STOR a")).toMatch(/^150 /);
      if (disturb === undefined) socket.destroy();
      else socket.write(disturb);
      expect(await client.reply()).toMatch(/^522 /);
    }
    expect((await client.upload("STOR a", "data"))[1]).toMatch(/^226 /);
    expect(server.tree.openFiles).toBe(0);
  });

  it("has the identity that it is given, and wants clients to have theirs where it is told to", async () => {
    const [own, clientOwn, stranger] = await Promise.all([
      generateTlsIdentity({ names: ["localhost"] }),
      generateTlsIdentity({ names: ["client"] }),
      generateTlsIdentity({ names: ["client"] }),
    ]);
    const server = await start({ tls: "explicit", identity: own, clientCa: clientOwn.cert });
    expect(server.ca).toBe(own.cert);
    const client = await logIn(server, clientOwn);
    expect((await client.upload("STOR a", "data"))[1]).toMatch(/^226 /);
    for (const options of [{}, stranger]) {
      const refused = await connect(server);
      await refused.reply();
      await refused.command("AUTH TLS");
      // Under TLS 1.3 the client thinks that it is through before the server has looked at its certificate.
      await refused.secure(options);
      expect(await refused.command("NOOP")).toBe("");
    }
    expect(server.commands.get("NOOP")).toBe(undefined);
  });

  it("keeps large files whole, both ways", async () => {
    const server = await start({ tls: "explicit", requireSessionReuse: true });
    const client = await logIn(server);
    const content = randomBytes(9_000_017);
    expect((await client.upload("STOR big", content))[1]).toMatch(/^226 /);
    expect((await client.download("RETR big")).data.equals(content)).toBe(true);
  });

  it("closes and severs at any moment of it", async () => {
    const explicit = await start({ tls: "explicit" });
    const client = await logIn(explicit);
    const [handshaking, waiting] = [await connect(explicit), await logIn(explicit)];
    await handshaking.reply();
    await handshaking.command("AUTH TLS");
    await waiting.passive();
    expect(await waiting.command("STOR a")).toMatch(/^150 /);
    explicit.sever();
    expect(await Promise.all([client, waiting, handshaking].map((each) => each.reply()))).toEqual(["", "", ""]);
    while (explicit.open > 0) await new Promise((resolve) => setImmediate(resolve));
    const [again, halfway] = [await logIn(explicit), await connect(explicit)];
    await halfway.reply();
    await halfway.command("AUTH TLS");
    await explicit.close();
    expect([await again.reply(), await halfway.reply(), explicit.tree.openFiles]).toEqual(["", "", 0]);
  });
});
