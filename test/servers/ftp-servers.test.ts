import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { RawFtpClient } from "../testing/raw-ftp-client.ts";
import type { ProgramName } from "./find-servers.ts";
import { hasProgram, titleNeeding } from "./find-servers.ts";
import { descendants } from "./process-tree.ts";
import { startProftpd } from "./proftpd.ts";
import { startPureFtpd } from "./pureftpd.ts";
import type { FtpSecurity, RealFtpServer } from "./real-ftp-server.ts";
import { startVsftpd } from "./vsftpd.ts";

const clients: RawFtpClient<RealFtpServer>[] = [];
const servers: RealFtpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** Stopped when the test is over. */
async function started<Server extends RealFtpServer>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  servers.push(server);
  return server;
}

async function connect(server: RealFtpServer): Promise<RawFtpClient<RealFtpServer>> {
  const client = await RawFtpClient.connect(server);
  clients.push(client);
  return client;
}

/** With the greeting, the TLS that the server wants, and the reply to the password. */
async function logIn(
  server: RealFtpServer,
  user: string = server.user,
): Promise<[RawFtpClient<RealFtpServer>, string]> {
  const client = await connect(server);
  if (server.scheme === "ftps") await client.secure();
  expect(await client.reply()).toMatch(/^220/);
  if (server.scheme === "ftpes") {
    expect(await client.command("AUTH TLS")).toMatch(/^234 /);
    await client.secure();
  }
  await client.command(`USER ${user}`);
  const reply = await client.command(`PASS ${server.password}`);
  if (server.ca !== undefined) await client.protectData();
  return [client, reply];
}

interface Subject {
  readonly name: ProgramName;
  readonly start: (options?: { tls?: never; chrooted?: boolean }) => Promise<RealFtpServer>;
  readonly secured: readonly FtpSecurity[];
  readonly startSecured: (tls: FtpSecurity) => Promise<RealFtpServer>;
  readonly startWrongly: () => Promise<RealFtpServer>;
  /** What it says where it was started wrongly. */
  readonly complaint: RegExp;
}

const subjects: readonly Subject[] = [
  {
    name: "vsftpd",
    start: startVsftpd,
    secured: ["explicit", "implicit"],
    startSecured: (tls) => startVsftpd({ tls }),
    startWrongly: () => startVsftpd({ config: ["no_such_word=1"] }),
    complaint: /vsftpd did not start: .*no_such_word/s,
  },
  {
    name: "proftpd",
    start: startProftpd,
    secured: ["explicit", "implicit"],
    startSecured: (tls) => startProftpd({ tls }),
    startWrongly: () => startProftpd({ config: ["NoSuchWord 1"] }),
    complaint: /proftpd did not start: .*NoSuchWord/s,
  },
  {
    name: "pure-ftpd",
    start: startPureFtpd,
    secured: ["explicit"],
    startSecured: () => startPureFtpd({ tls: "explicit" }),
    startWrongly: () => startPureFtpd({ args: ["--no-such-word"] }),
    complaint: /pure-ftpd did not start: .*no-such-word/s,
  },
];

for (const { name, start, secured, startSecured, startWrongly, complaint } of subjects) {
  describe.runIf(hasProgram(name))(titleNeeding(name, `the harness of ${name}`), () => {
    it("serves the user's directory on disk, in both directions", async () => {
      const server = await started(start());
      expect(server.url("/a")).toBe(`ftp://${server.user}@127.0.0.1:${server.port}/a`);
      const [client, welcome] = await logIn(server);
      expect(welcome).toMatch(/^230 /);
      expect(await client.commands("PWD", "TYPE I")).toEqual([expect.stringMatching(/^257 "\/" /), expect.any(String)]);
      await client.upload("STOR /ünï cödé", "what was sent");
      expect(await readFile(join(server.root, "ünï cödé"), "latin1")).toBe("what was sent");
      await writeFile(join(server.root, "seeded"), "what was there");
      expect((await client.download("RETR /seeded")).data.toString()).toBe("what was there");
      const { data } = await client.download("LIST");
      expect(data.toString()).toMatch(/ ünï cödé\r\n/);
      expect((await stat(join(server.root, "ünï cödé"))).mode & 0o777).toBe(0o644);
    });

    it.each(secured)("serves with %s TLS what it refuses without", async (tls) => {
      const server = await started(startSecured(tls));
      expect(server.url()).toBe(`${tls === "explicit" ? "ftpes" : "ftps"}://${server.user}@127.0.0.1:${server.port}/`);
      const [client, welcome] = await logIn(server);
      expect(welcome).toMatch(/^230 /);
      expect(client.tls.authorized).toBe(true);
      await client.command("TYPE I");
      expect((await client.upload("STOR /a", "secret")).at(-1)).toMatch(/^226/);
      expect((await client.download("RETR /a")).data.toString()).toBe("secret");
      const plain = await connect(server);
      if (tls === "implicit") return;
      await plain.reply();
      const replies = await plain.commands(`USER ${server.user}`, `PASS ${server.password}`);
      expect(replies.join("\n")).toMatch(/^[45]/m);
      expect(server.logins).toBe(1);
    });

    it("shows the whole machine where nothing is hidden", async () => {
      const server = await started(start({ chrooted: false }));
      const [client] = await logIn(server);
      expect(server.directory).toBe(server.root);
      expect(await client.command("PWD")).toContain(`"${server.root}"`);
      expect(await client.command("CWD /etc")).toMatch(/^250 /);
    });

    it("counts the logins and the open connections", async () => {
      const server = await started(start());
      const [first] = await logIn(server);
      await logIn(server);
      await connect(server);
      expect(server.logins).toBe(2);
      await expect.poll(() => server.openConnections).toBe(3);
      await first.command("QUIT");
      await expect.poll(() => server.openConnections).toBe(2);
      expect(server.logins).toBe(2);
    });

    it("ends with every connection it has, and leaves nothing", async () => {
      const before = descendants(process.pid);
      const server = await start();
      const [client] = await logIn(server);
      const ended = descendants(process.pid).filter((pid) => !before.includes(pid));
      expect(ended.length).toBeGreaterThan(2);
      await server.stop();
      expect(await client.reply()).toBe("");
      await expect.poll(() => descendants(process.pid).filter((pid) => ended.includes(pid))).toEqual([]);
      expect(existsSync(server.folder)).toBe(false);
      expect(() => execFileSync("id", [server.user], { stdio: "pipe" })).toThrow(/no such user/);
      expect(server.logins).toBe(1);
      await server.stop();
    });

    it("says what the server said where it cannot start", async () => {
      await expect(startWrongly()).rejects.toThrow(complaint);
    });
  });
}

