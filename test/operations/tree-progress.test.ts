import type { Entry, ListOptions, Transport, TreeProgress, TreeReport } from "samewire";
import { copyTree, getTransport, sync } from "samewire";
import { TransportDecorator } from "samewire/extend";
import { faulty } from "samewire/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let source: Transport;
let target: Transport;

beforeEach(async () => {
  source = getTransport("memory:///");
  target = getTransport("memory:///");
  await source.put("large", Buffer.alloc(1_500_000));
  await source.put("small", "small");
  await source.put("empty", "");
  await source.put("d/deep", "deep", { createParents: true });
  await source.symlink("small", "link");
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Lists the large file with the length that it had once. */
class ListedBefore extends TransportDecorator {
  readonly prefix = "listed-before";
  readonly boundary = false;
  protected around(inner: Transport): ListedBefore {
    return new ListedBefore(inner);
  }
  override async *list(path?: string, options?: ListOptions): AsyncGenerator<Entry> {
    for await (const entry of super.list(path, options)) {
      const { name, stat } = entry;
      yield name === "large" && stat !== undefined ? { ...entry, stat: { ...stat, sizeBytes: 1_500_000 } } : entry;
    }
  }
}

/** Between any two looks at the clock a second passes, so that nothing is left untold. */
async function told(
  work: (options: { onProgress: (progress: TreeProgress) => void }) => Promise<TreeReport>,
): Promise<{ readonly seen: readonly TreeProgress[]; readonly report: TreeReport }> {
  const seen: TreeProgress[] = [];
  let nowMs = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => (nowMs += 1_000));
  const report = await work({ onProgress: (progress) => seen.push(progress) });
  for (const { files, filesKnown, bytes, bytesKnown } of seen) {
    expect(files).toBeLessThanOrEqual(filesKnown);
    expect(bytes).toBeLessThanOrEqual(bytesKnown);
  }
  return { seen, report };
}

function expectRising(seen: readonly TreeProgress[]): void {
  for (const [index, { files, bytes }] of seen.entries()) {
    expect(files).toBeGreaterThanOrEqual(seen[index - 1]?.files ?? 0);
    expect(bytes).toBeGreaterThanOrEqual(seen[index - 1]?.bytes ?? 0);
  }
}

/** That what was told last is what the report says. */
function expectSame(seen: readonly TreeProgress[], { files, links, bytes, failures }: TreeReport): void {
  expect(seen.at(-1)).toMatchObject({ listed: true, files: files + links, bytes, failures: failures.length });
}

describe("progress", () => {
  it.each(Object.entries({ copyTree, sync }))("of %s ends with the numbers of the report", async (_name, work) => {
    const { seen, report } = await told((options) => work(source, target, options));
    expectRising(seen);
    expectSame(seen, report);
    expect(seen.at(-1)).toMatchObject({ filesKnown: 5, bytesKnown: report.bytes });
  });

  it("of a dry run does, too", async () => {
    const { seen, report } = await told((options) => copyTree(source, target, { ...options, dryRun: true }));
    expectSame(seen, report);
    expect(report.bytes).toBe(1_500_009);
  });

  it("counts what is copied once more once", async () => {
    let lost = 0;
    const once = faulty(target, ({ verb, path }) =>
      verb === "put" && path === "large" && lost++ === 0 ? "after" : undefined,
    );
    const { seen, report } = await told((options) => copyTree(source, once, options));
    expect(lost).toBe(2);
    expectRising(seen);
    expectSame(seen, report);
  });

  it("takes back what came of a file that failed", async () => {
    const never = faulty(target, ({ verb, path }) => (verb === "put" && path === "large" ? "after" : undefined));
    const { seen, report } = await told((options) => copyTree(source, never, options));
    expect(report.failures.map(({ path }) => path)).toEqual(["large"]);
    expectSame(seen, report);
    expect(seen.at(-1)).toMatchObject({ files: 4, filesKnown: 5, bytesKnown: 1_500_009 });
  });

  it.each([
    ["grown", 2_000_000],
    ["shrunk", 700_000],
  ])("knows of a file that has %s since it was listed", async (_how, sizeBytes) => {
    await source.put("large", Buffer.alloc(sizeBytes));
    const { seen, report } = await told((options) => copyTree(new ListedBefore(source), target, options));
    expect(report.bytes).toBe(sizeBytes + 9);
    expectSame(seen, report);
    expect(seen.at(-1)).toMatchObject({ bytesKnown: report.bytes });
  });
});

describe.each(["onProgress", "onDone", "onFailure", "filter"])("what a caller's %s throws", (name) => {
  it.each(Object.entries({ copyTree, sync }))("ends a %s, which rejects with it", async (_name, work) => {
    await target.put("small/in-the-way", "", { createParents: true });
    const mine = new Error("mine");
    const options = {
      // Below the top a listing that fails would be one failure of many.
      [name]: ({ path }: { readonly path?: string }) => {
        if (name === "filter" && path !== "d/deep") return true;
        throw mine;
      },
    };
    await expect(work(source, target, options)).rejects.toBe(mine);
  });
});
