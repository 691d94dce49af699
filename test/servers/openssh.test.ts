import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { once } from "node:events";

import { Client } from "ssh2";
import { describe, expect, it } from "vitest";

import { startTap } from "../../src/testing/tap.ts";
import { hasProgram, titleNeeding } from "./find-servers.ts";
import { startOpenSsh } from "./openssh.ts";

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "a real sshd"), () => {
  it("lets the test user in through a tap, counts one connection, and leaves nothing", async () => {
    const server = await startOpenSsh();
    const tap = await startTap({ port: server.port });
    const client = new Client();
    client.connect({
      host: tap.host,
      port: tap.port,
      username: server.user,
      privateKey: await readFile(server.identityFile),
    });
    await once(client, "ready");
    expect([server.accepted, server.logins]).toEqual([1, 1]);
    expect([tap.accepted, tap.open]).toEqual([1, 1]);
    client.end();
    await once(client, "close");
    await tap.close();
    await server.stop();
    expect(existsSync(server.folder)).toBe(false);
  });
});
