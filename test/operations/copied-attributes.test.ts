import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Transport } from "samewire";
import { copyTree, getTransport, planSync, sync } from "samewire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { syncSites } from "./sync-sites.ts";

const small = "small";
const large = "a file that a server, or the system, copies by itself ".repeat(10_000);
const umask = process.umask();

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-attributes-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function modesIn(transport: Transport): Promise<Record<string, string | undefined>> {
  const modes: Record<string, string | undefined> = {};
  for (const name of ["small", "large"]) modes[name] = (await transport.stat(name)).mode?.toString(8);
  return modes;
}

describe.each(["file", "sftp", "memory"])("permission bits of a copy on one server, %s", (name) => {
  const both = (mode: number): Record<string, string> => ({ small: mode.toString(8), large: mode.toString(8) });

  it("are those that the umask allows, all twelve, or the target's own, whoever copies the content", async () => {
    await using site = await syncSites[name]!();
    const { plain } = site;
    const source = plain.clone("from");
    await source.put("small", small, { createParents: true, mode: 0o4777 });
    await source.put("large", large, { mode: 0o4777 });
    await plain.put("by-default", "");
    const own = (await plain.stat("by-default")).mode as number;

    await copyTree(source, plain.clone("allowed"));
    expect(await modesIn(plain.clone("allowed"))).toEqual(both(0o777 & ~umask));
    await sync(source, plain.clone("synced"));
    expect(await modesIn(plain.clone("synced"))).toEqual(both(0o777 & ~umask));
    await sync(source, plain.clone("untimed"), { preserve: { mtime: false } });
    expect(await modesIn(plain.clone("untimed"))).toEqual(both(0o777 & ~umask));
    await copyTree(source, plain.clone("exact"), { preserve: { mode: "exact" } });
    expect(await modesIn(plain.clone("exact"))).toEqual(both(0o4777));
    await copyTree(source, plain.clone("own"), { preserve: { mode: false } });
    expect(await modesIn(plain.clone("own"))).toEqual(both(own));
  });
});

it("a directory that an interrupted copy made gets its mode when the copy goes on", async () => {
  mkdirSync(join(folder, "from/kept"), { recursive: true });
  writeFileSync(join(folder, "from/kept/file"), small);
  chmodSync(join(folder, "from/kept"), 0o500);
  mkdirSync(join(folder, "to/kept"), { recursive: true });
  await copyTree(getTransport(join(folder, "from")), getTransport(join(folder, "to")), { resume: true });
  expect(statSync(join(folder, "to/kept")).mode & 0o777).toBe(0o500);
  for (const name of ["from", "to"]) chmodSync(join(folder, name, "kept"), 0o700);
});

describe("times that a server cannot store", () => {
  const times: Readonly<Record<string, Date>> = {
    "long-ago": new Date("1969-07-20T20:17:40.500Z"),
    "far-off": new Date("2150-01-01T00:00:00Z"),
    "beyond-2038": new Date("2040-01-01T00:00:00Z"),
    split: new Date("2020-02-02T02:02:02.999Z"),
  };
  const make = (): Transport => {
    mkdirSync(join(folder, "from/directory"), { recursive: true });
    for (const [name, time] of Object.entries(times)) {
      writeFileSync(join(folder, "from", name), name);
      utimesSync(join(folder, "from", name), time, time);
    }
    utimesSync(join(folder, "from/directory"), times["long-ago"] as Date, times["long-ago"] as Date);
    return getTransport(join(folder, "from"));
  };

  it("keep no file from being copied: it has the nearest one, and the next sync finds nothing to do", async () => {
    await using site = await syncSites["sftp"]!();
    const source = make();
    expect(await sync(source, site.plain)).toMatchObject({ files: 4, failures: [] });
    expect((await planSync(source, site.plain)).actions).toEqual([]);
    expect((await site.plain.stat("long-ago")).mtime).toEqual(new Date(0));
    expect((await site.plain.stat("far-off")).mtime).toEqual(new Date(0xffff_ffff * 1000));
    expect((await site.plain.stat("beyond-2038")).mtime).toEqual(times["beyond-2038"]);
    const again = site.plain.clone("again");
    expect(await copyTree(source, again, { preserve: { mtime: true } })).toMatchObject({ files: 4, failures: [] });
    expect(await copyTree(source, again, { resume: true })).toMatchObject({ unchanged: 4, failures: [] });
  });

  it("are kept where they can be", async () => {
    const source = make();
    const target = getTransport("memory:///");
    await sync(source, target);
    for (const [name, time] of Object.entries(times)) expect((await target.stat(name)).mtime).toEqual(time);
    expect((await planSync(source, target)).actions).toEqual([]);
  });
});
