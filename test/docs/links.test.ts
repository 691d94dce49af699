import { existsSync, statSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import type { Page } from "./pages.ts";
import { pages, prose, read, root } from "./pages.ts";

interface Link {
  readonly line: number;
  readonly target: string;
}

/** Links and pictures of a page, but not what looks like one in code. */
function linksOf(page: Page): readonly Link[] {
  return prose(page)
    .split("\n")
    .flatMap((text, index) =>
      [...text.replaceAll(/`[^`]*`/g, (code) => "x".repeat(code.length)).matchAll(/\]\(([^)\s]+)\)/g)].map(
        ([, target = ""]) => ({ line: index + 1, target }),
      ),
    );
}

/** What a heading is linked to by, as GitHub makes it. */
function anchorsOf(page: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose(page).matchAll(/^#{1,6} +(.*?) *#*$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const name = words.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let anchor = name;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${name}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Why a link leads nowhere; undefined where it leads somewhere. */
function flawOf(page: Page, { target }: Link): string | undefined {
  if (/^[a-z][a-z+.-]*:/.test(target)) return undefined;
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? page.path : posix.join(posix.dirname(page.path), decodeURI(file));
  const place = fileURLToPath(new URL(path, root));
  if (path.startsWith("..") || !existsSync(place)) return "is not there";
  if (anchor === undefined) return undefined;
  if (statSync(place).isDirectory() || !path.endsWith(".md")) return "has no headings";
  return anchorsOf({ path, text: read(path) }).has(anchor) ? undefined : "has no such heading";
}

describe("the links in README and docs", () => {
  it("lead to files and headings that are there", () => {
    const all = pages().flatMap((page) => linksOf(page).map((link) => ({ page, link })));
    expect(all.length).toBeGreaterThan(50);
    const dead = all.flatMap(({ page, link }) => {
      const flaw = flawOf(page, link);
      return flaw === undefined ? [] : [`${page.path}:${link.line}: ${link.target} ${flaw}`];
    });
    expect(dead).toEqual([]);
  });

  it("lead to every page from the index, which has one line for each", () => {
    const index = pages().find(({ path }) => path === "docs/README.md");
    const rows = (index?.text ?? "").split("\n").filter((line) => line.startsWith("* ["));
    const listed = rows.map((row) => posix.join("docs", /\]\(([^)#]+)\)/.exec(row)?.[1] ?? ""));
    const wanted = pages()
      .map(({ path }) => path)
      .filter((path) => path.startsWith("docs/") && path !== index?.path);
    expect(listed.filter((path) => path.startsWith("docs/")).toSorted()).toEqual(wanted.toSorted());
  });

  it("lead to the index from the README", () => {
    expect(linksOf({ path: "README.md", text: read("README.md") }).map(({ target }) => target)).toContain(
      "docs/README.md",
    );
  });

  it("are found out where they lead nowhere", () => {
    const page: Page = { path: "docs/x.md", text: "# One `b` c!\n\n## One b c\n" };
    expect([...anchorsOf(page)]).toEqual(["one-b-c", "one-b-c-1"]);
    const flaw = (target: string): string | undefined => flawOf(page, { line: 1, target });
    expect(flaw("nowhere.md")).toBe("is not there");
    expect(flaw("ftp.md#nothing-of-the-kind")).toBe("has no such heading");
    expect(flaw("../README.md#errors")).toBeUndefined();
    expect(flaw("https://example.com/")).toBeUndefined();
  });
});
