import type { Entry, Transport } from "samewire";
import { TransportError, getTransport } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { beforeEach, describe, expect, it } from "vitest";

import { survey } from "../../src/operations/survey.ts";

let tree: Transport;

beforeEach(async () => {
  tree = getTransport("memory:///");
  for (const path of ["a/b/1", "a/2", "c/3", "4"]) await tree.put(path, path, { createParents: true });
});

/** Counts the listings that are open, and lets something happen in each. */
class Listed extends TransportDecorator {
  readonly prefix = "listed";
  readonly boundary = false;
  open = 0;
  most = 0;
  readonly paths: string[] = [];
  readonly meddle: (path: string) => void;

  constructor(inner: Transport, meddle: (path: string) => void = () => undefined) {
    super(inner);
    this.meddle = meddle;
  }

  protected around(inner: Transport): Listed {
    return new Listed(inner, this.meddle);
  }

  override async *list(path = ""): AsyncGenerator<Entry> {
    this.paths.push(path);
    this.most = Math.max(this.most, ++this.open);
    try {
      await new Promise(setImmediate);
      this.meddle(path);
      for await (const entry of this.inner.list(path)) yield entry;
    } finally {
      this.open--;
    }
  }
}

const noFailure = (path: string, error: TransportError): void => {
  throw new Error(`${path}: ${error.message}`);
};

describe("survey", () => {
  it("lists each directory once, a directory before what is in it, and says when one is complete", async () => {
    const listed = new Listed(tree);
    const found: string[] = [];
    const complete: string[] = [];
    for await (const surveyed of survey(listed, { onFailure: noFailure })) {
      for (const { path } of surveyed.entries) {
        const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
        expect(parent).toBe(surveyed.directory);
        expect(parent === "" || found.includes(parent)).toBe(true);
        found.push(path);
      }
      if (surveyed.complete) complete.push(surveyed.directory);
    }
    expect(found.toSorted()).toEqual(["4", "a", "a/2", "a/b", "a/b/1", "c", "c/3"]);
    expect(complete.toSorted()).toEqual(["", "a", "a/b", "c"]);
    expect(listed.paths.toSorted()).toEqual(["", "a", "a/b", "c"]);
  });

  it("has many listings under way, and no more than it should", async () => {
    for (let at = 0; at < 200; at++) await tree.mkdir(`d${at}`);
    const listed = new Listed(tree);
    let directories = 0;
    for await (const { complete } of survey(listed, { onFailure: noFailure })) if (complete) directories++;
    expect(directories).toBe(204);
    expect(listed.most).toBeGreaterThan(16);
    expect(listed.most).toBeLessThanOrEqual(64);
  });

  it("does not read on without an end for somebody who takes nothing", async () => {
    let given = 0;
    class Endless extends Listed {
      override async *list(): AsyncGenerator<Entry> {
        for (;;) yield { name: "file", path: `file${given++}`, stat: { type: "file", sizeBytes: 0 } };
      }
    }
    const entries = survey(new Endless(tree), { onFailure: noFailure });
    await entries.next();
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
    const before = given;
    expect(before).toBeGreaterThan(256);
    expect(before).toBeLessThan(20_000);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(given).toBe(before);
    await entries.return(undefined);
  });

  it("tells of a directory that cannot be listed, which is then not complete, and goes on", async () => {
    const listed = new Listed(tree, (path) => {
      if (path === "a") throw new TransportError("permission-denied", "no");
    });
    const failures: string[] = [];
    const complete: string[] = [];
    const onFailure = (path: string, { code }: TransportError): number => failures.push(`${path} ${code}`);
    for await (const surveyed of survey(listed, { onFailure }))
      if (surveyed.complete) complete.push(surveyed.directory);
    expect(failures).toEqual(["a permission-denied"]);
    expect(complete.toSorted()).toEqual(["", "c"]);
  });

  it("rejects where the top cannot be listed", async () => {
    const nothing = survey(tree.clone("nowhere"), { onFailure: noFailure });
    await expect(nothing.next()).rejects.toMatchObject({ code: "not-found" });
  });

  it("closes what is open when it is given up", async () => {
    const listed = new Listed(tree);
    for await (const { entries } of survey(listed, { onFailure: noFailure })) if (entries.length > 0) break;
    expect(listed.open).toBe(0);
  });
});
