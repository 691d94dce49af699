import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Entry, Transport } from "samewire";
import { TraceTransport, TransportError, getTransport, walk } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
let transport: Transport;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-walk-"));
  transport = getTransport(folder);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function pathsOf(entries: AsyncIterable<Entry>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of entries) paths.push(path);
  return paths;
}

function grow(): void {
  mkdirSync(join(folder, "a/b"), { recursive: true });
  mkdirSync(join(folder, "empty"));
  for (const file of ["a/b/deep", "a/x", "top"]) writeFileSync(join(folder, file), file);
}

describe("walk", () => {
  it("gives the files and links below a directory, with their stats", async () => {
    grow();
    symlinkSync("top", join(folder, "a/link"));
    const found: Record<string, string> = {};
    for await (const { path, stat } of walk(transport)) found[path] = stat.type;
    expect(found).toEqual({ "a/b/deep": "file", "a/link": "link", "a/x": "file", top: "file" });
  });

  it("begins where it is told, with paths that the verbs of the same transport take", async () => {
    grow();
    const paths = await pathsOf(walk(transport, "a"));
    expect(paths.toSorted()).toEqual(["a/b/deep", "a/x"]);
    expect(String(await transport.getBytes("a/b/deep"))).toBe("a/b/deep");
  });

  it("lists the directories whose turn comes soon while somebody works on what he was given", async () => {
    for (let at = 0; at < 40; at++) mkdirSync(join(folder, `d${at}`));
    const traced = new TraceTransport(transport);
    const walking = walk(traced, "", { directories: true });
    await walking.next();
    await expect.poll(() => traced.calls.filter(({ verb }) => verb === "list").length).toBeGreaterThan(8);
    expect((await pathsOf(walking)).length).toBe(39);
    expect(traced.calls.filter(({ verb }) => verb === "list")).toHaveLength(41);
  });

  it("is depth first: what is in a directory comes right behind it", async () => {
    grow();
    const paths = await pathsOf(walk(transport, "", { directories: true }));
    expect(paths.toSorted()).toEqual(["a", "a/b", "a/b/deep", "a/x", "empty", "top"]);
    const inside = paths.map((path) => path.startsWith("a/"));
    const [first, last] = [inside.indexOf(true), inside.lastIndexOf(true)];
    expect(paths[first - 1]).toBe("a");
    expect(inside.slice(first, last + 1)).toEqual([true, true, true]);
    expect(paths[paths.indexOf("a/b") + 1]).toBe("a/b/deep");
  });

  it("does not follow links, so that a link to a directory above is no cycle", async () => {
    grow();
    symlinkSync("..", join(folder, "a/up"));
    expect((await pathsOf(walk(transport))).toSorted()).toEqual(["a/b/deep", "a/up", "a/x", "top"]);
  });

  it("passes over the directories that the caller does not want", async () => {
    grow();
    const paths = await pathsOf(walk(transport, "", { directories: true, enter: ({ path }) => path !== "a/b" }));
    expect(paths.toSorted()).toEqual(["a", "a/b", "a/x", "empty", "top"]);
  });

  it("rejects where there is nothing to walk, and where it is a file", async () => {
    grow();
    await expect(pathsOf(walk(transport, "nowhere"))).rejects.toMatchObject({ code: "not-found" });
    await expect(pathsOf(walk(transport, "top"))).rejects.toMatchObject({ code: "not-a-directory" });
  });

  it("ends at what it cannot read, or goes on where the caller takes the error", async () => {
    grow();
    const refusing = new Refusing(transport, "a");
    await expect(pathsOf(walk(refusing))).rejects.toMatchObject({ code: "permission-denied" });
    const errors: string[] = [];
    const paths = await pathsOf(walk(refusing, "", { onError: ({ code }, path) => errors.push(`${code} ${path}`) }));
    expect(paths).toEqual(["top"]);
    expect(errors).toEqual(["permission-denied a"]);
  });

  it("stops when it is aborted, whoever takes the errors", async () => {
    grow();
    const controller = new AbortController();
    const walking = walk(transport, "", { signal: controller.signal, directories: true, onError: () => undefined });
    await walking.next();
    controller.abort();
    await expect(pathsOf(walking)).rejects.toMatchObject({ code: "aborted" });
  });

  it("closes its listings when the caller has seen enough", async () => {
    grow();
    const counting = new Counting(transport);
    for await (const { path } of walk(counting)) if (path === "a/b/deep") break;
    expect(counting.opened).toBeGreaterThan(1);
    expect(counting.closed).toBe(counting.opened);
  });

  it("drops names that are no names, and reports them", async () => {
    grow();
    const refused: unknown[] = [];
    const note = (message: unknown): void => void refused.push((message as { name: string }).name);
    subscribe("samewire:list:refused-name", note);
    try {
      const hostile = new Lying(transport, ["../x", "/etc/passwd", "a/../../x", "..", ".", "", "nul\0", "fine"]);
      expect(await pathsOf(walk(hostile))).toEqual(["fine"]);
    } finally {
      unsubscribe("samewire:list:refused-name", note);
    }
    expect(refused).toHaveLength(7);
  });

  it("asks for the stat where a listing has none", async () => {
    grow();
    const paths = await pathsOf(walk(new Lying(transport, ["a", "top", "vanished"], false)));
    expect(paths).toContain("top");
    expect(paths).not.toContain("vanished");
  });

  it("ends at directories without end", async () => {
    await expect(pathsOf(walk(new Endless(transport)))).rejects.toMatchObject({ code: "protocol-error" });
  });
});

/** What a decorator of somebody's own may do with listings. */
abstract class Listing extends TransportDecorator {
  readonly prefix = "listing";
  readonly boundary = false;
  protected around(): TransportDecorator {
    throw new Error("walk makes no other transport");
  }
}

class Refusing extends Listing {
  readonly #path: string;
  constructor(inner: Transport, path: string) {
    super(inner);
    this.#path = path;
  }
  override async *list(path = ""): AsyncGenerator<Entry> {
    if (path === this.#path) throw new TransportError("permission-denied", "not for you");
    yield* this.inner.list(path);
  }
}

class Counting extends Listing {
  opened = 0;
  closed = 0;
  override async *list(path = ""): AsyncGenerator<Entry> {
    this.opened++;
    try {
      yield* this.inner.list(path);
    } finally {
      this.closed++;
    }
  }
}

class Lying extends Listing {
  readonly #names: readonly string[];
  readonly #withStat: boolean;
  constructor(inner: Transport, names: readonly string[], withStat = true) {
    super(inner);
    this.#names = names;
    this.#withStat = withStat;
  }
  override async *list(path = ""): AsyncGenerator<Entry> {
    if (path !== "") return yield* this.inner.list(path);
    for (const name of this.#names)
      yield { name, path: name, ...(this.#withStat && { stat: { type: "file", sizeBytes: 0 } }) };
  }
}

class Endless extends Listing {
  override async *list(path = ""): AsyncGenerator<Entry> {
    yield { name: "d", path: `${path}/d`, stat: { type: "directory", sizeBytes: 0 } };
  }
}
