import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { FtpServer } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import type { SftpServer } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));

const starters: Record<string, () => Promise<SftpServer | FtpServer>> = {
  "an SFTP server": () => startSftpServer({ users: { joe: { password: "secret" } } }),
  "an FTP server": () => startFtpServer({ users: { joe: "secret" } }),
};

/** Programs that use the built package as their users do, in a process of their own. */
describe.each(Object.entries(starters))("a program that imports the package and uses %s", (_name, start) => {
  let server: SftpServer | FtpServer;
  let folder: string;

  beforeAll(async () => {
    if (!existsSync(join(root, "dist/index.js"))) await run("npm", ["run", "build"], { cwd: root });
  });
  beforeEach(async () => {
    server = await start();
    folder = await mkdtemp(join(tmpdir(), "samewire-"));
    if ("knownHosts" in server) await writeFile(join(folder, "known_hosts"), server.knownHosts);
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** Runs a program; the limit is far above what ending by itself takes, and below every idle limit. */
  async function program(text: string): Promise<string> {
    const prelude = `
      import * as samewire from "samewire";
      const options = { password: "secret", ssh: { config: null, agent: null, identityFile: null, knownHosts: ${JSON.stringify(join(folder, "known_hosts"))} } };
      const url = ${JSON.stringify(server.url)};
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", prelude + text], {
      cwd: root,
      timeout: 20_000,
    });
    return stdout;
  }

  it("and forgets to close anything ends by itself, its connection still open", async () => {
    const out = await program(`
      const list = [];
      const transport = samewire.getTransport(url, list, options);
      await transport.put("file", "content");
      const scope = new samewire.TransportScope();
      await scope.getTransport(url, options).getBytes("file");
      console.log(transport.connectionReport().state, performance.now() < 15_000);
    `);
    expect(out).toBe("ready true\n");
    expect(server.accepted).toBe(2);
    await expect.poll(() => server.open).toBe(0);
  });

  it("and leaves a stream unread ends by itself", async () => {
    expect(
      await program(`
        const transport = samewire.getTransport(url, [], options);
        await transport.put("big", Buffer.alloc(8 * 1024 * 1024));
        await transport.get("big");
        console.log("opened");
      `),
    ).toBe("opened\n");
  });

  it("and has pinned its connection ends by itself, the connection still open", async () => {
    const out = await program(`
      const transport = samewire.getTransport(url, [], { ...options, pin: true });
      await transport.put("file", "content");
      const { state, pinned } = transport.connectionReport();
      console.log(state, pinned, performance.now() < 15_000);
    `);
    expect(out).toBe("ready true true\n");
    await expect.poll(() => server.open).toBe(0);
  });

  it("lives until its operations are answered", async () => {
    expect(
      await program(`
        const transport = samewire.getTransport(url, [], options);
        transport.put("late", "content").then(() => transport.getBytes("late")).then((bytes) => console.log(String(bytes)));
      `),
    ).toBe("content\n");
  });

  it("has loaded no vendor's package before it needs one", async () => {
    const out = await program(`
      import { createRequire } from "node:module";
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => /node_modules.(ssh2|ssh-config|basic-ftp)/.test(path)).length;
      const before = loaded();
      samewire.getTransport(url, [], options);
      console.log(before, loaded(), Object.keys(samewire).includes("getTransport"));
    `);
    expect(out).toBe("0 0 true\n");
  });
});
