import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, it } from "vitest";

import type { ErrorCode } from "../../../src/index.ts";
import { getTransport, isTransportError } from "../../../src/index.ts";
import { translateFileError } from "../../../src/schemes/file/file-errors.ts";

const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

const rejects = (work: Promise<unknown>, code: ErrorCode): Promise<void> =>
  assert.rejects(work, (error) => isTransportError(error, code) || assert.fail(String(error)));

const devices = await Promise.allSettled([stat(tmpdir()), stat("/dev/shm")]);
const [device, otherDevice] = devices.map((result) => (result.status === "fulfilled" ? result.value.dev : undefined));
const differentDisks = otherDevice !== undefined && device !== otherDevice;

describe("local files that are not what they seem", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "samewire-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("a named pipe is refused at once, to be read and to be written in place", async () => {
    await promisify(execFile)("mkfifo", [join(directory, "pipe")]);
    const transport = getTransport(directory);
    await rejects(transport.get("pipe"), "unsupported");
    await rejects(transport.getBytes("pipe"), "unsupported");
    await rejects(transport.copy("pipe", "copy"), "unsupported");
    await rejects(transport.put("pipe", "x", { atomic: false }), "unsupported");
    assert.equal((await transport.stat("pipe")).type, "other");
    await transport.deleteTree("pipe");
    assert.deepEqual(await collect(transport.list()), []);
  });

  it.runIf(process.platform === "linux")("a full disk is no-space", async () => {
    await rejects(getTransport("/dev").put("full", "x", { atomic: false }), "no-space");
  });

  it("a loop of links is an error of its own, and not an absence", async () => {
    await symlink("loop", join(directory, "loop"));
    const transport = getTransport(directory);
    await rejects(transport.has("loop"), "invalid-path");
    await rejects(transport.getBytes("loop/file"), "invalid-path");
  });

  it("a name that is no UTF-8 is dropped from listings and reported, and never deleted under another name", async () => {
    const undecodable = Buffer.concat([Buffer.from(`${directory}/dir/`), Buffer.from([0x61, 0xff])]);
    await mkdir(join(directory, "dir"));
    await writeFile(undecodable, "kept");
    await writeFile(join(directory, "dir", "a\ufffd"), "decodable");
    const reported: unknown[] = [];
    const report = (message: unknown): void => void reported.push(message);
    subscribe("samewire:list:refused-name", report);
    try {
      const transport = getTransport(directory);
      assert.deepEqual(
        (await collect(transport.list("dir"))).map(({ name }) => name),
        ["a\ufffd"],
      );
      assert.equal(reported.length, 1);
      await rejects(transport.deleteTree("dir"), "directory-not-empty");
      assert.equal(await readFile(undecodable, "utf8"), "kept");
    } finally {
      unsubscribe("samewire:list:refused-name", report);
    }
  });

  it.runIf(differentDisks)("a move to another disk moves a file, and refuses a directory, which stays", async () => {
    const elsewhere = await mkdtemp("/dev/shm/samewire-");
    try {
      const transport = getTransport(directory);
      await transport.put("file", "content", { mode: 0o640 });
      await transport.put("dir/file", "inside", { createParents: true });
      await transport.move("file", `${elsewhere}/file`);
      assert.equal(await readFile(join(elsewhere, "file"), "utf8"), "content");
      assert.equal((await stat(join(elsewhere, "file"))).mode & 0o7777, 0o640);
      assert.equal(await transport.has("file"), false);
      await rejects(transport.move("dir", `${elsewhere}/dir`), "unsupported");
      await rejects(transport.rename("dir/file", `${elsewhere}/renamed`), "unsupported");
      assert.equal(String(await transport.getBytes("dir/file")), "inside");
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });

  it("modes are exact under any umask", async () => {
    const umask = process.umask(0o077);
    try {
      const transport = getTransport(directory);
      await transport.put("file", "x", { mode: 0o666 });
      await transport.mkdir("dir", { mode: 0o777 });
      await transport.append("log", "x", { mode: 0o622 });
      assert.equal((await stat(join(directory, "file"))).mode & 0o7777, 0o666);
      assert.equal((await stat(join(directory, "dir"))).mode & 0o7777, 0o777);
      assert.equal((await stat(join(directory, "log"))).mode & 0o7777, 0o622);
    } finally {
      process.umask(umask);
    }
  });
});

describe("local locations", () => {
  it("are paths, absolute or relative, and file: URLs, and all lead to one place", async () => {
    const base = getTransport(process.cwd()).base;
    for (const location of [
      ".",
      "./",
      `${process.cwd()}/`,
      "test/..",
      new URL(base),
      base.replace("file:///", "file://localhost/"),
    ]) {
      assert.equal(getTransport(location).base, base);
    }
    assert.equal(getTransport("odd %41#?").localPath(""), join(process.cwd(), "odd %41#?"));
  });

  it("join no list: there is no wire to share", async () => {
    const list: ReturnType<typeof getTransport>[] = [];
    const transport = getTransport("/", list);
    assert.equal(list.length, 0);
    assert.equal(transport.reuseConnectionFor("/"), undefined);
    assert.equal(transport.explainReuse("/").reuse, false);
    assert.equal(transport.connectionReport(), undefined);
  });
});

describe("errors of the file system", () => {
  const translated: [string, ErrorCode][] = [
    ["EACCES", "permission-denied"],
    ["EPERM", "permission-denied"],
    ["EROFS", "read-only"],
    ["ENOSPC", "no-space"],
    ["EDQUOT", "no-space"],
    ["EXDEV", "unsupported"],
    ["EIO", "unexpected"],
    ["EMFILE", "unexpected"],
  ];
  for (const [code, expected] of translated) {
    it(`${code} is ${expected}, with the system's own error as the cause`, () => {
      const cause = Object.assign(new Error(`${code}: what the system says, open '/a'`), { code });
      const error = translateFileError(cause);
      assert.ok(isTransportError(error, expected));
      assert.equal(error.cause, cause);
      assert.equal(error.reason, "what the system says");
      assert.equal(error.temporary, code === "EMFILE");
    });
  }

  it("anything else stays what it is", () => {
    const bug = new TypeError("a mistake of ours");
    assert.equal(translateFileError(bug), bug);
  });
});
