import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdtemp, readFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import type { SshOptions, Transport, TransportOptions } from "../../../src/index.ts";
import { getTransport } from "../../../src/index.ts";
import { startTap } from "../../../src/testing.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { OpenSshOptions, OpenSshServer } from "../../servers/openssh.ts";
import { startOpenSsh } from "../../servers/openssh.ts";
import { canAddAccounts } from "../../servers/temporary-account.ts";

const cleanUp: (() => unknown)[] = [];
const canMount = process.platform === "linux" && tryToMount();

describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "OpenSSH"), () => {
  let list: Transport[] = [];
  afterEach(async () => {
    await Promise.all(list.map((transport) => transport.disconnect()));
    list = [];
    for (const undo of cleanUp.splice(0).toReversed()) await undo();
  });

  async function start(options: OpenSshOptions = {}): Promise<OpenSshServer> {
    const server = await startOpenSsh(options);
    cleanUp.push(() => server.stop());
    return server;
  }

  function options(server: OpenSshServer, ssh: SshOptions = {}, more: TransportOptions = {}): TransportOptions {
    const { identityFile, knownHostsFile: knownHosts } = server;
    return { ...more, ssh: { config: null, agent: null, identityFile, knownHosts, ...ssh } };
  }

  it.runIf(canAddAccounts)("that demands a key and a password is given both, whichever it wants first", async () => {
    for (const methods of ["publickey,password", "password,publickey"]) {
      const server = await start({
        account: true,
        config: ["PasswordAuthentication yes", `AuthenticationMethods ${methods}`],
      });
      const both = options(server, {}, { password: server.password ?? "" });
      const transport = getTransport(server.url(), list, both);
      await transport.put("file", "content");
      expect(await readFile(join(server.root, "file"), "utf8")).toBe("content");
      await expect(getTransport(server.url(), [], options(server)).connect()).rejects.toMatchObject({
        code: "authentication-failed",
      });
    }
  });

  it.runIf(canAddAccounts)("gives the login directory for /~/, and no permission where there is none", async () => {
    const server = await start({ account: true });
    const transport = getTransport(`sftp://${server.user}@127.0.0.1:${server.port}/~/`, list, options(server));
    await transport.put("file", "content");
    expect(await readFile(join(server.home, "file"), "utf8")).toBe("content");
    expect(await transport.stat("")).toMatchObject({ type: "directory" });
    await transport.clone("deeper").createPrefix();
    await transport.put("deeper/~", "a file that is called tilde");
    expect(await readdir(join(server.home, "deeper"))).toEqual(["~"]);
    expect(await transport.has("/etc/passwd")).toBe(true);
    for (const change of [
      () => transport.put("/etc/samewire", "x"),
      () => transport.mkdir("/etc/samewire"),
      () => transport.delete("/etc/passwd"),
      () => transport.rename("/etc/passwd", "/etc/samewire"),
      () => transport.getBytes("/etc/shadow"),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: "permission-denied" });
    }
  });

  it("with the requests that MaxStartups lets through serves many programs at once", async () => {
    const server = await start({ config: ["MaxStartups 2:100:2"] });
    const transports = Array.from({ length: 6 }, () => getTransport(server.url(), [], options(server)));
    await Promise.all(transports.map((transport, index) => transport.put(`file-${index}`, "content")));
    expect(await readdir(server.root)).toHaveLength(6);
    await Promise.all(transports.map((transport) => transport.disconnect()));
  });

  it("keeps names that are not UTF-8 from being mangled: they are left out of a listing, and nothing is deleted around them", async () => {
    const server = await start();
    const bytes = Buffer.concat([Buffer.from(join(server.root, "caf")), Buffer.from([0xe9])]);
    await writeFile(bytes, "latin");
    await writeFile(join(server.root, "plain"), "utf8");
    const transport = getTransport(server.url(), list, options(server));
    const names: string[] = [];
    for await (const { name } of transport.list()) names.push(name);
    expect(names).toEqual(["plain"]);
    await expect(transport.rmdir("")).rejects.toMatchObject({ code: "directory-not-empty" });

    const latin = getTransport(server.url(), list, options(server, { encoding: "latin1" }));
    expect(String(await latin.getBytes("café"))).toBe("latin");
    await latin.put("naïve", "x");
    expect((await readdir(server.root, "buffer")).map(({ length }) => length)).toEqual(
      expect.arrayContaining([4, 5, 5]),
    );
    await expect(latin.put("日本", "x")).rejects.toMatchObject({ code: "invalid-path" });
    expect(server.accepted).toBe(2);
  });

  it("reads files whose length it does not say, and those of which it says too much", async () => {
    const server = await start();
    const transport = getTransport(server.url("/"), list, options(server));
    expect(String(await transport.getBytes("proc/self/cmdline"))).toContain("sshd");
    const chunks: Buffer[] = [];
    for await (const chunk of (await transport.get("proc/version")) as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe(await readFile("/proc/version", "utf8"));
    await expect(transport.getBytes("proc/version", { maxBytes: 3 })).rejects.toMatchObject({ code: "no-space" });
  });

  it.runIf(canMount)(
    `${canMount ? "" : "[skipped: nothing can be mounted here] "}with a full disk is no-space, keeps the old content, and no temporary remains`,
    async () => {
      const server = await start();
      const small = await mkdtemp(join(server.root, "small-"));
      mount(small);
      cleanUp.push(() => unmount(small));
      const transport = getTransport(server.url(`${small}/`), list, options(server));
      await transport.put("file", "old content");
      await expect(transport.put("file", Buffer.alloc(3 * 1024 * 1024))).rejects.toMatchObject({ code: "no-space" });
      expect(await readFile(join(small, "file"), "utf8")).toBe("old content");
      expect(await readdir(small)).toEqual(["file"]);
    },
  );

  it("dies in the middle of an atomic put: the old content stays, and the next connection removes the temporary", async () => {
    const server = await start();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    const alias = { hostKeyAlias: `[127.0.0.1]:${server.port}` };
    const transport = getTransport(server.url(`${server.root}/`, tap.port), list, options(server, alias));
    await transport.put("file", "old content");
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(2_000_000);
      await expect.poll(() => readdir(server.root)).toHaveLength(2);
      tap.sever();
      for (let times = 0; times < 100; times++) yield Buffer.alloc(2_000_000);
    }
    await expect(transport.put("file", source())).rejects.toMatchObject({ code: "connection-lost" });
    expect(await readFile(join(server.root, "file"), "utf8")).toBe("old content");
    expect(await transport.has("file")).toBe(true);
    expect(await readdir(server.root)).toEqual(["file"]);
  });
});

/** A file system of one megabyte. */
function mount(directory: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", directory], { stdio: "ignore" });
}

function unmount(directory: string): void {
  execFileSync("umount", [directory], { stdio: "ignore" });
}

/** Few machines let a test mount anything: root's own ones, and not every container. */
function tryToMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "samewire-mount-"));
  try {
    mount(directory);
    unmount(directory);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(directory);
  }
}
