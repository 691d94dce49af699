import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { chroot, copyTree, getTransport, resolveFile, sync } from "../../src/index.ts";
import { ConnectedTransport, TransportDecorator } from "../../src/extend.ts";
import { startSftpServer } from "../../src/testing.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { fingerprintOf } from "../reuse/sites.ts";

let stores = 0;

describe("chroot+", () => {
  let list: Transport[];
  let top: Transport;
  let base: string;

  beforeEach(async () => {
    base = `memory://chroot-${++stores}`;
    list = [];
    top = getTransport(`${base}/`, list);
    for (const path of ["a/file", "a/b/deep", "secret"]) await top.put(path, path, { createParents: true });
  });
  afterEach(async () => {
    await top.disconnect();
  });

  it("shares the connection of an undecorated candidate, whichever comes first", async () => {
    const inside = getTransport(`chroot+${base}/a/`, list);
    expect(String(await inside.getBytes("/file"))).toBe("a/file");
    expect(list).toEqual([top]);
    expect(top.connectionReport()?.wiresOpened).toBe(1);
    const other: Transport[] = [];
    const first = getTransport(`chroot+${base}/a/`, other);
    await first.stat("");
    expect(other).toHaveLength(1);
    expect(other[0]).toBeInstanceOf(ConnectedTransport);
    await getTransport(`${base}/`, other).stat("");
    expect(other[0]?.connectionReport()?.wiresOpened).toBe(1);
    await first.disconnect();
  });

  it("as a candidate answers for URLs of its own inside itself, each with that URL for its root", async () => {
    const inside = chroot(getTransport(`${base}/a/`, list));
    for (const url of [`${base}/a/`, `${base}/a/b/`, `chroot+${base}/`, `chroot+${base}/ab/`, `noop+${base}/a/`])
      expect(inside.reuseConnectionFor(url), url).toBeUndefined();
    expect(inside.reuseConnectionFor(`chroot+${base}/a/`)).toBe(inside);
    const deeper = inside.reuseConnectionFor(`chroot+${base}/a/b/`);
    expect(deeper?.clone("../..").base).toBe(`chroot+${base}/a/b/`);
    // A clone reaches as far up as what it was made from; what its URL gets does not.
    const clone = inside.clone("b");
    expect(String(await clone.getBytes("../file"))).toBe("a/file");
    const again = clone.reuseConnectionFor(clone.base);
    expect(again?.clone("..").base).toBe(`chroot+${base}/a/b/`);
    await expect(again?.getBytes("../file")).rejects.toMatchObject({ code: "not-found", path: "../file" });
    expect(inside.explainReuse(`${base}/a/b/`).reuse).toBe(false);
  });

  it("is left by nothing that is made from it", async () => {
    const inside = getTransport(`chroot+${base}/a/`, list);
    const reached = [
      inside.clone(".."),
      inside.clone("b").clone("/"),
      inside.clone("b/../../.."),
      inside.clone("b").clone("../.."),
    ];
    for (const transport of reached) {
      expect(transport.base).toBe(inside.base);
      await expect(transport.getBytes("secret")).rejects.toMatchObject({ code: "not-found", path: "secret" });
    }
    const { transport, path } = resolveFile(`chroot+${base}/a/../secret`, [inside]);
    expect(transport.base).toBe(`chroot+${base}/`);
    expect(path).toBe("secret");
    expect(transport.connectionReport()).not.toEqual(inside.connectionReport());
    await transport.disconnect();
  });

  it("in a chroot, and behind other prefixes, is one", async () => {
    for (const prefix of ["chroot+chroot+", "trace+chroot+", "chroot+trace+", "readonly+chroot+"]) {
      const inside = getTransport(`${prefix}${base}/a/b/`, list);
      expect(String(await inside.getBytes("/deep"))).toBe("a/b/deep");
      expect(inside.abspath("../../x")).toBe(`${prefix}${base}/a/b/x`);
    }
    const inner = chroot(chroot(getTransport(`${base}/a/`, list)).clone("b"));
    await expect(inner.getBytes("../file")).rejects.toMatchObject({ code: "not-found" });
  });

  it("gives entries and errors the paths that the caller gave", async () => {
    const inside = getTransport(`chroot+${base}/a/`, list).clone("b");
    for (const [path, paths] of [
      ["", ["deep"]],
      [".", ["deep"]],
      ["/", ["/b", "/file"]],
      ["..", ["../b", "../file"]],
      ["/../b/", ["/../b/deep"]],
    ] as const) {
      const entries = await collect(inside.list(path));
      expect(entries.map((entry) => entry.path).toSorted()).toEqual(paths);
      for (const entry of entries) expect(await inside.has(entry.path), entry.path).toBe(true);
    }
    const missing = { code: "not-found", path: "/../../missing", operation: "getBytes" };
    await expect(inside.getBytes("/../../missing")).rejects.toMatchObject(missing);
    await expect(inside.rename("/missing", "x")).rejects.toMatchObject({ path: "/missing", operation: "rename" });
    await expect(collect(inside.list("../missing"))).rejects.toMatchObject({ path: "../missing", operation: "list" });
    expect(() => inside.clone("/a\0b")).toThrow(expect.objectContaining({ code: "invalid-path", path: "/a\0b" }));
    expect(() => inside.localPath("/x")).toThrow(expect.objectContaining({ code: "not-local", path: "/x" }));
  });

  it("has a root that is made and filled, and whose own name is not touched", async () => {
    const inside = getTransport(`chroot+${base}/new/`, list);
    const beyond = getTransport(`chroot+${base}/not/there/`, list);
    await expect(beyond.put("x/file", "", { createParents: true })).rejects.toMatchObject({ code: "not-found" });
    await expect(beyond.clone("x").createPrefix()).rejects.toMatchObject({ code: "not-found" });
    expect(await top.has("not")).toBe(false);
    expect(await inside.clone("x/y").createPrefix()).toBe(true);
    expect(await inside.ensureBase()).toBe(false);
    await inside.put("z/file", "content", { createParents: true });
    for (const work of [
      () => inside.deleteTree(""),
      () => inside.rmdir("/"),
      () => inside.rename(".", "x/root"),
      () => inside.move("..", "x/root"),
      () => inside.lock(""),
    ])
      await expect(work()).rejects.toMatchObject({ code: "outside-base" });
    for (const work of [
      () => inside.put("", "content"),
      () => inside.delete(""),
      () => inside.copy("z/file", "/"),
      () => inside.symlink("z", ".."),
      () => inside.append("", ""),
    ])
      await expect(work()).rejects.toMatchObject({ code: "is-a-directory" });
    expect((await collect(top.list())).map(({ name }) => name).toSorted()).toEqual(["a", "new", "secret"]);
  });

  it("is copied and synced as any other directory, also into itself by another name", async () => {
    const inside = getTransport(`chroot+${base}/a/`, list);
    const target = getTransport(`chroot+${base}/copy/`, list);
    expect((await copyTree(inside, target)).failures).toEqual([]);
    expect(String(await top.getBytes("copy/b/deep"))).toBe("a/b/deep");
    await inside.delete("b/deep");
    expect(await sync(inside, target, { delete: true, compare: "content" })).toMatchObject({
      deleted: 1,
      failures: [],
    });
    expect(await top.has("copy/b/deep")).toBe(false);
  });

  it("changes every function that takes a path: one that is added to transports, and forwarded as it is, would be a way out", () => {
    const own = Object.getOwnPropertyNames(Object.getPrototypeOf(chroot(top)));
    const forwarded = Object.getOwnPropertyNames(TransportDecorator.prototype).filter((name) => !own.includes(name));
    const withoutPaths = ["location", "capabilities", "ask", "stream", "explainReuse", "externalUrl", "requestFor"];
    const ofTheWire = ["connect", "disconnect", "connectionReport"];
    expect(forwarded.toSorted()).toEqual([...withoutPaths, ...ofTheWire].toSorted());
  });

  it("refuses an encoded slash on the web as outside, in words, as every boundary", () => {
    for (const prefix of ["chroot+", "readonly+"]) {
      const inside = getTransport(`${prefix}http://host.example/a/`, []);
      expect(inside.reuseConnectionFor(`${prefix}http://host.example/a/..%2fsecret`)).toBeUndefined();
      expect(inside.explainReuse(`${prefix}http://host.example/a/..%2fsecret`).reuse).toBe(false);
      expect(() => inside.relpath(`${prefix}http://host.example/a/..%2fsecret`)).toThrow(
        expect.objectContaining({ name: "TransportError", code: "invalid-path" }),
      );
    }
  });
});

it("chroot+ over SFTP looks at each name on the way once, and at none of what it does not follow", async () => {
  await using server = await startSftpServer();
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
  const home = getTransport(server.url, [], { password: server.password, ssh });
  await home.put("a/b/file", "content", { createParents: true });
  const inside = chroot(home);
  const looks = (): number => server.requests.get("lstat") ?? 0;
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    const before = looks();
    await work();
    return looks() - before;
  };
  expect(await cost(() => inside.getBytes("a/b/file"))).toBe(3);
  expect(await cost(() => inside.clone("a/b").getBytes("file"))).toBe(3);
  expect(await cost(() => inside.delete("a/b/file"))).toBe(2);
  expect(await cost(() => collect(inside.list("")))).toBe(0);
  expect(await cost(() => inside.rmdir("a/b"))).toBe(1);
  expect(await cost(() => inside.deleteTree("a"))).toBe(1); // What deleteTree asks itself.
  expect(server.requests.get("realpath") ?? 0).toBe(0);
  await home.disconnect();
});
