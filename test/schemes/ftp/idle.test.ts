import { setTimeout } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { TransportScope, getTransport } from "../../../src/index.ts";
import { startFtpServer } from "../../../src/testing.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import { startVsftpd } from "../../servers/vsftpd.ts";

describe("an idle FTP session", () => {
  it("is kept alive with NOOP while it is wanted", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password, keepaliveIntervalMs: 20 });
    await transport.stat("");
    await expect.poll(() => server.commands.get("NOOP") ?? 0).toBeGreaterThan(2);
    await transport.stat("");
    expect(server.accepted).toBe(1);
  });

  it("is closed with a goodbye once nobody wants it, and opened again when somebody does", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password, idleTimeoutMs: 50 });
    await transport.stat("");
    await expect.poll(() => server.open).toBe(0);
    expect(server.commands.get("QUIT")).toBe(1);
    await transport.stat("");
    expect(server.accepted).toBe(2);
    expect(scope.report().connections[0]).toMatchObject({ wiresLost: 0 });
  });

  it("that the server closes with 421 is replaced without anybody noticing", async () => {
    await using server = await startFtpServer({ idleTimeoutMs: 500 });
    const transport = getTransport(server.url, [], { password: server.password });
    for (let times = 0; times < 5; times++) {
      await transport.append("log", "x");
      await expect.poll(() => server.open).toBe(0);
    }
    expect(String(await transport.getBytes("log"))).toBe("xxxxx");
    await transport.disconnect();
  });

  it("that may be gone is asked before it is trusted with anything", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const options = { password: server.password, checkAfterIdleMs: 20, keepaliveIntervalMs: 0 };
    const transport = scope.getTransport(server.url, options);
    await transport.stat("");
    await setTimeout(40);
    await transport.mkdir("dir");
    expect(server.commands.get("NOOP")).toBe(1);
    expect(server.accepted).toBe(1);
  });

  it.runIf(hasProgram("vsftpd"))(
    titleNeeding("vsftpd", "that vsftpd closes with 421 is replaced without anybody noticing"),
    async () => {
      await using server = await startVsftpd({ config: ["idle_session_timeout=1"] });
      const transport = getTransport(server.url(), [], { password: server.password });
      await transport.append("log", "x");
      await expect.poll(() => server.openConnections).toBe(0);
      await transport.append("log", "x");
      expect(String(await transport.getBytes("log"))).toBe("xx");
      expect(server.logins).toBe(2);
      await transport.disconnect();
    },
  );
});
