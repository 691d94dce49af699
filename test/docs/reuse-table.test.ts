import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInThisContext } from "node:vm";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { codeBlocks, read } from "./pages.ts";

const path = "docs/reuse.md";
const text = read(path);

/** A row of the page: what is opened, what is asked for, and what becomes of it. */
interface Row {
  readonly line: number;
  readonly section: string;
  readonly opened: string;
  readonly asked: string;
  readonly shares: string;
  readonly because: string;
}

function rows(): readonly Row[] {
  let section = "";
  return text.split("\n").flatMap((line, index) => {
    section = /^## (.*)$/.exec(line)?.[1] ?? section;
    const [, opened = "", asked = "", shares = "", because = ""] =
      /^\| (`.*?) \| (`.*?) \| (yes|no) \| (.*) \|$/.exec(line) ?? [];
    return opened === "" ? [] : [{ line: index + 1, section, opened, asked, shares, because }];
  });
}

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "samewire-reuse-"));
  const config = codeBlocks({ path, text }).find(({ language }) => language === "ssh-config");
  writeFileSync(join(folder, "ssh_config"), config?.code ?? "");
  writeFileSync(join(folder, "netrc"), /`(machine [^`]*)` in the file `netrc`/.exec(text)?.[1] ?? "", { mode: 0o600 });
  // Nobody's own ssh_config and keys have a say.
  vi.stubEnv("HOME", folder);
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A cell: a URL and, behind it, options as they stand in a program, with the page's files in their place. */
function call(cell: string): { readonly url: string; readonly options: TransportOptions | undefined } {
  const [url = "", options = "undefined"] = [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
  const placed = options.replaceAll(/"(ssh_config|netrc)"/g, (_, name: string) => JSON.stringify(join(folder, name)));
  return { url, options: runInThisContext(`(${placed})`) as TransportOptions | undefined };
}

describe(`each row of ${path}`, () => {
  it.each(rows())("$line: $opened, then $asked: $shares", async ({ section, opened, asked, shares, because }) => {
    const [one, two] = [call(opened), call(asked)];
    const isOnlyCandidate = section.includes("only candidate");
    const list: Transport[] = [];
    const first = getTransport(one.url, isOnlyCandidate ? [] : list, one.options);
    if (isOnlyCandidate) list.push(first);
    if (opened.endsWith("(connected)")) await first.connect();
    const holder = first.location.decorators.length === 0 || isOnlyCandidate ? first : (list.at(-1) as Transport);
    const verdict = holder.explainReuse(undecorated(two.url, isOnlyCandidate), two.options);
    const before = list.length;
    getTransport(two.url, list, two.options);
    expect(list.length === before && before > 0 ? "yes" : "no").toBe(shares);
    if (shares === "no") expect(verdict).toMatchObject({ reuse: false, reason: because });
    else expect(because).not.toBe("");
    await first.disconnect();
  });

  it("is read, and there are many", () => {
    expect(rows().length).toBeGreaterThan(80);
    expect(rows()).toHaveLength(text.split("\n").filter((line) => line.startsWith("| `")).length);
  });
});

/** What the holder of a wire is asked: prefixes are none of its business. */
function undecorated(url: string, isOnlyCandidate: boolean): string {
  return isOnlyCandidate ? url : url.replace(/^(?:\w+\+)+/, "");
}
