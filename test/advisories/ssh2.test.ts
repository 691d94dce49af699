import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { getTransport, isTransportError } from "../../src/index.ts";
import { startSftpServer } from "../../src/testing.ts";

describe("what was found in ssh2, tried on samewire:", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("CVE-2023-48795: the strict key exchange is offered that leaves an attacker no packet to take out", async () => {
    const heard: Buffer[] = [];
    const server = createServer((socket) => {
      socket.write("SSH-2.0-OpenSSH_9.9\r\n");
      socket
        .on("error", () => socket.destroy())
        .on("data", (chunk) => {
          heard.push(chunk);
          if (Buffer.concat(heard).includes("ssh-ed25519")) socket.destroy();
        });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ssh = { config: null, agent: null, identityFile: null, knownHosts: "/dev/null" };
    const error: unknown = await getTransport(`sftp://joe:x@127.0.0.1:${port}/`, [], { ssh })
      .connect()
      .catch((reason: unknown) => reason);
    server.close();
    expect(isTransportError(error), String(error)).toBe(true);
    expect(Buffer.concat(heard).includes("kex-strict-c-v00@openssh.com")).toBe(true);
  });

  it.each(["; touch ", "| touch ", "$(touch ", "& touch ", '" & touch '])(
    "CVE-2020-26301: the name of an agent is the path of a socket, and never a command (%j)",
    async (command) => {
      await using server = await startSftpServer();
      const agent = `${join(folder, "agent")}${command}${join(folder, "made")}`;
      const ssh = {
        config: null,
        identityFile: null,
        knownHosts: "/dev/null",
        unknownHostKey: "accept",
        agent,
      } as const;
      const error: unknown = await getTransport(server.url, [], { ssh })
        .connect()
        .catch((reason: unknown) => reason);
      expect(isTransportError(error, "authentication-failed"), String(error)).toBe(true);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
