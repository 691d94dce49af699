import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { EntryFilter, GlobOptions, TlsOptions, Transport, TransportOptions } from "../../src/index.ts";
import { copyTree, getTransport, globs, planSync, resolveFile, sync } from "../../src/index.ts";

describe("who has no types to be told by", () => {
  it("is told that options do not come second", () => {
    const options: TransportOptions = { password: "secret" };
    for (const wrong of [options, null, "memory:///", 1] as unknown as Transport[][])
      for (const attempt of [getTransport, resolveFile])
        expect(() => attempt("memory://misuse/a", wrong)).toThrow(
          expect.objectContaining({
            code: "unsupported",
            message: expect.stringContaining("getTransport(location, undefined, options)"),
          }),
        );
  });

  it("is told that trees are copied between transports, and not between locations", async () => {
    await using transport = getTransport("memory:///");
    const location = "memory:///" as unknown as Transport;
    for (const operation of [copyTree, sync])
      for (const [name, ends] of Object.entries({ source: [location, transport], target: [transport, location] }))
        await expect(operation(...(ends as [Transport, Transport]))).rejects.toMatchObject({
          code: "unsupported",
          message: expect.stringMatching(`the ${name} is no transport.*getTransport`),
        });
  });

  it("is told that a filter is a function, and what makes one of patterns", async () => {
    await using source = getTransport("memory:///");
    await using target = getTransport("memory:///");
    await source.put("a.ts", "");
    for (const wrong of ["*.ts", ["*.ts"], { include: "*.ts" }, /ts$/, true] as unknown as EntryFilter[])
      for (const operation of [copyTree, planSync, sync])
        await expect(operation(source, target, { filter: wrong })).rejects.toMatchObject({
          code: "unsupported",
          message: expect.stringMatching(/a filter is a function.*filter: globs\(\{ include: "\*\.ts" \}\)/),
        });
    expect(await target.has("a.ts")).toBe(false);
    for (const wrong of ["*.ts", ["*.ts"], undefined, null] as unknown as GlobOptions[])
      expect(() => globs(wrong)).toThrow(
        expect.objectContaining({
          code: "unsupported",
          message: expect.stringContaining('globs({ include: "*.ts" })'),
        }),
      );
  });

  it("is warned of options that no scheme has, once for each connection", () => {
    const warnings: object[] = [];
    const silent = (): void => undefined;
    const warn = (fields: object, message: string): void => void warnings.push({ ...fields, message });
    const logger = { trace: silent, debug: silent, info: silent, warn, error: silent };
    const message = "no scheme has this option";
    const url = "memory://misuse-warned/";
    const list: Transport[] = [];
    const options = {
      logger,
      passwrd: "secret",
      username: "joe",
      ssh: { indentityFile: "a", agent: null },
      user: "joe",
    };
    for (const given of [undefined, list, list]) {
      getTransport(url, given, options as TransportOptions);
      if (given === undefined)
        expect(warnings.splice(0)).toEqual([
          { url, option: "passwrd", meant: "password", message },
          { url, option: "username", message },
          { url, option: "ssh.indentityFile", meant: "ssh.identityFile", message },
        ]);
    }
    expect(warnings).toHaveLength(3);
    // Those of another scheme, and what is not given, are no mistake.
    getTransport("memory:///", [], {
      logger,
      password: undefined,
      s3: { region: "x" },
      ftp: { account: "y" },
      tls: "required",
    });
    getTransport("sftp://h/", [], { logger, credentials: { provenance: "explicit" }, http: { headers: { a: "b" } } });
    expect(warnings).toHaveLength(3);
  });

  it("is told what tls may be, and does not log in in the clear where something else was meant to say that it must not", () => {
    for (const wrong of [true, 1, "requird", null, { required: 1 }, { required: "yes" }] as unknown as TlsOptions[])
      expect(() => getTransport("ftp://h/", [], { tls: wrong })).toThrow(
        expect.objectContaining({ code: "unsupported", message: expect.stringContaining('tls: "required"') }),
      );
  });

  it("is told that a path is a string", async () => {
    await using transport = getTransport("memory:///");
    for (const wrong of [undefined, null, 1, new URL("memory:///a")] as unknown as string[])
      await expect(transport.stat(wrong)).rejects.toMatchObject({
        code: "invalid-path",
        message: expect.stringContaining("a path is a string"),
      });
  });
});

it.each<[url: string, options: TransportOptions]>([
  ["sftp://joe@h/", { user: undefined, password: undefined, proxy: undefined, connections: undefined }],
  ["sftp://joe@h/", { ssh: { identityFile: undefined, passphrase: undefined, knownHosts: undefined } }],
  ["ftpes://joe@h/", { tls: { ca: undefined, fingerprints: undefined }, ftp: { account: undefined } }],
  ["https://joe@h/", { tls: { cert: undefined, key: undefined }, http: { bearerToken: undefined } }],
  ["s3://bucket/", { s3: { endpoint: undefined, region: undefined, profile: undefined } }],
])("an option whose value the environment lacks is one that was not given: %s", (url, options) => {
  expect(getTransport(url, []).explainReuse(url, options)).toMatchObject({ reuse: true });
  expect(getTransport(url, [], options).explainReuse(url)).toMatchObject({ reuse: true });
});

describe("a put into a directory that is missing", () => {
  const hint = "Make missing directories with createParents: true";

  it.each(["memory:///", mkdtempSync(join(tmpdir(), "samewire-misuse-"))])("says how it is made: %s", async (base) => {
    await using transport = getTransport(base);
    await expect(transport.put("a/b", "x")).rejects.toMatchObject({ code: "not-found", hint });
    await expect(transport.put("a/b", "x", { atomic: false })).rejects.toMatchObject({ code: "not-found", hint });
    // What the source has not is another matter.
    await transport.mkdir("a");
    const nothing = (async function* () {
      yield await transport.getBytes("c");
    })();
    await expect(transport.put("a/b", nothing)).rejects.toMatchObject({ operation: "getBytes", hint: undefined });
    if (!base.includes(":")) rmSync(base, { recursive: true });
  });
});

it.each(["memory:///", mkdtempSync(join(tmpdir(), "samewire-misuse-"))])(
  "a delete of a directory says what deletes those: %s",
  async (base) => {
    await using transport = getTransport(base);
    await transport.mkdir("d");
    await expect(transport.delete("d")).rejects.toMatchObject({
      code: "is-a-directory",
      hint: expect.stringMatching(/rmdir.*deleteTree/),
    });
    if (!base.includes(":")) rmSync(base, { recursive: true });
  },
);
