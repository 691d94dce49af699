import { readFileSync } from "node:fs";

import { Client } from "basic-ftp";
import SftpClient from "ssh2-sftp-client";
import { describe, expect, it } from "vitest";

/** The methods and getters that a class offers, but for those that it keeps to itself. */
function publicNames(prototype: object): readonly string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor" && !name.startsWith("_"));
}

/** What the first column of a page's table names, as it is called. */
function namesIn(page: string): readonly string[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const columns = text.split("\n").flatMap((line) => /^\| (`.*?) \| /.exec(line)?.[1] ?? []);
  return columns.flatMap((column) => [...column.matchAll(/`(\w+)(?:\(.*?\))?`/g)].map(([, name = ""]) => name));
}

describe.each([
  ["coming-from-ssh2-sftp-client.md", "ssh2-sftp-client", SftpClient.prototype],
  ["coming-from-basic-ftp.md", "basic-ftp", Client.prototype],
])("%s", (page, name, prototype) => {
  it(`has a row for each method of ${name}, and for nothing that it has not`, () => {
    expect([...namesIn(page)].toSorted()).toEqual([...publicNames(prototype)].toSorted());
  });

  it("is about the version that is installed", () => {
    const { version } = JSON.parse(
      readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8"),
    ) as { version: string };
    expect(readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8")).toContain(`version ${version}`);
  });
});
