import { describe, expect, it } from "vitest";

import { refusedLink, refusedName } from "../../src/operations/hostile-name.ts";

describe("a name from a server, on Windows", () => {
  it.each([
    "a\\b",
    "..\\x",
    "C:",
    "C:x",
    "file:stream",
    "con",
    "NUL.txt",
    "com1",
    "lpt9.log",
    "a.",
    "a ",
    "a*b",
    "a\u0001",
  ])("%j is refused", (name) => {
    expect(refusedName(name, "win32")).toBeTypeOf("string");
  });

  it.each(["a", ".profile", "console", "com10", "a b", "é", "~", "100%"])("%j is one", (name) => {
    expect(refusedName(name, "win32")).toBeUndefined();
  });
});

it("elsewhere a backslash is a character like any other", () => {
  expect(refusedName("a\\b", "linux")).toBeUndefined();
  expect(refusedName("a\\b", undefined)).toBeUndefined();
});

describe("a link below a tree", () => {
  it.each([
    ["x", "a"],
    ["./x", "a"],
    ["b/c", "a"],
    ["../x", "sub/a"],
    ["../../x/y", "a/b/c"],
    ["..", "sub/a"],
    [".", "a"],
  ])("that says %j at %s stays inside", (target, path) => {
    expect(refusedLink(target, path, "linux")).toBeUndefined();
  });

  it.each([
    ["/etc/passwd", "a"],
    ["../x", "a"],
    ["..", "a"],
    ["../../x", "sub/a"],
    ["b/../../x", "a"],
    // Lexically inside; but if "dot" is a link to ".", this is the parent of the tree.
    ["dot/../x", "a"],
    ["", "a"],
  ])("that says %j at %s is refused", (target, path) => {
    expect(refusedLink(target, path, "linux")).toBeTypeOf("string");
  });

  it("may not lead away by Windows' own ways either", () => {
    expect(refusedLink("C:\\Windows", "a", "win32")).toBeTypeOf("string");
    expect(refusedLink("..\\x", "a", "win32")).toBeTypeOf("string");
  });
});
