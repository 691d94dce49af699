import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../../src/index.ts";
import { TransportScope } from "../../../src/index.ts";
import { startFtpServer } from "../../../src/testing.ts";
import { Witness } from "../../bad-day/witness.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

const password = "pass word/of#joe";
const users = { joe: password, ann: "of-ann" };
const files = { "/file": "content", "/a/b": "deeper" };
const login = { scheme: "basic", users } as const;

let folder: string;
let netrc: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "samewire-netrc-"));
  netrc = join(folder, "netrc");
  const text = `machine 127.0.0.1 login joe password "${password}" machine 127.0.0.1 login ann password of-ann\n`;
  await writeFile(netrc, text, { mode: 0o600 });
  process.env["NETRC"] = netrc;
});
afterEach(async () => {
  process.env["NETRC"] = "/dev/null";
  await rm(folder, { recursive: true, force: true });
});

describe("a user in netrc", () => {
  it("is who asks where nobody else is named: after the server has asked", async () => {
    const server = await serverWith(files, { login });
    const transport = open(server.url);
    expect(String(await transport.getBytes("file"))).toBe("content");
    expect(server.requests.map(({ headers }) => headers["authorization"] !== undefined)).toEqual([false, true]);
    expect(transport.base).toBe(server.url.replace("//", "//joe@"));
    expect(transport.relpath(`${server.url}a/b`)).toBe("a/b");
  });

  it("has the password of whoever the URL or an option names", async () => {
    const server = await serverWith(files, { login });
    for (const [url, options] of [
      [server.url.replace("//", "//ann@"), {}],
      [server.url, { user: "ann" }],
    ] as const) {
      const before = server.requests.length;
      expect(await open(url, options).has("file")).toBe(true);
      expect(server.requests[before + 1]?.headers["authorization"]).toBe(basic("ann:of-ann"));
    }
    const unknown = open(server.url.replace("//", "//bob@"));
    expect((await failureOf(unknown.stat("file"))).message).toMatch(/a password for bob/);
  });

  it("shares with whoever gives the same, in either order, in a list and in a scope", async () => {
    const server = await serverWith(files, { login });
    const named = server.url.replace("//", `//joe:${encodeURIComponent(password)}@`);
    const orders = [
      [server.url, named],
      [named, server.url],
      [server.url, server.url.replace("//", "//joe@")],
    ];
    for (const urls of orders) {
      const list: Transport[] = [];
      for (const url of urls) expect(await open(url, {}, list).has("file")).toBe(true);
      expect(list).toHaveLength(1);
      await using scope = new TransportScope();
      for (const url of urls) expect(await scope.getTransport(url).has("file")).toBe(true);
      expect(scope.report().wiresOpened).toBe(1);
    }
    expect(server.accepted).toBe(2 * orders.length);
  });

  it("is not asked for where somebody's token, or nobody, was meant, and a candidate that serves the URL comes first", async () => {
    const server = await serverWith(files);
    const shown = async (options: TransportOptions, list: Transport[] = []): Promise<unknown> => {
      await open(server.url, options, list).has("file");
      return [list[0]?.base, server.requests.at(-1)?.headers["authorization"]];
    };
    expect(await shown({ http: { bearerToken: "t" } })).toEqual([server.url, "Bearer t"]);
    for (const options of [
      { netrc: null },
      { user: null },
      { password: null },
      { credentials: "explicit" },
    ] satisfies TransportOptions[])
      expect(await shown(options)).toEqual([server.url, undefined]);
    const list: Transport[] = [];
    await shown({ http: { bearerToken: "t" } }, list);
    expect(await shown({}, list)).toEqual([server.url, "Bearer t"]);
    expect(list).toHaveLength(1);
  });

  it("asks for nothing where a redirect leads, not even on a host that the file has", async () => {
    const other = await serverWith({ "/file": "other" }, { login });
    const server = await serverWith(files, {
      onRequest: () => ({ status: 302, headers: { location: `${other.url}file` } }),
    });
    expect(await failureOf(open(server.url).getBytes("file"))).toMatchObject({ code: "authentication-failed" });
    expect(other.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });

  it("logs in to an FTP server, too, and nobody else does", async () => {
    await using server = await startFtpServer({ users });
    const url = server.url.replace(/\/\/[^@]*@/, "//");
    const list: Transport[] = [];
    for (const location of [url, url.replace("//", "//joe@")])
      expect(await open(location, {}, list).has("missing")).toBe(false);
    expect(server.accepted).toBe(1);
    expect(await failureOf(open(url, { netrc: null }).stat("missing"))).toMatchObject({
      code: "authentication-failed",
    });
  });

  it("is in no message, log or report with the password, taken or refused", async () => {
    const witness = new Witness([password, basic(`joe:${password}`).slice("Basic ".length), "wr0ngSecret"]);
    const server = await serverWith(files, { login });
    const list: Transport[] = [];
    for (const text of ["", `machine 127.0.0.1 login joe password wr0ngSecret\nwr0ngSecret`]) {
      const file = join(folder, `netrc${text.length}`);
      if (text !== "") await writeFile(file, text, { mode: 0o644 });
      const options = { logger: witness.logger, netrc: text === "" ? netrc : file };
      const transport = open(server.url, options, list);
      await transport.has("file").catch((error: unknown) => witness.hear(error));
      witness.hear([transport, transport.connectionReport(), transport.explainReuse(server.url, options)]);
      witness.hear(await failureOf(transport.stat("missing")));
    }
    expect(witness.heard(/other users can read it/)).toBeGreaterThan(0);
    await witness.swear();
  });
});

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
