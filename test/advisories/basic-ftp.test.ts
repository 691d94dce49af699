import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { copyTree, getTransport, isTransportError } from "../../src/index.ts";
import type { Transport } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { ftpDays } from "../bad-day/ftp-day.ts";
import { forEver } from "../bad-day/scripted-ftp-server.ts";

/** Command lines that no test sends, so that one that arrives was smuggled in. */
const smuggled = "DELE victim";

const lineEnds = [`a\r\n${smuggled}`, `a\n${smuggled}`, `a\r${smuggled}`, `a\0\r\n${smuggled}`];

describe("what was found in basic-ftp, tried on samewire:", () => {
  const day = ftpDays();
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it("GHSA-5rq4-664w-9x2c: a listing that climbs writes nothing outside the folder that is downloaded to", async () => {
    const { server } = day();
    const names = ["../escaped", "../../escaped", "/escaped", "..", "fine"];
    server.on("MLSD", (session, path) =>
      session.send(path === "/tree" ? names.map((name) => `type=file;size=7; ${name}\r\n`).join("") : ""),
    );
    server.on("MLST", (session, path) =>
      session.reply(`250-Facts:\n type=${path === "/tree" ? "dir" : "file"};size=7; ${path}\n250 End.`),
    );
    server.files.set("/tree/fine", Buffer.from("content"));
    const report = await copyTree(day().transport().clone("tree"), getTransport(`${folder}/inside/`));
    expect(await readdir(folder)).toEqual(["inside"]);
    expect(await readdir(join(folder, "inside"))).toEqual(["fine"]);
    expect(report.failures.length).toBeGreaterThan(0);
  });

  const verbs: Readonly<Record<string, (transport: Transport, path: string) => Promise<unknown>>> = {
    stat: (transport, path) => transport.stat(path),
    list: (transport, path) => collect(transport.list(path)),
    getBytes: (transport, path) => transport.getBytes(path),
    put: (transport, path) => transport.put(path, "content"),
    append: (transport, path) => transport.append(path, "content"),
    mkdir: (transport, path) => transport.mkdir(path),
    delete: (transport, path) => transport.delete(path),
    rmdir: (transport, path) => transport.rmdir(path),
    "rename from": (transport, path) => transport.rename(path, "x"),
    "rename to": (transport, path) => transport.rename("x", path),
    setAttributes: (transport, path) => transport.setAttributes(path, { mode: 0o600 }),
  };
  it.each(Object.entries(verbs))(
    "GHSA-chqc-8p9q-pq6q: a line end in the path of %s is no command, and the connection goes on",
    async (_name, verb) => {
      const transport = day().transport();
      for (const path of lineEnds) {
        const error: unknown = await verb(transport, path).catch((reason: unknown) => reason);
        expect(isTransportError(error, "invalid-path"), String(error)).toBe(true);
      }
      await day().works(transport);
      expect(day().server.received.filter((line) => line.includes("victim"))).toEqual([]);
      expect(day().server.accepted).toBe(1);
    },
  );

  it("GHSA-6v7q-wjvx-w8wg, GHSA-r4jh-29pc-gfqr: a line end in a user, a password or an account is refused, is no command, and is not shown", async () => {
    const { server, scope, witness } = day();
    for (const [at, text] of lineEnds.entries()) {
      const secret = `hidden${at}${text}`;
      witness.keepSecret(`hidden${at}`);
      for (const given of [{ password: secret }, { password: "p", ftp: { account: secret } }]) {
        const error: unknown = await Promise.resolve()
          .then(() => scope.getTransport(day().url(), { logger: witness.logger, ...given }).stat("file"))
          .catch((reason: unknown) => reason);
        witness.hear(error);
        expect(isTransportError(error), String(error)).toBe(true);
      }
      expect(() => scope.getTransport(day().url().replace("joe@", ""), { user: text })).toThrow(/\[invalid-url\]/);
      expect(() => scope.getTransport(day().url().replace("joe", encodeURIComponent(text)))).toThrow(/\[invalid-url\]/);
    }
    expect(server.received.filter((line) => line.includes("victim"))).toEqual([]);
  });

  it("GHSA-rp42-5vxx-qpwr, GHSA-rpmf-866q-6p89: a greeting of many lines without end is given up", async () => {
    const { server, witness } = day();
    server.on("greeting", forEver("220-Welcome\r\n"));
    const transport = day().transport({ connectTimeoutMs: 20_000 });
    await witness.failure(transport.stat("x"), { code: "protocol-error", operation: "stat", says: /has no end/ });
    await day().works(transport);
  });

  /** What makes an expression that goes back and forth go back and forth for minutes. */
  const tedious = 30_000;

  it.each([
    `-rw-r--r-- ${" 1".repeat(tedious)}`,
    `-${"rw".repeat(tedious)}`,
    `${"0".repeat(tedious)} x`,
    `01-01-20${" ".repeat(tedious)}x`,
    `d${"r".repeat(tedious)} 1 2 3 4`,
    `${"type=".repeat(tedious)};`,
    `${"a=b;".repeat(tedious)}`,
  ])("GHSA-c475-qrg2-pj4r: a line of a listing that takes long to understand is no entry, soon (%#)", async (line) => {
    const { server } = day();
    server.features = ["EPSV", "SIZE", "MDTM", "UTF8"];
    server.on("LIST", (session) => session.send(`${line}\r\n-rw-r--r-- 1 ftp ftp 6 Jan 02 2020 fine\r\n`));
    const transport = day().transport({ silenceTimeoutMs: 20_000 });
    const outcome: unknown = await collect(transport.list("")).catch((reason: unknown) => reason);
    if (isTransportError(outcome)) expect(outcome.code).toBe("protocol-error");
    else expect(outcome).toEqual(expect.arrayContaining([expect.objectContaining({ name: "fine" })]));
  });

  it.each([
    ["PASV", `227 ${"12345,".repeat(tedious)}`],
    ["PASV", `227 ${"(".repeat(tedious)}127,0,0,1`],
    ["EPSV", `229 ${"(|||".repeat(tedious)}`],
    ["EPSV", `229 (|||${"1".repeat(tedious)}`],
  ])(
    "GHSA-5rfr-xx34-2xxv: an answer to %s that takes long to understand is none, soon (%#)",
    async (command, reply) => {
      const { server, witness } = day();
      if (command === "PASV") server.on("EPSV", "500 What?");
      server.on(command, reply);
      const transport = day().transport({ silenceTimeoutMs: 20_000 });
      const error: unknown = await transport.getBytes("file").catch((reason: unknown) => reason);
      witness.hear(error);
      expect(isTransportError(error, "protocol-error"), String(error)).toBe(true);
      await day().works(transport);
    },
  );
});
