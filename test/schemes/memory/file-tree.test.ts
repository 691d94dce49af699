import { describe, expect, it } from "vitest";

import type { ErrorCode } from "../../../src/errors/error-code.ts";
import { FileTree } from "../../../src/schemes/memory/file-tree.ts";

const forWriting = { write: true, create: true } as const;

function write(tree: FileTree, path: string, content: string | Uint8Array): void {
  const file = tree.open(path, { ...forWriting, truncate: true });
  file.write(0, Buffer.from(content));
  file.close();
}

function read(tree: FileTree, path: string): Buffer {
  const file = tree.open(path, { read: true });
  const content = file.read(0, file.stat().sizeBytes);
  file.close();
  return content;
}

function expectCode(work: () => unknown, code: ErrorCode): void {
  expect(work).toThrow(expect.objectContaining({ name: "TransportError", code }));
}

describe("a file tree", () => {
  it("keeps showing a reader the file that it opened, after another was renamed over it and after its name is gone", () => {
    const tree = new FileTree();
    write(tree, "/old", "old");
    write(tree, "/new", "new");
    const reader = tree.open("/old", { read: true });
    tree.rename("/new", "/old", { replace: true });
    tree.unlink("/old");
    expect(reader.read(0, 10).toString()).toBe("old");
    expect(reader.stat()).toMatchObject({ links: 0, sizeBytes: 3 });
  });

  it("gives copies of what it holds: a write changes nothing that was read", () => {
    const tree = new FileTree();
    write(tree, "/file", "before");
    const before = read(tree, "/file");
    write(tree, "/file", "after!");
    expect(before.toString()).toBe("before");
  });

  it("renames without replacing, as SFTP version 3 wants it", () => {
    const tree = new FileTree();
    write(tree, "/a", "a");
    write(tree, "/b", "b");
    tree.mkdir("/empty");
    tree.mkdir("/dir");
    expectCode(() => tree.rename("/a", "/b", { replace: false }), "already-exists");
    expectCode(() => tree.rename("/a", "/a", { replace: false }), "already-exists");
    expectCode(() => tree.rename("/dir", "/empty", { replace: false }), "already-exists");
    tree.rename("/a", "/c", { replace: false });
    expect([read(tree, "/b").toString(), read(tree, "/c").toString()]).toEqual(["b", "a"]);
  });

  it("refuses to move a directory into itself, or anything over a directory that holds it", () => {
    const tree = new FileTree();
    tree.mkdir("/dir");
    tree.mkdir("/dir/sub");
    write(tree, "/dir/sub/file", "");
    expectCode(() => tree.rename("/dir", "/dir/sub/dir", { replace: true }), "invalid-path");
    expectCode(() => tree.rename("/dir", "/dir/dir", { replace: true }), "invalid-path");
    expectCode(() => tree.rename("/", "/dir/root", { replace: true }), "invalid-path");
    expectCode(() => tree.rename("/dir/sub/file", "/dir", { replace: true }), "directory-not-empty");
    expectCode(() => tree.rmdir("/"), "permission-denied");
  });

  it("follows links through a moved directory, and gives up on a loop", () => {
    const tree = new FileTree();
    tree.mkdir("/dir");
    tree.mkdir("/dir/sub");
    write(tree, "/file", "above");
    tree.symlink("../file", "/dir/link");
    tree.rename("/dir", "/moved", { replace: true });
    expect(tree.realpath("/moved/sub/../link")).toBe("/file");
    expect(tree.realpath("/moved/sub/new")).toBe("/moved/sub/new");
    expect(tree.realpath("/..")).toBe("/");
    tree.symlink("b", "/a");
    tree.symlink("a", "/b");
    expectCode(() => tree.stat("/a"), "invalid-path");
    expectCode(() => tree.open("/a", forWriting), "invalid-path");
    expect(tree.lstat("/a").type).toBe("link");
  });

  it("takes any name but those that no file system takes", () => {
    const tree = new FileTree();
    const names = ["%2e", " ", "\n", "a\\b", "__proto__", "constructor", "ä", "a\u0308", "😀", "x".repeat(1000)];
    for (const name of names) write(tree, `/${name}`, name);
    expect(tree.readdir("/").map(({ name }) => name)).toEqual(names);
    for (const name of names) expect(read(tree, `/${name}`).toString()).toBe(name);
    expectCode(() => tree.mkdir("/a\0b"), "invalid-path");
    expectCode(() => tree.symlink("a\0b", "/link"), "invalid-path");
    expectCode(() => tree.symlink("", "/link"), "not-found");
    expectCode(() => tree.mkdir("/"), "already-exists");
  });

  it("keeps twelve bits of mode, and times as they are given", () => {
    const tree = new FileTree();
    tree.mkdir("/dir", 0o41_777);
    expect(tree.stat("/dir").mode).toBe(0o1777);
    const [mtime, atime] = [new Date(1_000_000_123), new Date(2_000_000_456)];
    tree.setAttributes("/dir", { mode: 0o100_640, mtime, atime }, { followLinks: true });
    expect(tree.stat("/dir")).toMatchObject({ mode: 0o640, mtime, atime });
    expectCode(() => tree.setAttributes("/dir", { sizeBytes: 0 }, { followLinks: true }), "is-a-directory");
  });

  it("serves each open file only for what it was opened for, and not once it is closed", () => {
    const tree = new FileTree();
    const writer = tree.open("/file", forWriting);
    const reader = tree.open("/file", { read: true });
    expectCode(() => writer.read(0, 1), "permission-denied");
    expectCode(() => reader.write(0, Buffer.from("x")), "permission-denied");
    expectCode(() => reader.setAttributes({ sizeBytes: 1 }), "permission-denied");
    expect(tree.openFiles).toBe(2);
    for (const file of [writer, reader, reader]) file.close();
    expect(tree.openFiles).toBe(0);
    expectCode(() => reader.read(0, 1), "closed");
  });

  it("copies a range between open files, also within one", () => {
    const tree = new FileTree();
    write(tree, "/from", "0123456789");
    write(tree, "/to", "abcdef");
    const from = tree.open("/from", { read: true, write: true });
    const to = tree.open("/to", { write: true });
    from.copyTo(to, { offset: 2, length: 3, targetOffset: 1 });
    from.copyTo(to, { offset: 8, targetOffset: 6 });
    from.copyTo(from, { targetOffset: 10 });
    from.copyTo(to, { offset: 99 });
    expect([read(tree, "/to").toString(), read(tree, "/from").toString()]).toEqual([
      "a234ef89",
      "01234567890123456789",
    ]);
  });
});