describe.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "a real vsftpd"), () => {
  it("counts who was let in and who was turned away, also after its limits were changed while it ran", async () => {
    const server = await started(startVsftpd({ maxPerIp: 2 }));
    const [first] = await logIn(server);
    await logIn(server);
    const tooMany = /^421 There are too many connections from your internet address\.$/;
    expect(await (await connect(server)).reply()).toMatch(tooMany);
    expect([server.accepted, server.refused, server.logins]).toEqual([2, 1, 2]);

    await server.reconfigure({ maxPerIp: 3 });
    await expect.poll(() => server.openConnections).toBe(2);
    await logIn(server);
    expect(await (await connect(server)).reply()).toMatch(tooMany);
    expect([server.accepted, server.refused, server.logins]).toEqual([3, 2, 3]);

    await server.reconfigure({ maxClients: 1 });
    expect(await first.command("NOOP")).toMatch(/^200 /);
    expect(await (await connect(server)).reply()).toBe("421 There are too many connected users, please try later.");
    await server.reconfigure({});
    await logIn(server);
    expect([server.accepted, server.refused, server.logins]).toEqual([4, 3, 4]);
  });

  it("lets anybody read who says anonymous, and write nothing", async () => {
    const server = await started(startVsftpd({ anonymous: true }));
    await writeFile(join(server.root, "a"), "for all");
    const [client, welcome] = await logIn(server, "anonymous");
    expect(welcome).toMatch(/^230 /);
    expect((await client.download("RETR /a")).data.toString()).toBe("for all");
    expect((await client.upload("STOR /b", "no")).at(-1)).toMatch(/^550 /);
    expect(await client.command("DELE /a")).toMatch(/^550 /);
    const [, userWelcome] = await logIn(server);
    expect(userWelcome).toMatch(/^230 /);
    expect(server.logins).toBe(2);
  });

  it("wants the TLS session of the control connection for data", async () => {
    const server = await started(startVsftpd({ tls: "explicit" }));
    const [client] = await logIn(server);
    await client.protectData({ resume: false });
    expect((await client.upload("STOR /a", "secret")).at(-1)).toMatch(/^522 .*session reuse required/);
  });

  it("ends a connection that is idle for longer than a test says", async () => {
    const server = await started(startVsftpd({ config: ["idle_session_timeout=1"] }));
    const [client] = await logIn(server);
    expect(await client.reply()).toBe("421 Timeout.");
    await expect.poll(() => server.openConnections).toBe(0);
  });
});

describe.runIf(hasProgram("proftpd"))(titleNeeding("proftpd", "a real ProFTPD"), () => {
  it("turns away the connection that is one too many, and counts", async () => {
    const server = await started(startProftpd({ maxConnectionsPerHost: 1 }));
    await logIn(server);
    expect(await (await connect(server)).reply()).toBe(
      "530 Sorry, the maximum number of connections (1) for your host are already connected.",
    );
    await expect.poll(() => [server.refused, server.logins]).toEqual([1, 1]);
  });

  it.each([
    ["maxClients", "530 Sorry, the maximum number of allowed clients (1) are already connected."],
    ["maxClientsPerHost", "530 Sorry, the maximum number of clients (1) from your host are already connected."],
  ])("turns away the login that is one too many by %s, and counts", async (limit, refusal) => {
    const server = await started(startProftpd({ [limit]: 1 }));
    await logIn(server);
    const [, reply] = await logIn(server);
    expect(reply).toBe(refusal);
    await expect.poll(() => [server.accepted, server.refused, server.logins]).toEqual([2, 1, 1]);
  });
});

describe.runIf(hasProgram("pure-ftpd"))(titleNeeding("pure-ftpd", "a real Pure-FTPd"), () => {
  it.each([
    ["maxClients", "421 1 users (the maximum) are already logged in, sorry"],
    ["maxPerIp", "421 Too many connections (1) from this IP"],
  ])("turns away the connection that is one too many by %s", async (limit, refusal) => {
    const server = await started(startPureFtpd({ [limit]: 1 }));
    await logIn(server);
    expect(await (await connect(server)).reply()).toBe(refusal);
    expect(server.logins).toBe(1);
  });

  it("refuses a wrong password, after a while", async () => {
    const server = await started(startPureFtpd());
    const client = await connect(server);
    await client.reply();
    const [, refusal] = await client.commands(`USER ${server.user}`, `PASS ${server.password}x`);
    expect(refusal).toBe("530 Login authentication failed");
    expect(server.logins).toBe(0);
  });
});
