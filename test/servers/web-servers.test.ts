import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

import { beforeAll, describe, expect, it } from "vitest";

import { startTap } from "../../src/testing/tap.ts";
import { startApache } from "./apache.ts";
import type { ProgramName } from "./find-servers.ts";
import { hasProgram, titleNeeding } from "./find-servers.ts";
import { startForwardProxy } from "./forward-proxy.ts";
import { startNginx } from "./nginx.ts";
import { descendants } from "./process-tree.ts";
import { startPythonHttp } from "./python-http.ts";
import { startRclone } from "./rclone.ts";
import { startS3 } from "./s3-server.ts";
import type { RealServer } from "./real-server.ts";
import { startSocks } from "./socks.ts";
import type { WebTlsIdentity } from "./tls-identity-web.ts";
import { makeWebTlsIdentity } from "./tls-identity-web.ts";

const login = { user: "joe", password: "a b:c/d" };

interface CurlAnswer {
  readonly status: number;
  readonly body: string;
  /** Its own message where it got no answer. */
  readonly error: string;
}

async function curl(url: string, ...args: readonly string[]): Promise<CurlAnswer> {
  const all = ["--silent", "--show-error", "--write-out", "\n%{http_code}", ...args, url];
  const { stdout, stderr } = await promisify(execFile)("curl", all).catch(
    (failure: unknown) => failure as { stdout: string; stderr: string },
  );
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end), error: stderr };
}

const basic = ["--user", `${login.user}:${login.password}`];
const wrong = ["--user", `${login.user}:wrong`];

function describeServer(title: string, needs: readonly ProgramName[], tests: () => void): void {
  const missing = needs.find((name) => !hasProgram(name));
  describe.runIf(missing === undefined)(missing === undefined ? title : titleNeeding(missing, title), tests);
}

/** Opens a connection that stays, by a request on it. */
async function keepOpen(url: string): Promise<Agent> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await new Promise<void>((resolve, reject) => {
    const asked = request(url, { agent }, (answer) => answer.resume().on("end", resolve));
    asked.on("error", reject).end();
  });
  return agent;
}

const every: [name: string, needs: ProgramName[], start: () => Promise<RealServer>][] = [
  ["nginx", ["nginx", "curl"], startNginx],
  ["Apache", ["apache"], startApache],
  ["Apache with processes", ["apache"], () => startApache({ mpm: "prefork" })],
  ["rclone serve webdav", ["rclone"], startRclone],
  ["rclone serve http", ["rclone"], () => startRclone({ serve: "http" })],
  ["http.server of Python", ["python"], startPythonHttp],
  ["tinyproxy", ["tinyproxy"], startForwardProxy],
  ["microsocks", ["microsocks"], startSocks],
  ["Swift", ["swift"], startS3],
];

for (const [name, needs, start] of every) {
  describeServer(name, needs, () => {
    it("ends with all its processes, and leaves no file", async () => {
      const before = descendants(process.pid);
      const server = await start();
      const started = descendants(process.pid).filter((pid) => !before.includes(pid));
      expect(started).not.toEqual([]);
      await server.stop();
      await expect.poll(() => descendants(process.pid).filter((pid) => started.includes(pid))).toEqual([]);
      expect(existsSync(server.folder)).toBe(false);
      await server.stop();
    });
  });
}

describeServer("certificates made on the fly", ["openssl"], () => {
  it("leave no file", async () => {
    const identity = await makeWebTlsIdentity();
    expect(await readFile(identity.caFile, "utf8")).toBe(identity.ca);
    await identity[Symbol.asyncDispose]();
    expect(existsSync(identity.folder)).toBe(false);
  });
});

// What nginx and Apache have in common.
const both = [
  ["nginx", ["nginx", "curl"], startNginx],
  ["Apache", ["apache", "curl"], startApache],
] as const;

