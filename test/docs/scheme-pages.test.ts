import { describe, expect, it } from "vitest";

import type { Capabilities } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { defaultRegistry } from "../../src/samewire.ts";
import type { WiredSchemeName } from "../../src/transport/option-declarations.ts";
import { commonDeclarations, schemeDeclarations } from "../../src/transport/option-declarations.ts";
import { prose, read } from "./pages.ts";

/** The page of each scheme, by its canonical name. */
const pageOf: Readonly<Record<WiredSchemeName | "file", string>> = {
  file: "docs/file.md",
  memory: "docs/memory.md",
  sftp: "docs/sftp.md",
  ftp: "docs/ftp.md",
  ftps: "docs/ftp.md",
  http: "docs/http.md",
  https: "docs/http.md",
  dav: "docs/webdav.md",
  davs: "docs/webdav.md",
  s3: "docs/s3.md",
};

/** What every page has, in this order; a scheme's own matters stand in between. */
const shape = ["URLs", "Who asks", "Options", "What each verb costs", "What it can do", "Limits", "Errors"];

/** What a scheme is called over TLS, where it may do more: its page says what. */
const secured: ReadonlySet<string> = new Set(["ftps", "https", "davs"]);

/** Options that a page leaves to another one: docs/http.md has those of TLS. */
const ownGroup = /^(?:ssh|ftp|http|s3)\./;

const implied = ["http.asksForTokens", "s3.bucket"];

const schemes = Object.entries(pageOf).map(([name, path]) => ({ name, path }));

describe("the pages of schemes", () => {
  it("are there for every scheme that is registered", () => {
    const canonical = [...defaultRegistry.schemes].map(({ names }) => String(names[0]));
    expect(canonical.toSorted()).toEqual(Object.keys(pageOf).toSorted());
  });

  it.each([...new Set(schemes.map(({ path }) => path))])("have one shape: %s", (path) => {
    const headings = [...prose({ text: read(path) }).matchAll(/^## (.*)$/gm)].map(([, heading = ""]) => heading);
    expect(headings.filter((heading) => shape.includes(heading))).toEqual(shape);
    expect(headings.at(-1)).toBe("Testing without a server");
  });

  it.each(schemes.filter(({ name }) => !secured.has(name)))(
    "say what a scheme can do as its capabilities do: $name",
    ({ name, path }) => {
      const { capabilities } = getTransport(`${name}://${name === "file" ? "" : "host"}/`, []);
      const text = read(path);
      expect(rowsOf(capabilities).filter((row) => !text.includes(row))).toEqual([]);
    },
  );

  it.each(schemes)("name each option of a scheme's own, and none that is not there: $name", ({ name, path }) => {
    const declared = { ...commonDeclarations, ...(name === "file" ? {} : schemeDeclarations[name as WiredSchemeName]) };
    const text = read(path);
    const own = Object.keys(declared).filter((option) => ownGroup.test(option) && !implied.includes(option));
    const said = path === "docs/webdav.md" ? `${text}${read("docs/http.md")}` : text;
    expect(own.filter((option) => !isNamed(said, option))).toEqual([]);
    const everywhere = new Set(Object.values(schemeDeclarations).flatMap((options) => Object.keys(options)));
    const named = [...text.matchAll(/`((?:ssh|tls|ftp|http|s3)\.\w+)`/g)].map(([, option = ""]) => option);
    expect(named.filter((option) => !everywhere.has(option))).toEqual([]);
  });
});

/** What a page says of capabilities. */
function rowsOf(capabilities: Capabilities): readonly string[] {
  const entries = Object.entries(capabilities);
  const names = (value: boolean): string =>
    entries
      .filter((entry) => entry[1] === value)
      .map(([name]) => `\`${name}\``)
      .join(" ");
  const others = entries.filter(([, value]) => typeof value !== "boolean");
  return [
    `| can | ${names(true) || "nothing"} |`,
    `| cannot | ${names(false) || "nothing"} |`,
    `| ${others.map(([name]) => `\`${name}\``).join(", ")} | ${others.map(([, value]) => JSON.stringify(value)).join(", ")} |`,
  ];
}

/** `ssh.agent`, or `http: { bearerToken }`, in which there may be more than one. */
function isNamed(text: string, option: string): boolean {
  const [group, field] = option.split(".");
  return text.includes(`\`${option}\``) || new RegExp(String.raw`${group}: \{[^}]*\b${field}\b`).test(text);
}
