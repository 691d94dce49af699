import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { isTransportError } from "../../src/index.ts";
import type { HttpServer, WebdavServer } from "../../src/testing.ts";
import { startHttpServer, startWebdavServer } from "../../src/testing.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { password } from "./http-day.ts";
import { secretsOf, webdavDays } from "./webdav-day.ts";

const apiKey = "api-key-of-joe";
const users = { joe: password };

/** What changes something, with the method that is sent somewhere else. */
const changes: readonly [name: string, method: string, run: (transport: Transport) => Promise<unknown>][] = [
  ["put", "PUT", (transport) => transport.put("file", "new")],
  ["put", "MOVE", (transport) => transport.put("file", "new")],
  ["put in place", "PUT", (transport) => transport.put("file", "new", { atomic: false })],
  ["mkdir", "MKCOL", (transport) => transport.mkdir("new")],
  ["delete", "DELETE", (transport) => transport.delete("file")],
  ["rmdir", "DELETE", (transport) => transport.rmdir("empty")],
  ["deleteTree", "DELETE", (transport) => transport.deleteTree("dir")],
  ["rename", "MOVE", (transport) => transport.rename("file", "renamed")],
  ["rename of a directory", "MOVE", (transport) => transport.rename("dir", "renamed")],
  ["move", "MOVE", (transport) => transport.move("file", "other")],
];

const statuses = [301, 302, 303, 307, 308] as const;

