import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { isName } from "../../src/url/path.ts";
import { parse, refusalOf } from "./parse.ts";

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom("Bücher.example", "build_1", "host.", "[fe80::1%25en0]"),
);
const user = fc
  .string({ unit: "binary", minLength: 1 })
  .filter((text) => !/[\s'"`;&<>|(){}$\p{Cc}]|^-|\\$/u.test(text));
const name = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1 }),
    fc.constantFrom("~", "%2e", "%2F", "...", "\\", "?", "#", "a:b", "@", "\uFEFF", "e\u0301", "\u00E9", "\u0085"),
  )
  .filter(isName);
const names = fc.array(name, { maxLength: 5 });
const anyScheme = fc.constantFrom("sftp", "memory", "plus+name");

/** Text that was put together from what URLs are made of. */
const crooked = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "sftp",
        "http",
        "file",
        "memory",
        "readonly+",
        ":",
        "//",
        "/",
        "@",
        "h",
        "H",
        "u",
        "~",
        ".",
        "..",
        "%",
        "%2e",
        "%2F",
        "%252F",
        "%7E",
        "?",
        "#",
        "[",
        "]",
        "::1",
        "\\",
        "%5C",
        "22",
        ":22",
        "ä",
        "%C3%A4",
        " ",
        "a",
        "%00",
        "+",
        "&",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));

describe("for every location", () => {
  it("normalising is idempotent, whatever was typed, and nothing but a LocationError is thrown", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          crooked,
          crooked.map((rest) => `sftp://${rest}`),
          crooked.map((rest) => `http://h/${rest}`),
        ),
        (text) => {
          let url = "";
          if (refusalOf(() => (url = parse(text).url)) !== undefined) return;
          const again = parse(url);
          expect(again.url).toBe(url);
          expect(parse(again.base).base).toBe(again.base);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("what is printed is parsed into the same parts", () => {
    fc.assert(
      fc.property(
        anyScheme,
        host,
        fc.option(user),
        fc.option(fc.integer({ min: 1, max: 65_535 })),
        names,
        (scheme, where, who, port, path) => {
          const at = who === null ? "" : `${encodeURIComponent(who)}@`;
          const location = parse(`${scheme}://${at}${where}${port === null ? "" : `:${port}`}/`).resolve(
            `/${path.join("/")}`,
          );
          const again = parse(location.url);
          expect(again.url).toBe(location.url);
          for (const part of ["scheme", "user", "host", "effectivePort", "home", "path", "name", "directory"] as const)
            expect(again[part]).toEqual(location[part]);
          expect(again.segments).toEqual(path);
          expect(again.user).toBe(who ?? undefined);
          expect(again.equals(location)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("a password is decoded once, whatever is in it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => !/\p{Cc}/u.test(text)),
        (password) => {
          expect(parse(`sftp://u:${encodeURIComponent(password)}@h/`).password).toBe(password);
        },
      ),
    );
  });

  it("the path of what a path leads to is that path", () => {
    const base = fc.constantFrom(
      "sftp://u@h/",
      "sftp://h/~/",
      "sftp://h/a/b/",
      "memory:///x",
      "readonly+sftp://h/%7E/",
    );
    fc.assert(
      fc.property(base, names, (url, path) => {
        const [directory, text] = [parse(url), path.join("/")];
        const location = directory.resolve(text);
        expect(directory.relative(location)).toBe(text);
        expect(directory.relative(parse(location.url))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("no path leads out of the server or its login directory", () => {
    const climbing = fc.array(fc.oneof(fc.constantFrom("..", ".", "", "a", "~"), name)).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.constantFrom("sftp://u@h/", "sftp://u@h/~/"), climbing, (url, path) => {
        const root = parse(url);
        const location = root.resolve(path);
        if (path.startsWith("/")) expect(location.home).toBe(false);
        else expect(root.relative(location)).toBeDefined();
        expect(location.segments.every(isName)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a very long location takes no longer than its length", () => {
  // Decided by the suite's own limit: what is quadratic takes minutes at this length.
  const long = 1_000_000;
  it.each([
    ["scheme", `${"a".repeat(long)}://h/`],
    ["prefixes", `${"readonly+".repeat(long / 9)}sftp://h/`],
    ["host", `sftp://${"a".repeat(long)}/`],
    ["international host", `sftp://${"ä".repeat(long)}/`],
    ["labels", `sftp://${"a.".repeat(long / 2)}/`],
    ["digits", `sftp://${"1".repeat(long)}/`],
    ["user", `sftp://${"u".repeat(long)}@h/`],
    ["password", `sftp://u:${"%41".repeat(long / 3)}@h/`],
    ["@", `sftp://${"@".repeat(long)}`],
    ["colons", `sftp://${":".repeat(long)}`],
    ["brackets", `sftp://${"[".repeat(long)}`],
    ["slashes", `sftp://h${"/".repeat(long)}`],
    ["ways up", `sftp://h/${"../".repeat(long / 3)}`],
    ["names", `sftp://h/${"a/".repeat(long / 2)}`],
    ["escapes", `sftp://h/${"%C3%A4".repeat(long / 6)}`],
    ["encoded slashes", `http://h/${"%2F".repeat(long / 3)}`],
    ["dots", `./${".".repeat(long)}`],
    ["query", `http://h/?${"a=b&".repeat(long / 4)}`],
    ["percent signs", `sftp://h/${"%".repeat(long)}`],
    ["backslashes", `sftp:${"\\".repeat(long)}`],
  ])("%s", (_what, text) => {
    const error = refusalOf(() => {
      const location = parse(text);
      return [location.redactedUrl, location.base, location.resolve(text), location.relative(location)];
    });
    expect(error?.message.length ?? 0).toBeLessThan(400);
    expect(error?.url?.length ?? 0).toBeLessThan(2_000);
  });
});