describe("the space of a file tree", () => {
  it("has a limit, and a write beyond it changes nothing", () => {
    const tree = new FileTree({ maxBytes: 10 });
    write(tree, "/a", "123456");
    expectCode(() => write(tree, "/b", "12345"), "no-space");
    expect([tree.usedBytes, tree.stat("/b").sizeBytes]).toEqual([6, 0]);
    expectCode(() => tree.setAttributes("/a", { sizeBytes: 11 }, { followLinks: true }), "no-space");
    write(tree, "/a", "1234567890");
    tree.setAttributes("/a", { sizeBytes: 2 }, { followLinks: true });
    expect(tree.usedBytes).toBe(2);
  });

  it("is free again when the last name of a file is gone and it is closed", () => {
    const tree = new FileTree({ maxBytes: 10 });
    write(tree, "/a", "123456");
    tree.link("/a", "/b");
    const file = tree.open("/a", { read: true, write: true });
    tree.unlink("/a");
    write(tree, "/c", "c");
    tree.rename("/c", "/b", { replace: true });
    expect(tree.usedBytes).toBe(7);
    file.write(6, Buffer.from("789"));
    expect(tree.usedBytes).toBe(10);
    file.close();
    expect(tree.usedBytes).toBe(1);
  });

  it("takes no memory for what was never written", () => {
    const tree = new FileTree();
    const file = tree.open("/file", { ...forWriting, read: true });
    file.write(2 ** 42, Buffer.from("end"));
    expect(file.stat().sizeBytes).toBe(2 ** 42 + 3);
    expect(file.read(2 ** 41, 4)).toEqual(Buffer.alloc(4));
    expect(file.read(2 ** 42 - 2, 9).toString("latin1")).toBe("\0\0end");
    file.truncate(2 ** 42 + 1);
    file.truncate(2 ** 42 + 3);
    expect(file.read(2 ** 42 - 2, 9).toString("latin1")).toBe("\0\0e\0\0");
    expectCode(() => file.write(Number.MAX_SAFE_INTEGER, Buffer.from("xx")), "no-space");
  });

  it("holds content that crosses its blocks, wherever it is read", () => {
    const tree = new FileTree();
    const content = Buffer.alloc(700_001, "abcdefg");
    const file = tree.open("/file", { ...forWriting, read: true });
    for (let at = 0; at < content.length; at += 99_991) file.write(at, content.subarray(at, at + 99_991));
    expect(read(tree, "/file").equals(content)).toBe(true);
    for (const at of [0, 262_143, 262_144, 524_287, 699_999, 700_001, 700_002]) {
      expect(file.read(at, 300_000).equals(content.subarray(at, at + 300_000)), `from ${at}`).toBe(true);
    }
    file.truncate(262_145);
    file.truncate(300_000);
    expect(file.read(262_144, 3).toString("latin1")).toBe(`${content.toString("latin1", 262_144, 262_145)}\0\0`);
  });
});
