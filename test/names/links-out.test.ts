import { dirname } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { copyFiles, copyTree, getTransport, sync, walk } from "../../src/index.ts";
import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import type { Fence } from "./fence.ts";
import { secret } from "./fence.ts";
import { onEveryFence } from "./fences.ts";

/** What the links in the fence say, by their paths. The directory above the fence is `OUTSIDE`. */
const links: Readonly<Record<string, string>> = {
  "to-file": "../secret",
  "to-file-absolute": "OUTSIDE/secret",
  "to-dir": "../secrets",
  "to-dir-absolute": "OUTSIDE/secrets",
  "through-another": "to-dir",
  "dir/deep": "../../secrets",
  up: "..",
  root: "/",
  dot: ".",
  "dot-dot": "dot/../../secrets",
  "out-and-in": "../fence/../secrets",
  "not-there-yet": "../made",
  "dir/not-there-yet": "../../made",
  "x.lock": "../secrets",
};

/** Where each of these is a link on the way, or at the end of it. */
const toFiles = ["to-file", "to-file-absolute", "to-dir/file", "to-dir-absolute/file", "through-another/file"];
const deeper = ["dir/deep/file", "up/secret", "up/up/secret", "dot-dot/file", "out-and-in/file", "dir/../up/secret"];
const files = [...toFiles, ...deeper];
const directories = ["to-dir", "to-dir-absolute", "through-another", "dir/deep", "up", "root", "dot-dot", "dot/up"];
const missing = ["not-there-yet", "dir/not-there-yet", "to-dir/new", "up/made", "through-another/new"];

type Call = (transport: Transport, path: string) => Promise<unknown>;

const reading: Readonly<Record<string, Call>> = {
  has: (transport, path) => transport.has(path),
  "stat through links": (transport, path) => transport.stat(path, { followLinks: true }),
  get: async (transport, path) => await bytesOf(await transport.get(path)),
  getBytes: (transport, path) => transport.getBytes(path),
  readv: (transport, path) => collect(transport.readv(path, [{ offset: 0, length: 1 }])),
  digest: (transport, path) => transport.digest(path),
  "copy from": (transport, path) => transport.copy(path, "copy"),
};

const writing: Readonly<Record<string, Call>> = {
  "put in place": (transport, path) => transport.put(path, "changed", { atomic: false }),
  append: (transport, path) => transport.append(path, "changed"),
  openWriteStream: (transport, path) => transport.openWriteStream(path),
};

/** Those that concern the name itself: a link at the end they take for what it is. */
const onNames: Readonly<Record<string, Call>> = {
  stat: (transport, path) => transport.stat(path),
  put: (transport, path) => transport.put(path, "changed"),
  "put with parents": (transport, path) => transport.put(`${path}/a/b`, "changed", { createParents: true }),
  mkdir: (transport, path) => transport.mkdir(path),
  delete: (transport, path) => transport.delete(path),
  rmdir: (transport, path) => transport.rmdir(path),
  deleteTree: (transport, path) => transport.deleteTree(path),
  "rename from": (transport, path) => transport.rename(path, "renamed"),
  "rename to": (transport, path) => transport.rename("file", path),
  "move from": (transport, path) => transport.move(path, "moved"),
  "move to": (transport, path) => transport.move("file", path),
  "copy to": (transport, path) => transport.copy("file", path),
  readlink: (transport, path) => transport.readlink(path),
  symlink: (transport, path) => transport.symlink("file", path),
  hardlink: (transport, path) => transport.hardlink("file", path),
  lock: (transport, path) => transport.lock(path),
  lockInfo: (transport, path) => transport.lockInfo(path),
  breakLock: (transport, path) => transport.breakLock(path, { id: "file", holder: "" }),
  "setAttributes of it": (transport, path) => transport.setAttributes(path, { mtime: new Date(0) }),
  "createPrefix of a clone": (transport, path) => transport.clone(`${path}/a/b`).createPrefix(),
};

