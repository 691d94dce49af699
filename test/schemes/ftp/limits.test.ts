import { describe, expect, it } from "vitest";

import type { ConnectionReport, TransportOptions } from "../../../src/index.ts";
import { TransportScope } from "../../../src/index.ts";
import { startFtpServer } from "../../../src/testing.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import { startProftpd } from "../../servers/proftpd.ts";
import { startPureFtpd } from "../../servers/pureftpd.ts";
import type { RealFtpServer } from "../../servers/real-ftp-server.ts";
import { startVsftpd } from "../../servers/vsftpd.ts";

/** Writes and reads so many files at once, and compares every byte. */
async function transferAll(
  scope: TransportScope,
  url: string,
  options: TransportOptions,
  files: number,
): Promise<void> {
  const transport = scope.getTransport(url, options);
  const contents = Array.from({ length: files }, (_, index) => Buffer.alloc(20_000 + index, `file ${index} `));
  const paths = contents.map((_, index) => `file-${index}`);
  await Promise.all(paths.map((path, index) => transport.put(path, contents[index] as Buffer, { atomic: false })));
  const read = await Promise.all(paths.map((path) => transport.getBytes(path)));
  for (const [index, content] of contents.entries()) expect(content.equals(read[index] as Buffer)).toBe(true);
}

/** Transfers until the limit is known and used: what was still being opened or refused when the last file was done is found out by the next ones. */
async function transferUntil(
  scope: TransportScope,
  url: string,
  options: TransportOptions,
  limit: number,
): Promise<void> {
  const learned = async (): Promise<ConnectionReport | undefined> => {
    await transferAll(scope, url, options, 30);
    return scope.report().connections[0];
  };
  await expect.poll(learned, { interval: 100 }).toMatchObject({ limit, wiresOpen: limit });
}

const eight = { connections: 8, probeAfterMs: 60_000 } as const;
/** Who is being refused may count as a client for that moment, and less be learned than the limit: trying again tells. */
const eightThatTry = { connections: 8, probeAfterMs: 500 } as const;

describe.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "a limit of vsftpd"), () => {
  it("of two connections: 200 transfers at once all succeed, byte for byte, with never more than two open", async () => {
    await using server = await startVsftpd({ maxPerIp: 2 });
    await using scope = new TransportScope();
    await transferAll(scope, server.url(), { ...eight, password: server.password }, 100);
    // Two were let in, and served all of it.
    expect(server).toMatchObject({ accepted: 2, logins: 2 });
    expect(server.refused).toBeGreaterThan(0);
    const [report] = scope.report().connections;
    expect(report).toMatchObject({ limit: 2, wiresOpened: 2, wiresOpen: 2, wiresLost: 0 });
  });

  it("that is raised while the program runs is found out, and the pool grows to it", async () => {
    await using server = await startVsftpd({ maxPerIp: 2 });
    await using scope = new TransportScope();
    const options = { password: server.password, connections: 4, probeAfterMs: 100 };
    await transferUntil(scope, server.url(), options, 2);
    await server.reconfigure({ maxPerIp: 10 });
    await transferUntil(scope, server.url(), options, 4);
    expect(server.logins).toBe(4);
  });

  it("for all clients is one like any other", async () => {
    await using server = await startVsftpd({ maxClients: 3 });
    await using scope = new TransportScope();
    await transferUntil(scope, server.url(), { ...eightThatTry, password: server.password }, 3);
    expect(server.logins).toBe(3);
  });
});

/** What each says, and where: ProFTPD after the password or in the greeting, Pure-FTPd in the greeting. */
const others: readonly {
  readonly title: string;
  readonly program: "proftpd" | "pure-ftpd";
  readonly start: () => Promise<RealFtpServer>;
}[] = [
  { title: "of ProFTPD for each host", program: "proftpd", start: () => startProftpd({ maxClientsPerHost: 2 }) },
  { title: "of ProFTPD in all", program: "proftpd", start: () => startProftpd({ maxClients: 2 }) },
  { title: "of ProFTPD at the door", program: "proftpd", start: () => startProftpd({ maxConnectionsPerHost: 2 }) },
  { title: "of Pure-FTPd for each address", program: "pure-ftpd", start: () => startPureFtpd({ maxPerIp: 2 }) },
  { title: "of Pure-FTPd in all", program: "pure-ftpd", start: () => startPureFtpd({ maxClients: 2 }) },
];

describe("a limit", () => {
  for (const { title, program, start } of others) {
    it.runIf(hasProgram(program))(titleNeeding(program, `${title} is a capacity, and no failure`), async () => {
      await using server = await start();
      await using scope = new TransportScope();
      await transferUntil(scope, server.url(), { ...eightThatTry, password: server.password }, 2);
      expect(scope.report().connections[0]).toMatchObject({ wiresOpened: 2, wiresLost: 0 });
    });
  }

  it("in words of another server's, in answer to the password, is one as well", async () => {
    const limitReply = "530 Sorry, you have reached your limit of 2 connections.";
    await using server = await startFtpServer({ maxConnections: 2, limitReply });
    await using scope = new TransportScope();
    await transferUntil(scope, server.url, { ...eightThatTry, password: server.password }, 2);
    expect(server.counts.logins).toBe(2);
  });

  it("that leaves no connection at all is waited out for as long as a connect may take", async () => {
    await using server = await startFtpServer({ maxConnections: 0 });
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password, connectTimeoutMs: 5_000 });
    const waiting = transport.stat("");
    await expect.poll(() => server.counts.refused).toBeGreaterThan(1);
    server.maxConnections = 1;
    await expect(waiting).resolves.toMatchObject({ type: "directory" });
  });

  it("that stays is told as what it is, with a way out", async () => {
    await using server = await startFtpServer({ maxConnections: 0 });
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password, connectTimeoutMs: 1_000 });
    await expect(transport.stat("")).rejects.toMatchObject({
      code: "too-many-connections",
      temporary: true,
      hint: expect.stringMatching(/connections/) as string,
    });
  });
});