describe("a bad day with dav: a redirect", () => {
  const day = webdavDays(() => ({ login: { scheme: "basic", users } }));
  let foreign: WebdavServer;
  let plainForeign: HttpServer;

  beforeEach(async () => {
    [foreign, plainForeign] = await Promise.all([startWebdavServer(), startHttpServer()]);
    for (const { tree } of [foreign, plainForeign]) {
      seedTree(tree, "/file", "what a stranger has");
      seedTree(tree, "/dir/strange", "what a stranger has");
    }
  });
  /** The foreign origin must never have seen anything of whom it is not to know. */
  afterEach(async () => {
    const heard = JSON.stringify([foreign.requests, plainForeign.requests]);
    for (const secret of [...secretsOf(password), apiKey, "secret-cookie"]) expect(heard).not.toContain(secret);
    for (const { headers } of [...foreign.requests, ...plainForeign.requests]) {
      expect(headers).not.toHaveProperty("authorization");
      expect(headers).not.toHaveProperty("cookie");
    }
    await Promise.all([foreign.close(), plainForeign.close()]);
  });

  const options = {
    user: "joe",
    password,
    http: { headers: { "X-Api-Key": apiKey, Cookie: "session=secret-cookie" } },
  };

  describe.each(statuses)("with %i", (status) => {
    it.each(changes)(
      "of a %s (%s) to another origin is not followed, and nothing is changed",
      async (_name, method, run) => {
        const { witness } = day();
        witness.keepSecret(apiKey, "secret-cookie");
        const before = day().everything();
        const location = (target: string): string => foreign.url.slice(0, -1) + target;
        day().on(({ method: asked, target }) =>
          asked === method ? { status, headers: { location: location(target) } } : "answer",
        );
        const transport = day().transport(options);
        const error: unknown = await run(transport).catch((reason: unknown) => reason);
        witness.hear(error);
        if (!isTransportError(error)) return expect.unreachable(`it is ${String(error)}`);
        expect(["unsupported", "protocol-error", "is-a-directory"]).toContain(error.code);
        expect(error.effect).not.toBe("done");
        expect(foreign.requests).toEqual([]);
        expect(foreign.accepted).toBe(0);
        await day().works(transport);
        const { "/after": _after, ...left } = day().everything();
        expect(left).toEqual(before);
      },
    );
  });

  it.each(changes)("of a %s (%s) within the origin is not followed either", async (_name, method, run) => {
    const before = day().everything();
    day().on(({ method: asked, target }) =>
      asked === method && !target.includes("elsewhere")
        ? { status: 307, headers: { location: `/elsewhere${target}` } }
        : "answer",
    );
    const transport = day().transport(options);
    const error: unknown = await run(transport).catch((reason: unknown) => reason);
    expect(isTransportError(error), String(error)).toBe(true);
    expect(day().server.requests.filter(({ target }) => target.includes("elsewhere"))).toEqual([]);
    await day().works(transport);
    const { "/after": _after, ...left } = day().everything();
    expect(left).toEqual(before);
  });

  it("of a COPY is not followed: the copy is made through this machine instead", async () => {
    day().answer("COPY", { status: 307, headers: { location: `${foreign.url}other` } });
    await day().transport(options).copy("file", "other");
    expect(day().content("/other")).toBe("the old content");
    expect(foreign.requests).toEqual([]);
  });

  it.each<[string, (transport: Transport) => Promise<unknown>]>([
    ["get", (transport) => transport.getBytes("file")],
    ["stat", (transport) => transport.stat("file")],
    ["list", (transport) => collect(transport.list("dir"))],
    ["readv", (transport) => collect(transport.readv("file", [{ offset: 0, length: 2 }]))],
  ])("of a %s to another origin tells it nothing of who asks", async (_name, run) => {
    const { witness } = day();
    witness.keepSecret(apiKey, "secret-cookie");
    const redirects = (target: string): boolean => !target.includes("after");
    for (const to of [foreign.url, plainForeign.url]) {
      day().on(({ target, headers }) =>
        redirects(target) && headers["authorization"] !== undefined
          ? { status: 302, headers: { location: to.slice(0, -1) + target } }
          : "answer",
      );
      await run(day().transport(options)).catch((error: unknown) => {
        witness.hear(error);
        expect(isTransportError(error), String(error)).toBe(true);
      });
    }
  });

  it.each<[string, string]>([
    ["another scheme", "ftp://127.0.0.1/file"],
    ["a file of this machine", "file:///etc/hostname"],
    ["a place with a user in it", "http://eve:x@127.0.0.1/file"],
    ["nowhere", ""],
    ["what is no URL", "http://[::1/"],
  ])("to %s is not followed", async (_where, location) => {
    day().on(({ headers }) =>
      headers["authorization"] === undefined ? "answer" : { status: 302, headers: { location } },
    );
    const transport = day().transport(options);
    for (const [operation, work] of [
      ["getBytes", () => transport.getBytes("file")],
      ["stat", () => transport.stat("file")],
      ["list", () => collect(transport.list("dir"))],
      ["put", () => transport.put("file", "x")],
    ] as const) {
      const error = await day().failure(work(), ["unsupported", "protocol-error"], operation);
      expect(error.effect).toBe("none");
    }
  });

  it("from one place to another and back ends", async () => {
    day().on(({ target, headers }) =>
      headers["authorization"] === undefined
        ? "answer"
        : { status: 302, headers: { location: target === "/file" ? "/other" : "/file" } },
    );
    const transport = day().transport(options);
    for (const [operation, work] of [
      ["getBytes", () => transport.getBytes("file")],
      ["stat", () => transport.stat("file")],
    ] as const)
      await day().failure(work(), ["too-many-redirects"], operation);
  });
});

describe("a bad day with dav: a slash that is missing", () => {
  const day = webdavDays(() => ({ directorySlash: "redirected" }));

  it("says that a directory is in the way of a file", async () => {
    const { witness } = day();
    const transport = day().transport();
    for (const [operation, work] of [
      ["getBytes", () => transport.getBytes("dir")],
      ["put", () => transport.put("dir", "x")],
      ["delete", () => transport.delete("dir")],
      ["copy", () => transport.copy("file", "dir")],
    ] as const)
      await witness.failure(work(), { code: "is-a-directory", operation, says: /\w/ });
    expect(day().content("/dir/member")).toBe("of the directory");
  });
});
