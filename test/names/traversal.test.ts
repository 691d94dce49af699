import { afterAll, beforeAll, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { chroot, isTransportError } from "../../src/index.ts";
import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import type { Fence } from "./fence.ts";
import { secret } from "./fence.ts";
import { onEveryFence } from "./fences.ts";

/** Ways that lead out, or that somebody may have taken for ways that do. */
const forms = [
  "..",
  "../",
  "/",
  "//",
  "../secret",
  "../../secret",
  "./.././secret",
  "dir/../../secret",
  "dir/../../../../../../etc/passwd",
  "/../secret",
  "/secret",
  "//secret",
  "/etc/passwd",
  "//etc/passwd",
  "///etc//passwd",
  "../fence-post",
  "../fence/../secret",
  "../secrets/",
  "%2e%2e/secret",
  ".%2e/secret",
  "..%2fsecret",
  "..%2Fsecret",
  "%2e%2e%2fsecret",
  "%252e%252e%252fsecret",
  "..%252fsecret",
  "..%5csecret",
  "..\\secret",
  "dir\\..\\..\\secret",
  "\\..\\secret",
  "..\\../secret",
  "~",
  "~/secret",
  "~root/secret",
  "..\0/secret",
  "file\0/../../secret",
  "../secret\0",
  "a/../../x",
  "..;/secret",
  ".../secret",
  ".. /secret",
  "..\u2215secret",
  "\u2025/secret",
  "..%c0%afsecret",
  "C:/../secret",
  "file:///etc/passwd",
  "-/../../secret",
];

const reading: Readonly<Record<string, (transport: Transport, path: string) => Promise<unknown>>> = {
  has: (transport, path) => transport.has(path),
  stat: (transport, path) => transport.stat(path),
  "stat through links": (transport, path) => transport.stat(path, { followLinks: true }),
  list: (transport, path) => collect(transport.list(path)),
  get: async (transport, path) => String(await bytesOf(await transport.get(path))),
  getBytes: async (transport, path) => String(await transport.getBytes(path)),
  readv: async (transport, path) => (await collect(transport.readv(path, [{ offset: 0, length: 1 }]))).map(String),
  digest: (transport, path) => transport.digest(path),
  readlink: (transport, path) => transport.readlink(path),
  "a clone's list": (transport, path) => collect(transport.clone(path).list()),
};

const changing: typeof reading = {
  put: (transport, path) => transport.put(path, "changed"),
  "put in place": (transport, path) => transport.put(path, "changed", { atomic: false, createParents: true }),
  append: (transport, path) => transport.append(path, "changed"),
  openWriteStream: async (transport, path) => {
    const stream = await transport.openWriteStream(path);
    await new Promise<void>((resolve) => stream.end("changed", resolve));
  },
  mkdir: (transport, path) => transport.mkdir(path),
  "ensureBase of a clone": (transport, path) => transport.clone(path).ensureBase(),
  "createPrefix of a clone": (transport, path) => transport.clone(path).createPrefix(),
  "copy to": (transport, path) => transport.copy("file", path),
  "copy from": (transport, path) => transport.copy(path, "copied"),
  hardlink: (transport, path) => transport.hardlink("file", path),
  "hardlink of": (transport, path) => transport.hardlink(path, "linked"),
  symlink: (transport, path) => transport.symlink("file", path),
  setAttributes: (transport, path) => transport.setAttributes(path, { mtime: new Date(0) }),
  lock: async (transport, path) => await (await transport.lock(path)).release(),
  "rename to": (transport, path) => transport.rename("file", path),
  "rename from": (transport, path) => transport.rename(path, "renamed"),
  "move to": (transport, path) => transport.move("file", path),
  "move from": (transport, path) => transport.move(path, "moved"),
  delete: (transport, path) => transport.delete(path),
  rmdir: (transport, path) => transport.rmdir(path),
  deleteTree: (transport, path) => transport.deleteTree(path),
};

onEveryFence("paths that lead out of a chroot", (open, name) => {
  let fence: Fence;
  let jail: Transport;
  let outside: Readonly<Record<string, string>>;

  beforeAll(async () => {
    fence = await open();
    jail = fence.scope.getTransport(`chroot+${fence.url}`, fence.options);
    outside = await outsideOf(fence);
    expect(Object.keys(outside).length).toBeGreaterThanOrEqual(6);
    await jail.has("file");
    if (fence.records) expect(fence.asked().length, "the record works").toBeGreaterThan(0);
  });
  afterAll(async () => {
    await fence[Symbol.asyncDispose]();
  });

  function expectInside(what: string): void {
    for (const asked of fence.asked()) {
      const path = asked.replace(/\*$/, ""); // FTP asks for a directory itself with a pattern.
      expect(`${path}/`.startsWith(`${fence.root}/`), `${what} asked for ${asked}`).toBe(true);
      expect(path.split("/"), `${what} asked for ${asked}`).not.toContain("..");
    }
  }

  it.each(Object.keys(reading))("are not read: %s", async (verb) => {
    const read = reading[verb] as (typeof reading)[string];
    for (const transport of [jail, jail.clone("dir"), chroot(fence.plain)])
      for (const path of forms) {
        const answer = await attempt(() => read(transport, path));
        expect(JSON.stringify(answer), `${verb} ${path}`).not.toContain(secret);
        if (Array.isArray(answer)) expect(JSON.stringify(answer), path).not.toMatch(/secret|fence-post/);
        expectInside(`${verb} ${JSON.stringify(path)}`);
      }
  });

  it.each(Object.keys(changing))("are not changed: %s", async (verb) => {
    const change = changing[verb] as (typeof changing)[string];
    const { writable } = jail.capabilities;
    for (const path of forms) {
      if (writable) await fence.plain.put("file", "a file");
      if (writable) await fence.plain.put("dir/inside", "inside a directory", { createParents: true });
      await attempt(() => change(jail, path));
      expectInside(`${verb} ${JSON.stringify(path)}`);
    }
    expect(await outsideOf(fence)).toEqual(outside);
  });

  it("are said by no URL, path or clone of it", () => {
    for (const path of forms.filter((form) => !form.includes("\0") && !form.includes("\\"))) {
      for (const said of [jail.abspath(path), jail.clone(path).base, jail.clone("dir").abspath(path)])
        expect(said.startsWith(jail.base), `${path} is ${said}`).toBe(true);
      expect(jail.clone(path).externalUrl().startsWith(jail.externalUrl())).toBe(true);
      if (jail.capabilities.local) expect(`${jail.localPath(path)}/`.startsWith(`${fence.root}/`)).toBe(true);
    }
  });

  it("are lent to no URL that says them, whether or not it says chroot+", () => {
    const authority = /^[a-z0-9]+:\/\/[^/]*/.exec(fence.url)?.[0] ?? "";
    for (const prefix of ["chroot+", "", "noop+chroot+", "chroot+noop+", "readonly+"])
      for (const form of forms)
        for (const url of [prefix + fence.url + form, `${prefix}${authority}/${form}`]) {
          const lent = answerOf(() => jail.reuseConnectionFor(url, fence.options));
          if (lent !== undefined) expect(lent.base.startsWith(jail.base), `${url} is ${lent.base}`).toBe(true);
          const path = answerOf(() => jail.relpath(url));
          if (path !== undefined) expect(jail.abspath(path).startsWith(jail.base), url).toBe(true);
        }
  });

  it("leave the inside to be used", async () => {
    if (name === "http") return await expect(jail.getBytes("/dir/../file").then(String)).resolves.toBe("a file");
    await jail.put("/dir/../written", "inside");
    expect(String(await jail.clone("dir").getBytes("/written"))).toBe("inside");
    expect((await collect(jail.list("/"))).map((entry) => entry.path)).toContain("/written");
    expect((await fence.everything())[`${fence.root}/written`]).toBe("inside");
  });
});

async function outsideOf(fence: Fence): Promise<Record<string, string>> {
  const entries = Object.entries(await fence.everything());
  return Object.fromEntries(entries.filter(([path]) => !path.startsWith(`${fence.root}/`)));
}

/** The answer, or the refusal in words. */
async function attempt(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await call()) ?? "";
  } catch (error) {
    if (!isTransportError(error)) throw error;
    return error.message;
  }
}

function answerOf<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isTransportError(error, "invalid-url", "invalid-path", "outside-base", "unsupported-scheme")) return undefined;
    throw error;
  }
}