onEveryFence("links that lead out of a chroot", (open, name) => {
  if (["http", "dav", "s3"].includes(name)) {
    it("are none: there are no links, and nothing is asked because of them", async () => {
      await using fence = await open();
      const jail = fence.scope.getTransport(`chroot+${fence.url}`, fence.options);
      await fence.plain.getBytes("dir/inside");
      const unfenced = fence.asked().length;
      await jail.getBytes("dir/inside");
      expect(fence.asked()).toHaveLength(unfenced);
    });
    return;
  }

  let fence: Fence;
  let jail: Transport;
  let outside: Readonly<Record<string, string>>;

  beforeEach(async () => {
    fence = await open();
    jail = fence.scope.getTransport(`chroot+${fence.url}`, fence.options);
    for (const [path, text] of Object.entries(links)) fence.link?.(text.replace("OUTSIDE", dirname(fence.root)), path);
    outside = await outsideOf(fence);
  });
  afterEach(async () => {
    expect(await outsideOf(fence)).toEqual(outside);
    await fence[Symbol.asyncDispose]();
  });

  async function expectRefused(work: Promise<unknown>, path: string): Promise<void> {
    const error: unknown = await work.then(
      (answer) => expect.unreachable(`${path} was not refused: ${String(answer)}`),
      (reason: unknown) => reason,
    );
    expect(error, `${path}: ${String(error)}`).toMatchObject({ code: "outside-base", effect: "none" });
    if (!path.includes("secret")) expect(String(error)).not.toMatch(/secret|made/);
  }

  it.each(Object.entries(reading))("are not followed by %s", async (_verb, read) => {
    for (const path of files) {
      await expectRefused(read(jail, path), path);
      await expectRefused(read(jail.clone("dir"), `../${path}`), path);
    }
  });

  it("are not followed by list, nor by the clone of a directory", async () => {
    for (const path of directories) {
      await expectRefused(collect(jail.list(path)), path);
      await expectRefused(collect(jail.clone(path).list()), path);
      await expectRefused(jail.clone(path).ensureBase(), path);
    }
  });

  it.each(Object.entries(writing))(
    "are not followed by %s, whether or not they lead to something",
    async (_verb, write) => {
      const { writeStream, append } = jail.capabilities;
      expect(writeStream && append).toBe(true);
      for (const path of [...files, ...missing]) await expectRefused(write(jail, path), path);
    },
  );

  it.each(Object.entries(onNames))("are not followed on the way by %s", async (verb, call) => {
    const { symlinks, hardlinks, setsMtime } = jail.capabilities;
    const able = { readlink: symlinks, symlink: symlinks, hardlink: hardlinks, "setAttributes of it": setsMtime };
    for (const path of [
      "to-dir/file",
      "through-another/file",
      "dir/deep/file",
      "up/secret",
      "dot-dot/new",
      "to-dir/new",
    ])
      if (able[verb as keyof typeof able] !== false) await expectRefused(call(jail, path), path);
  });

  it("are deleted, renamed and replaced as what they are", async () => {
    await jail.delete("to-file");
    await jail.deleteTree("to-dir");
    await jail.rename("dir/deep", "dir/moved");
    await jail.put("not-there-yet", "a file now");
    await jail.put("to-file-absolute", "another one");
    const now = await fence.everything();
    for (const gone of ["to-file", "to-dir", "dir/deep"]) expect(now).not.toHaveProperty([`${fence.root}/${gone}`]);
    expect(now[`${fence.root}/not-there-yet`]).toBe("a file now");
    expect(now[`${fence.root}/to-file-absolute`]).toBe("another one");
  });

  it("keep a lock from being taken, and nobody learns whose it is not", async () => {
    await expectRefused(jail.lock("x"), "x");
    await expectRefused(jail.lockInfo("x"), "x");
    await expectRefused(jail.breakLock("x", { id: "file", holder: "" }), "x");
  });

  it("are followed where they stay inside, as far as the server tells where they lead", async () => {
    for (const [path, text] of [
      ["in", "file"],
      ["in-dir", "dir"],
      ["around", "dir/../file"],
      ["dir/in", "../in"],
      ["in-absolute", `${fence.root}/file`],
      ["loop", "loop"],
    ] as const)
      fence.link?.(text, path);
    for (const path of ["in", "around", "dir/in", "in-absolute"]) {
      if (jail.capabilities.symlinks) expect(String(await jail.getBytes(path)), path).toBe("a file");
      else await expectRefused(jail.getBytes(path), path);
    }
    if (!jail.capabilities.symlinks) return;
    expect(String(await jail.getBytes("in-dir/inside"))).toBe("inside a directory");
    expect((await collect(jail.list("in-dir"))).map(({ path }) => path)).toContain("in-dir/inside");
    await expect(jail.getBytes("loop")).rejects.toMatchObject({ code: "invalid-path", path: "loop" });
  });

  it("are not made", async () => {
    if (!jail.capabilities.symlinks) return;
    const above = dirname(fence.root);
    const refused = [
      "..",
      "../secret",
      "dir/../../secret",
      "/",
      "/etc/passwd",
      above,
      `${above}/secret`,
      `${fence.root}-post`,
    ];
    for (const target of [...refused, `${fence.root}/../secret`, "to-dir", "up/secret", "..\\secret", "C:/secret"])
      await expectRefused(jail.symlink(target, "made"), target);
    await expectRefused(jail.symlink("../../secret", "dir/made"), "made");
    await jail.symlink("../file", "dir/fine");
    await jail.symlink(`${fence.root}/file`, "fine");
    expect(String(await jail.getBytes("dir/fine"))).toBe("a file");
    expect(String(await jail.getBytes("fine"))).toBe("a file");
  });

  it("are walked over, and copied nowhere with what they lead to", async () => {
    const walked: string[] = [];
    for await (const { path } of walk(jail)) walked.push(path);
    expect(walked).toContain("dir/inside");
    expect(walked.filter((path) => directories.some((directory) => path.startsWith(`${directory}/`)))).toEqual([]);
    for (const work of [copyTree, sync]) {
      const target = getTransport("memory:///target/", []);
      const report = await work(jail, target);
      for await (const { path, stat } of walk(target)) {
        if (stat.type === "link") expect(["dot", "through-another"], path).toContain(path);
        else expect(String(await target.getBytes(path))).not.toContain(secret);
      }
      expect(report.files).toBe(2);
      expect(report.failures.map(({ path }) => path)).toContain("to-file");
      await target.disconnect();
    }
  });

  it("are not written through by a copy or a sync that has them in its target", async () => {
    const source = getTransport("memory:///source/", []);
    for (const path of ["to-dir/file", "up/secret", "dir/deep/file", "through-another/new", "to-file", "fine"])
      await source.put(path, "changed", { createParents: true });
    for (const atomic of [true, false]) {
      const copied = await copyTree(source, jail, { atomic });
      expect(copied.failures.map(({ path }) => path)).toEqual(expect.arrayContaining(["to-dir", "up", "dir/deep"]));
      await copyFiles(source, ["up/secret", "to-dir/file"], jail, { atomic });
      expect(await outsideOf(fence)).toEqual(outside);
    }
    expect(String(await jail.getBytes("fine"))).toBe("changed");
    await sync(source, jail, { delete: true });
    await source.disconnect();
  });
});

async function outsideOf(fence: Fence): Promise<Record<string, string>> {
  const entries = Object.entries(await fence.everything());
  return Object.fromEntries(entries.filter(([path]) => !path.startsWith(`${fence.root}/`)));
}
