import type { EntryType, GlobOptions, WalkedEntry } from "samewire";
import { globs } from "samewire";
import { describe, expect, it } from "vitest";

function entry(path: string, type: EntryType = "file"): WalkedEntry {
  return { name: path.slice(path.lastIndexOf("/") + 1), path, stat: { type, sizeBytes: 0 } };
}

/** Of these paths, directories ending in a slash, what a filter takes when it is asked as a walk asks it: not about what is below what it refused. */
function taken(options: GlobOptions, paths: readonly string[]): string[] {
  const filter = globs(options);
  const refused: string[] = [];
  return paths.filter((path) => {
    const directory = path.endsWith("/");
    if (refused.some((above) => path.startsWith(above))) return false;
    const takes = filter(entry(directory ? path.slice(0, -1) : path, directory ? "directory" : "file"));
    if (!takes && directory) refused.push(path);
    return takes;
  });
}

const tree = [
  "a.tmp",
  ".b.tmp",
  "docs/",
  "docs/c.tmp",
  "docs/d.md",
  "docs/deep/",
  "docs/deep/e.md",
  "build/",
  "build/f",
  "src/",
  "src/build/",
  "src/build/g",
];
const but = (...out: string[]): string[] => tree.filter((path) => !out.some((one) => path.startsWith(one)));

describe("an exclude pattern", () => {
  it("without a slash matches a name at any depth, also one that begins with a dot", () => {
    expect(taken({ exclude: "*.tmp" }, tree)).toEqual(but("a.tmp", ".b.tmp", "docs/c.tmp"));
    expect(taken({ exclude: "build" }, tree)).toEqual(but("build/", "src/build/"));
  });

  it("with a slash in front or in the middle is a path from the base", () => {
    expect(taken({ exclude: "/build" }, tree)).toEqual(but("build/"));
    expect(taken({ exclude: "docs/*.md" }, tree)).toEqual(but("docs/d.md"));
    expect(taken({ exclude: "docs/**/*.md" }, tree)).toEqual(but("docs/d.md", "docs/deep/e.md"));
    expect(taken({ exclude: "docs/**" }, tree)).toEqual(but("docs/c.tmp", "docs/d.md", "docs/deep/"));
    expect(taken({ exclude: "**/build" }, tree)).toEqual(but("build/", "src/build/"));
  });

  it("with a slash at its end means directories only", () => {
    expect(taken({ exclude: "build/" }, [...tree, "docs/build"])).toEqual([
      ...but("build/", "src/build/"),
      "docs/build",
    ]);
  });

  it("takes what a directory that it refuses holds, too, and several at once", () => {
    expect(taken({ exclude: ["docs", "*.tmp"] }, tree)).toEqual(but("a.tmp", ".b.tmp", "docs/"));
  });
});

describe("an include pattern", () => {
  it("chooses files, and leaves every directory to be entered", () => {
    expect(taken({ include: "*.md" }, tree)).toEqual([
      "docs/",
      "docs/d.md",
      "docs/deep/",
      "docs/deep/e.md",
      "build/",
      "src/",
      "src/build/",
    ]);
  });

  it("that matches a directory chooses all that is below it", () => {
    expect(taken({ include: "docs/" }, tree).filter((path) => !path.endsWith("/"))).toEqual([
      "docs/c.tmp",
      "docs/d.md",
      "docs/deep/e.md",
    ]);
    expect(taken({ include: "/src" }, tree).filter((path) => !path.endsWith("/"))).toEqual(["src/build/g"]);
  });

  it("gives way to an exclude pattern", () => {
    expect(taken({ include: "*.md", exclude: "deep" }, tree).filter((path) => !path.endsWith("/"))).toEqual([
      "docs/d.md",
    ]);
  });
});

describe("a pattern", () => {
  it("takes the names of servers as they are: nothing in them is special", () => {
    for (const name of ["a*b", "[x]", "a (1)", "{a,b}", "!a", "a\\b", "a\nb", "$x^", "#a", "a+b|c", "~", "ü"]) {
      const literal = name.replaceAll(/[\\*?[\]{}]/g, "\\$&");
      expect(globs({ exclude: literal })(entry(name)), literal).toBe(false);
      expect(globs({ exclude: literal })(entry(`${name}x`)), literal).toBe(true);
    }
  });

  it("knows stars, question marks, classes and alternatives, and no more", () => {
    const matches = (pattern: string, name: string): boolean => !globs({ exclude: pattern })(entry(name));
    expect(["ab", "aab", "a/b"].map((name) => matches("a?", name))).toEqual([true, false, false]);
    expect(["a1", "ax"].map((name) => matches("a[0-9]", name))).toEqual([true, false]);
    expect(["a1", "ax"].map((name) => matches("a[!0-9]", name))).toEqual([false, true]);
    expect(["a.jpg", "a.png", "a.gif"].map((name) => matches("*.{jpg,png}", name))).toEqual([true, true, false]);
    expect(["a(b)", "ab", "a"].map((name) => matches("a(b)", name))).toEqual([true, false, false]);
    expect(["a|b", "a", "b"].map((name) => matches("a|b", name))).toEqual([true, false, false]);
    expect(["!(a)", "b"].map((name) => matches("!(a)", name))).toEqual([true, false]);
    expect(["Readme", "readme"].map((name) => matches("readme", name))).toEqual([false, true]);
  });

  it("that means nothing is refused, with the way out", () => {
    for (const pattern of ["", "/", "//a", "a//"])
      expect(() => globs({ exclude: ["ok", pattern] }), pattern).toThrow(
        expect.objectContaining({ code: "invalid-path" }),
      );
  });

  it("is not tried on paths that no server's file has", () => {
    const filter = globs({ exclude: "*a*b" });
    expect(filter(entry("a".repeat(1_000_000)))).toBe(true);
  });
});

it("globs without patterns takes everything", () => {
  expect(taken({}, tree)).toEqual(tree);
});