for (const [name, needs, start] of both) {
  describeServer(`${name}, as a file server`, needs, () => {
    it("serves files and index pages, logs requests, and counts connections itself", async () => {
      await using server = await start();
      await writeFile(join(server.root, "one file"), "content");
      expect(server.accepted).toBe(0);
      expect((await curl(server.url("/one%20file?a=b"))).body).toBe("content");
      expect((await curl(server.url())).body).toContain('href="one%20file"');
      expect((await curl(server.url("/missing"))).status).toBe(404);
      await expect.poll(() => [server.accepted, server.openConnections]).toEqual([3, 0]);
      const { connection, ...first } = server.requests[0] ?? { connection: "" };
      expect(first).toEqual({ method: "GET", target: "/one%20file?a=b", status: 200, authorization: "" });
      expect(connection).not.toBe("");
    });

    it("counts what is open, and sees a connection once that many requests come on", async () => {
      await using server = await start();
      const agent = await keepOpen(server.url());
      expect([server.accepted, server.openConnections]).toEqual([1, 1]);
      await keepOpen(server.url());
      expect([server.accepted, server.openConnections]).toEqual([2, 2]);
      agent.destroy();
      await expect.poll(() => server.openConnections).toBe(1);
    });

    it("counts a connection that ended without a request", async () => {
      await using server = await start();
      await using tap = await startTap({ port: server.port });
      await curl(`telnet://127.0.0.1:${tap.port}`, "--max-time", "0.2");
      await expect.poll(() => [server.accepted, server.openConnections]).toEqual([1, 0]);
    });

    it("wants user and password", async () => {
      await using server = await start({ login: { ...login, scheme: "basic" } });
      expect((await curl(server.url())).status).toBe(401);
      expect((await curl(server.url(), ...wrong)).status).toBe(401);
      expect((await curl(server.url(), ...basic)).status).toBe(200);
      await expect
        .poll(() => server.requests.map(({ authorization }) => authorization !== ""))
        .toEqual([false, true, true]);
    });

    it("redirects to another origin", async () => {
      await using target = await start();
      await writeFile(join(target.root, "file"), "from elsewhere");
      const redirects = [{ from: "/moved", to: target.url("/file"), status: 307 as const }];
      await using server = await start({ redirects });
      expect((await curl(server.url("/moved"))).status).toBe(307);
      expect((await curl(server.url("/moved"), "--location")).body).toBe("from elsewhere");
      expect([server.accepted, target.accepted]).toEqual([2, 1]);
    });

    it("ends by itself when asked to, and leaves no file", async () => {
      const server = await start();
      await server.stopGracefully();
      expect(existsSync(server.folder)).toBe(false);
    });

    it("says what it said where it cannot start", async () => {
      await expect(start({ config: ["NoSuchWord yes;"] })).rejects.toThrow(/NoSuchWord/);
    });
  });

  describeServer(`${name}, over TLS`, [...needs, "openssl"], () => {
    let identity: WebTlsIdentity;
    beforeAll(async () => {
      identity = await makeWebTlsIdentity();
      return () => identity[Symbol.asyncDispose]();
    });

    it("is trusted by its CA alone", async () => {
      await using server = await start({ tls: { identity } });
      expect(server.url()).toMatch(/^https:/);
      expect((await curl(server.url(), "--cacert", identity.caFile)).status).toBe(200);
      expect((await curl(server.url())).error).toContain("certificate");
      await expect.poll(() => [server.accepted, server.openConnections]).toEqual([2, 0]);
    });

    it("refuses a client without a certificate, where it wants one", async () => {
      await using server = await start({ tls: { identity, clientCertificate: "required" } });
      const trusting = ["--cacert", identity.caFile];
      const certificate = ["--cert", identity.clientCertificateFile, "--key", identity.clientKeyFile];
      expect((await curl(server.url(), ...trusting, ...certificate)).status).toBe(200);
      expect((await curl(server.url(), ...trusting)).status).not.toBe(200);
    });

    it("carries many requests on one connection by HTTP/2", async () => {
      await using server = await start({ tls: { identity }, http2: true });
      await writeFile(join(server.root, "file"), "x".repeat(100_000));
      const urls = Array.from({ length: 9 }, (_, index) => server.url(`/file?${index}`));
      const { status } = await curl(server.url("/file"), "--cacert", identity.caFile, "--parallel", ...urls);
      expect(status).toBe(200);
      await expect.poll(() => server.requests.length).toBe(10);
      expect(server.accepted).toBe(1);
    });
  });
}

