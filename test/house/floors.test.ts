import { builtinModules } from "node:module";

import { describe, expect, it } from "vitest";

import { sourceFiles, targetOf } from "./imports.ts";

/** The house of DESIGN.md: each floor with what it may import and which packages it may use. The first that matches a path is its floor. */
const floors: readonly {
  readonly name: string;
  readonly holds: RegExp;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}[] = [
  { name: "0 url", holds: /^url\//, imports: [], packages: [] },
  { name: "1 errors", holds: /^(errors|log)\//, imports: ["0 url"], packages: [] },
  { name: "2 connection", holds: /^connection\//, imports: ["0 url", "1 errors"], packages: [] },
  {
    name: "3a transport",
    holds: /^transport\//,
    imports: ["0 url", "1 errors", "2 connection"],
    packages: ["lru-cache"],
  },
  {
    name: "3b drivers",
    holds: /^drivers\//,
    imports: ["0 url", "1 errors", "2 connection"],
    packages: [
      "@aws-sdk/client-s3",
      "basic-ftp",
      "htmlparser2",
      "proxy-from-env",
      "redis",
      "sax",
      "socks",
      "ssh-config",
      "ssh2",
      "undici",
    ],
  },
  {
    name: "4a schemes",
    holds: /^schemes\//,
    imports: ["0 url", "1 errors", "2 connection", "3a transport", "3b drivers"],
    packages: [],
  },
  {
    name: "4b decorators",
    holds: /^decorators\//,
    imports: ["0 url", "1 errors", "2 connection", "3a transport"],
    packages: ["lru-cache"],
  },
  {
    name: "4c operations",
    holds: /^(operations|gateway|lending)\//,
    imports: ["0 url", "1 errors", "2 connection", "3a transport"],
    packages: ["picomatch"],
  },
  {
    name: "5 entry points",
    holds: /^(index|extend|testing|samewire)\.ts$|^testing\//,
    imports: [
      "0 url",
      "1 errors",
      "2 connection",
      "3a transport",
      "3b drivers",
      "4a schemes",
      "4b decorators",
      "4c operations",
    ],
    packages: [],
  },
  { name: "6 cli", holds: /^cli\//, imports: ["5 entry points", "4c operations"], packages: ["log-update", "pino"] },
];

const builtins = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
const files = sourceFiles();

function floorOf(path: string): (typeof floors)[number] {
  const floor = floors.find(({ holds }) => holds.test(path));
  if (floor === undefined) throw new Error(`${path} is on no floor`);
  return floor;
}

describe("the house", () => {
  it("has files on every floor", () => {
    for (const floor of floors)
      expect(
        files.some(({ path }) => floorOf(path) === floor),
        floor.name,
      ).toBe(true);
  });

  it("lets no file import from a floor above its own, and no scheme another one", () => {
    const wrong = files.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const target = targetOf(file, specifier);
        if (target === undefined) return [];
        const [from, to] = [floorOf(file.path), floorOf(target)];
        const otherScheme =
          from.name === "4a schemes" && to === from && file.path.split("/")[1] !== target.split("/")[1];
        return (from === to && !otherScheme) || from.imports.includes(to.name)
          ? []
          : [`${file.path} imports ${target}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("keeps each package on the floor it belongs to", () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => !specifier.startsWith(".") && !builtins.has(specifier))
        .filter(({ specifier }) => !floorOf(file.path).packages.includes(specifier))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("imports a vendor's package only in the driver that has its name, and only when it is needed", () => {
    const uses = files.flatMap((file) =>
      file.imports
        .filter(({ specifier }) =>
          [
            "@aws-sdk/client-s3",
            "ssh2",
            "ssh-config",
            "undici",
            "htmlparser2",
            "proxy-from-env",
            "redis",
            "socks",
          ].includes(specifier),
        )
        .map(({ specifier, typeOnly, lazy }) => ({ path: file.path, specifier, typeOnly, lazy })),
    );
    expect(uses.length).toBeGreaterThan(0);
    for (const { path, specifier, typeOnly, lazy } of uses) {
      const file = specifier.replace(/^@([^/]+)\/.*$/, "$1");
      expect(path).toMatch(new RegExp(`^drivers/${file}(-[a-z0-9-]+)?\\.ts$`));
      expect(typeOnly || lazy, `${path} loads ${specifier} when it is imported itself`).toBe(true);
    }
  });

  it("has no file with two jobs: none over 400 lines", () => {
    expect(files.filter(({ text }) => text.split("\n").length > 400).map(({ path }) => path)).toEqual([]);
  });
});
