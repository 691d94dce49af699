import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { commandNames } from "../../src/cli/command-table.ts";
import { manPage } from "../../src/cli/man-page.ts";
import { findProgram, hasProgram, titleNeeding } from "../servers/find-servers.ts";

const page = fileURLToPath(new URL("../../docs/samewire.1", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

describe("the manual page", () => {
  it("is what the table of commands makes: node dist/cli/main.js help man-page > docs/samewire.1", () => {
    expect(readFileSync(page, "utf8")).toBe(manPage(version));
  });

  it("has every command, in ASCII", () => {
    const text = manPage(version);
    for (const name of commandNames) expect(text).toContain(`.SS samewire ${name.replaceAll("-", "\\-")} `);
    expect(text).toMatch(/^[\n -~]*$/);
  });

  it.runIf(hasProgram("mandoc"))(titleNeeding("mandoc", "has nothing that mandoc would complain of"), async () => {
    const lint = promisify(execFile)(findProgram("mandoc") as string, ["-T", "lint", page]);
    expect(await lint).toEqual({ stdout: "", stderr: "" });
  });
});
