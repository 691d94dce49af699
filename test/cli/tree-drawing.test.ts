import { describe, expect, it } from "vitest";

import { TreeDrawing } from "../../src/cli/tree-drawing.ts";
import type { WalkedEntry } from "../../src/index.ts";
import type { Surveyed } from "../../src/operations/survey.ts";

/** A name with a slash at its end is a directory's. */
function found(directory: string, names: readonly string[], complete = true): Surveyed {
  const entries = names.map((written): WalkedEntry => {
    const name = written.replace("/", "");
    const path = directory === "" ? name : `${directory}/${name}`;
    return { name, path, stat: { type: written.endsWith("/") ? "directory" : "file", sizeBytes: 0 } };
  });
  return { directory, entries, complete };
}

function lines(drawing: TreeDrawing): string[] {
  return [...drawing.ready()].map(({ branch, entry }) => `${branch}${entry.name}`);
}

describe("a drawing of a tree", () => {
  it("is in order whatever the order of the answers, and each part comes as soon as it can", () => {
    const drawing = new TreeDrawing(() => false);
    drawing.take(found("", ["c", "a/", "b/"]));
    expect(lines(drawing)).toEqual(["├── a"]);
    drawing.take(found("b", ["y"]));
    expect(lines(drawing)).toEqual([]);
    drawing.take(found("a", ["deep/"], false));
    drawing.take(found("a", ["z", "x"]));
    expect(lines(drawing)).toEqual(["│   ├── deep"]);
    drawing.take(found("a/deep", []));
    expect(lines(drawing)).toEqual(["│   ├── x", "│   └── z", "├── b", "│   └── y", "└── c"]);
    expect(lines(drawing)).toEqual([]);
  });

  it("goes on behind a directory that could not be read, with what is known of it", () => {
    const drawing = new TreeDrawing(() => false);
    drawing.take(found("", ["a/", "b"]));
    drawing.take(found("a", ["half"], false));
    expect(lines(drawing)).toEqual(["├── a"]);
    drawing.end("a");
    expect(lines(drawing)).toEqual(["│   └── half", "└── b"]);
  });

  it("waits for nothing in a directory that is closed", () => {
    const drawing = new TreeDrawing(({ name }) => name === "closed");
    drawing.take(found("", ["closed/", "open/"]));
    drawing.take(found("open", ["x"]));
    expect(lines(drawing)).toEqual(["├── closed", "└── open", "    └── x"]);
  });
});
