import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { S3Server } from "../../src/testing.ts";
import { startFtpServer, startS3Server, startWebdavServer } from "../../src/testing.ts";
import { startApache } from "../servers/apache.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startNginx } from "../servers/nginx.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { startVsftpd } from "../servers/vsftpd.ts";
import { ensureBuilt } from "../process/built-package.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("program.mjs", import.meta.url));

/** What the program says after it wrote, and after it read, wherever that was. */
const written = ["streamed 100000", "gone false not-found", "again already-exists directory-not-empty", ""].join("\n");
const read = [
  "names [ 'drafts/', 'first note.txt' ] [ 'large', 'large.bak', 'note' ]",
  "text one, revised: ☃",
  "copied file 100000 true",
  "end true",
  "parts [ true, true, true ]",
  "missing false not-found",
  "moved made its parents",
  "",
].join("\n");

/** The same program against one scheme after the other, with nothing but a URL, and what a user has set up in a home and an environment. */
describe("a program that only knows a URL does the same", () => {
  let home: string;
  beforeAll(async () => {
    await ensureBuilt();
    home = mkdtempSync(join(tmpdir(), "samewire-home-"));
    chmodSync(home, 0o755);
    mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  }, 120_000);
  afterAll(() => rmSync(home, { recursive: true }));

  async function notes(what: "write" | "read" | "both", url: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const { SSH_AUTH_SOCK: _agent, ...inherited } = process.env;
    const options = { env: { ...inherited, HOME: home, ...env }, timeout: 25_000 };
    const { stdout, stderr } = await run(process.execPath, [program, what, url], options);
    expect(stderr).toBe("");
    return stdout;
  }

  it("in memory", async () => {
    expect(await notes("both", "memory://notes/of/mine/")).toBe(written + read);
  });

  it("in a folder, by its URL and by its path", async () => {
    expect(await notes("both", pathToFileURL(join(home, "by url")).href)).toBe(written + read);
    expect(await notes("both", `${join(home, "by path")}/`)).toBe(written + read);
  });

  it("on an FTP server of this process", async () => {
    await using server = await startFtpServer({ users: { joe: "correct horse" } });
    expect(await notes("both", `${server.url.replace("joe@", "joe:correct%20horse@")}notes/`)).toBe(written + read);
  });

  it("on an S3 server of this process, which the environment names", async () => {
    await using server = await startS3Server({ buckets: ["notes"] });
    expect(await notes("both", "s3://notes/of/mine/", s3Environment(server))).toBe(written + read);
    expect(server.accepted).toBe(1);
  });

  it.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", "on OpenSSH"), async () => {
    await using server = await startOpenSsh();
    const config = [
      "Host notes",
      "HostName 127.0.0.1",
      `Port ${server.port}`,
      `IdentityFile ${server.identityFile}`,
      `UserKnownHostsFile ${server.knownHostsFile}`,
    ];
    writeFileSync(join(home, ".ssh/config"), `${config.join("\n")}\n`, { mode: 0o600 });
    expect(await notes("both", `sftp://${server.user}@notes${server.root}/notes/`)).toBe(written + read);
    expect(server.accepted).toBe(1);
  });

  it.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "on vsftpd"), async () => {
    await using server = await startVsftpd();
    const url = `ftp://${server.user}:${encodeURIComponent(server.password)}@127.0.0.1:${server.port}/notes/`;
    expect(await notes("both", url)).toBe(written + read);
    expect(server.accepted).toBe(1);
  });

  it("on a WebDAV server of this process", async () => {
    await using server = await startWebdavServer({ login: { scheme: "basic", users: { joe: "correct horse" } } });
    expect(await notes("both", `${server.url.replace("http://", "dav://joe:correct%20horse@")}notes/`)).toBe(
      written + read,
    );
    expect(server.accepted).toBe(1);
  });

  it.runIf(hasProgram("apache"))(titleNeeding("apache", "on Apache with WebDAV"), async () => {
    await using server = await startApache({
      dav: true,
      login: { user: "joe", password: "correct horse", scheme: "digest" },
    });
    chmodSync(server.root, 0o777);
    expect(await notes("both", server.url("/notes/").replace("http://", "dav://joe:correct%20horse@"))).toBe(
      written + read,
    );
    expect(server.accepted).toBe(1);
  });

  it.runIf(hasProgram("nginx"))(titleNeeding("nginx", "on a web server, as far as it goes: to read"), async () => {
    await using server = await startNginx();
    chmodSync(server.root, 0o755);
    expect(await notes("write", pathToFileURL(join(server.root, "notes")).href)).toBe(written);
    expect(await notes("read", server.url("/notes/"))).toBe(read);
    expect(server.accepted).toBe(1);
  });
});

/** What a user sets for Amazon's own tools. */
function s3Environment(
  server: Pick<S3Server, "url" | "region" | "accessKeyId" | "secretAccessKey">,
): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL_S3: server.url,
    AWS_REGION: server.region,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}
