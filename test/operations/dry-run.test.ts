import type { Transport, TreeDeed, TreeReport } from "samewire";
import { copyFiles, copyTree, sync } from "samewire";
import { describe, expect, it } from "vitest";

import { syncSites, treeOf } from "./sync-sites.ts";

/** A source, and a target in which much is in the way. */
async function fill(top: Transport): Promise<{ readonly source: Transport; readonly target: Transport }> {
  const [source, target] = [top.clone("from"), top.clone("to")];
  const files = { "onto-file": "1", "onto-directory": "2", "d/new": "3", "d/x": "4", "onto-link": "5", "e/f/g": "6" };
  for (const [path, content] of Object.entries(files)) await source.put(path, content, { createParents: true });
  await source.mkdir("empty");
  await source.symlink("d/x", "link");
  await source.symlink("d/x", "link-onto-directory");
  await source.symlink("/etc/passwd", "link-out");
  await source.put("directory-onto-file/in", "7", { createParents: true });
  await source.put("directory-onto-link/in", "8", { createParents: true });
  const old = { "onto-file": "old", "onto-directory/in": "old", "d/x": "old", "link-onto-directory/in": "old" };
  for (const [path, content] of Object.entries({ ...old, "directory-onto-file": "old", "only/here": "old" }))
    await target.put(path, content, { createParents: true });
  await target.put("link-out/in", "old", { createParents: true });
  const temporary = "d/.samewire-0123456789abcdef.tmp";
  for (const side of [source, target]) await side.put(temporary, "half", { mtime: new Date(0) });
  await target.symlink("only", "directory-onto-link");
  await target.symlink("only/here", "onto-link");
  return { source, target };
}

type Work = (
  source: Transport,
  target: Transport,
  options: { readonly dryRun: boolean; readonly onDone: (deed: TreeDeed) => void },
) => Promise<TreeReport>;

const works: Readonly<Record<string, Work>> = {
  copyTree,
  "copyTree, to nothing": (source, target, options) => copyTree(source, target.clone("not/there"), options),
  "copyTree, where one was interrupted": (source, target, options) =>
    copyTree(source, target, { ...options, resume: true }),
  copyFiles: (source, target, options) =>
    copyFiles(
      source,
      ["onto-file", "onto-directory", "d/new", "directory-onto-file/in", "missing", "link"],
      target,
      options,
    ),
  sync,
  "sync with delete": (source, target, options) => sync(source, target, { ...options, delete: true }),
};

describe.each(["memory", "file"])("a dry run on %s", (name) => {
  it.each(Object.entries(works))("of %s writes nothing, and says what the real one then does", async (_title, work) => {
    await using site = await syncSites[name]!();
    const { source, target } = await fill(site.plain);
    const before = await treeOf(site.plain);
    const said: { readonly deeds: unknown; readonly report: unknown }[] = [];
    for (const dryRun of [true, false]) {
      const deeds: string[] = [];
      const onDone = ({ action, path, bytes }: TreeDeed): unknown => deeds.push(`${action} ${path} ${bytes}`);
      const { failures, ...counts } = await work(source, target, { dryRun, onDone: (deed) => void onDone(deed) });
      const failed = failures.map(({ path, error }) => `${path} ${error.code}`).toSorted();
      said.push({ deeds: deeds.toSorted(), report: { ...counts, failed } });
      if (dryRun) expect(await treeOf(site.plain)).toEqual(before);
    }
    expect(said[0]).toEqual(said[1]);
  });
});