describeServer("nginx alone", ["nginx", "curl"], () => {
  it("has no index pages where it shall not", async () => {
    await using server = await startNginx({ autoindex: false });
    expect((await curl(server.url())).status).toBe(403);
  });

  it("puts other options in place without an end, closes idle connections, and counts on", async () => {
    await using server = await startNginx();
    await keepOpen(server.url());
    await server.reload({ login });
    expect((await curl(server.url())).status).toBe(401);
    await expect.poll(() => [server.accepted, server.openConnections]).toEqual([2, 0]);
  });

  it("tells why it did not reload, and goes on as it was", async () => {
    await using server = await startNginx();
    await expect(server.reload({ config: ["no_such_word;"] })).rejects.toThrow(/no_such_word/);
    expect((await curl(server.url())).status).toBe(200);
  });
});

describeServer("Apache alone", ["apache", "curl"], () => {
  it("has the index pages that were asked for", async () => {
    const pages = await Promise.all(
      (["plain", "fancy", "debian", "none"] as const).map(async (index) => {
        await using server = await startApache({ index });
        await writeFile(join(server.root, ".hidden"), "");
        return await curl(server.url());
      }),
    );
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 403]);
    expect(pages.map(({ body }) => /<(ul|pre|table)>/.exec(body)?.[1])).toEqual(["ul", "pre", "table", undefined]);
    expect(pages.map(({ body }) => body.includes(".hidden"))).toEqual([true, true, false, false]);
  });

  it("wants user and password with Digest", async () => {
    await using server = await startApache({ login: { ...login, scheme: "digest" } });
    expect((await curl(server.url(), "--basic", ...basic)).status).toBe(401);
    expect((await curl(server.url(), "--digest", ...wrong)).status).toBe(401);
    expect((await curl(server.url(), "--digest", ...basic)).status).toBe(200);
  });

  it("answers several ranges with several parts", async () => {
    await using server = await startApache();
    await writeFile(join(server.root, "file"), "0123456789");
    const { status, body } = await curl(server.url("/file"), "--range", "0-1,8-9");
    expect(status).toBe(206);
    expect(body.match(/^Content-Range: .*$/gim)?.map((line) => line.trim())).toHaveLength(2);
  });

  it("counts connections to its processes too, but does not tell which are open", async () => {
    await using server = await startApache({ mpm: "prefork" });
    await curl(server.url());
    await expect.poll(() => server.accepted).toBe(1);
    expect(() => server.openConnections).toThrow(/prefork/);
  });
});

const davs = [
  ["nginx", ["nginx", "nginx-dav", "curl"], () => startNginx({ dav: true })],
  ["Apache", ["apache", "curl"], () => startApache({ dav: true })],
  ["rclone", ["rclone", "curl"], () => startRclone()],
] as const;

for (const [name, needs, start] of davs) {
  describeServer(`${name}, as a WebDAV server`, needs, () => {
    it("is written to and listed", async () => {
      await using server = await start();
      expect((await curl(server.url("/made/"), "--request", "MKCOL")).status).toBe(201);
      expect((await curl(server.url("/made/file"), "--upload-file", import.meta.filename)).status).toBe(201);
      expect(await readFile(join(server.root, "made/file"), "utf8")).toBe(await readFile(import.meta.filename, "utf8"));
      const { status, body } = await curl(server.url("/made/"), "--request", "PROPFIND", "--header", "Depth: 1");
      expect([status, body.includes("<D:href>/made/file</D:href>")]).toEqual([207, true]);
      expect((await curl(server.url("/made/"), "--request", "DELETE")).status).toBe(204);
      expect(existsSync(join(server.root, "made"))).toBe(false);
    });

    it("has locks", async () => {
      await using server = await start();
      const body =
        '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
      await curl(server.url("/file"), "--upload-file", import.meta.filename);
      expect((await curl(server.url("/file"), "--request", "LOCK", "--data", body)).status).toBe(200);
      expect((await curl(server.url("/file"), "--request", "DELETE")).status).toBe(423);
    });
  });
}

