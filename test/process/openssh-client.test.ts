import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { sshProcesses } from "../schemes/sftp/openssh-processes.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { ensureBuilt, root } from "./built-package.ts";

const canRun = hasProgram("openssh-server") && hasProgram("openssh-client");
const title = titleNeeding("openssh-client", titleNeeding("openssh-server", "a program on a process of ssh"));

describe.runIf(canRun)(title, () => {
  let server: OpenSshServer;

  beforeAll(async () => {
    await ensureBuilt();
    server = await startOpenSsh();
  });
  afterAll(() => server.stop());

  /** Starts a program that connects, says so, and goes on with `text`. */
  async function start(text: string): Promise<ReturnType<typeof spawn>> {
    const { identityFile, knownHostsFile: knownHosts } = server;
    const options = { ssh: { client: "openssh", config: null, agent: null, identityFile, knownHosts } };
    const program = `
      import { getTransport } from "samewire";
      const transport = getTransport(${JSON.stringify(server.url())}, [], ${JSON.stringify(options)});
      await transport.put("file", "content");
      console.log("connected");
      ${text}
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 20_000,
    });
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    expect(line).toBe("connected");
    return child;
  }

  it("that forgets to close it ends by itself, and so does the process", async () => {
    const child = await start("");
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
    await expect.poll(() => sshProcesses(server.folder)).toEqual([]);
  });

  it("that is killed takes the process with it", async () => {
    const child = await start("setInterval(() => undefined, 1000);");
    expect(sshProcesses(server.folder)).toHaveLength(1);
    child.kill("SIGKILL");
    await expect.poll(() => sshProcesses(server.folder)).toEqual([]);
  });
});