describeServer("Apache, as a WebDAV server of what a test wrote", ["apache", "curl"], () => {
  it("may change it once it has adopted it", async () => {
    await using server = await startApache({ dav: true });
    await mkdir(join(server.root, "folder"));
    await writeFile(join(server.root, "folder/file"), "");
    server.adopt();
    expect((await curl(server.url("/folder/file"), "--request", "DELETE")).status).toBe(204);
  });
});

describeServer("rclone", ["rclone", "curl"], () => {
  it("wants user and password, and counts the addresses that requests came from", async () => {
    await using server = await startRclone({ login });
    await writeFile(join(server.root, "file"), "content");
    expect((await curl(server.url("/file"))).status).toBe(401);
    expect((await curl(server.url("/file"), ...wrong)).status).toBe(401);
    expect((await curl(server.url("/file"), ...basic)).body).toBe("content");
    await expect.poll(() => server.accepted).toBe(2);
  });

  it("serves files and index pages over plain HTTP, without a count", async () => {
    await using server = await startRclone({ serve: "http" });
    await writeFile(join(server.root, "file"), "content");
    expect((await curl(server.url("/file"))).body).toBe("content");
    expect((await curl(server.url())).body).toContain('<a href="file">');
    expect(() => server.accepted).toThrow(/does not log/);
  });
});

describeServer("http.server of Python", ["python", "curl"], () => {
  it("serves files and index pages, each on a connection of its own", async () => {
    await using server = await startPythonHttp();
    await writeFile(join(server.root, "file"), "content");
    expect((await curl(server.url("/file"))).body).toBe("content");
    expect((await curl(server.url())).body).toContain('<a href="file">');
    expect((await curl(server.url("/missing"))).status).toBe(404);
    await expect.poll(() => server.accepted).toBe(3);
  });
});

describeServer("a forward proxy", ["tinyproxy", "nginx", "curl"], () => {
  it("reaches an origin in both ways, and counts its clients", async () => {
    await using origin = await startNginx();
    await using proxy = await startForwardProxy();
    expect((await curl(origin.url(), "--proxy", proxy.url())).status).toBe(200);
    expect((await curl(origin.url(), "--proxy", proxy.url(), "--proxytunnel")).status).toBe(200);
    await expect.poll(() => proxy.requests).toEqual([`GET ${origin.url()}`, `CONNECT 127.0.0.1:${origin.port}`]);
    await expect.poll(() => [proxy.accepted, proxy.established, origin.accepted]).toEqual([2, 2, 2]);
  });

  it("wants user and password", async () => {
    await using origin = await startNginx();
    await using proxy = await startForwardProxy({ login: { user: "joe", password: "secret" } });
    expect((await curl(origin.url(), "--proxy", proxy.url())).status).toBe(407);
    expect((await curl(origin.url(), "--proxy", proxy.url({ user: "joe", password: "wrong" }))).status).toBe(401);
    expect((await curl(origin.url(), "--proxy", proxy.url({ user: "joe", password: "secret" }))).status).toBe(200);
    await expect.poll(() => [proxy.accepted, origin.accepted]).toEqual([3, 1]);
  });
});

describeServer("a SOCKS server", ["microsocks", "nginx", "curl"], () => {
  it("reaches origins by address and by name, and says which", async () => {
    await using origin = await startNginx();
    await using proxy = await startSocks();
    expect((await curl(origin.url(), "--proxy", proxy.url())).status).toBe(200);
    const byName = origin.url().replace("127.0.0.1", "localhost");
    expect((await curl(byName, "--proxy", proxy.url({}, "socks5h"))).status).toBe(200);
    await expect.poll(() => proxy.targets).toEqual([`127.0.0.1:${origin.port}`, `localhost:${origin.port}`]);
    expect([proxy.accepted, origin.accepted]).toEqual([2, 2]);
  });

  it("wants user and password", async () => {
    await using origin = await startNginx();
    await using proxy = await startSocks({ login });
    expect((await curl(origin.url(), "--proxy", proxy.url({ ...login, password: "wrong" }))).error).toContain(
      "rejected",
    );
    expect((await curl(origin.url(), "--proxy", proxy.url())).status).toBe(0);
    expect((await curl(origin.url(), "--proxy", proxy.url(login))).status).toBe(200);
    await expect.poll(() => [proxy.accepted, origin.accepted]).toEqual([1, 1]);
  });
});
