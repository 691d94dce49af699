import { inspect } from "node:util";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LocationError } from "../../src/url/location-error.ts";
import { printable } from "../../src/url/printable.ts";
import { redactText } from "../../src/url/redact.ts";
import { parse, refusal } from "./parse.ts";

const secret = "hunter2";

describe("no password is printed", () => {
  it.each([
    `sftp://u:${secret}@h/a`,
    `sftp://:${secret}@h/a`,
    `readonly+sftp://u:${secret}@h:2222/~/a`,
    `http://u:${secret}@h/a?b=c`,
  ])("by the location %s", (url) => {
    const location = parse(url);
    expect(location.password).toBe(secret);
    for (const text of [
      location.url,
      location.base,
      location.redactedUrl,
      String(location),
      JSON.stringify({ location }),
      inspect({ location }, { depth: 9, showHidden: true }),
      location.resolve("b").url,
    ])
      expect(text).not.toContain(secret);
  });

  it.each([
    ["a space in the host", `sftp://u:${secret}@h h/`],
    ["an @ in the password", `sftp://u:a@${secret}@h/`],
    ["a slash in the password", `sftp://u:a/${secret}@h/`],
    ["a question mark in the password", `sftp://u:a?${secret}@h/`],
    ["a number sign in the password", `sftp://u:a#${secret}@h/`],
    ["a backslash in the password", `sftp://u:a\\${secret}@h/`],
    ["a control character in the password", `sftp://u:a\n${secret}@h/`],
    ["half an escape in the password", `sftp://u:%${secret}@h/`],
    ["no @", `sftp://u:${secret}`],
    ["no @, and a path", `sftp://u:${secret}/a`],
    ["an encoded @", `sftp://u:${secret}%40h/a`],
    ["an encoded @ and a slash in the password", `sftp://u:a/${secret}%40h/a`],
    ["everything encoded", `sftp://u%3A${secret}%40h/`],
    ["everything encoded twice", `sftp://u%253A${secret}%2540h/`],
    ["an encoded colon and no @", `sftp://u%3a${secret}/`],
    ["an encoded @ and a token", `sftp://${secret}%40h h/`],
    ["a wide colon and a wide @", `sftp://u：${secret}＠h/`],
    ["a small colon and a small @", `sftp://u﹕${secret}﹫h/`],
    ["brackets as in a manual", `sftp://[u]:${secret}`],
    ["brackets around both", `sftp://[u:${secret}]`],
    ["a bracket that does not close", `sftp://[u:${secret}`],
    ["the password behind the host", `sftp://u@h:${secret}/a`],
    ["an unknown scheme with everything encoded", `gopher://u%3A${secret}%40h/`],
    ["an unknown scheme", `gopher://u:${secret}@h/`],
    ["one slash", `sftp:/u:${secret}@h/`],
    ["no slash", `sftp:u:${secret}@h/`],
    ["four slashes", `sftp:////u:${secret}%40h/\0`],
    ["a space before the scheme", ` sftp://u:${secret}@h/`],
    ["a space before the scheme and an encoded @", ` sftp://u:${secret}%40h/`],
    ["no scheme", `://u:${secret}@h/`],
    ["a user on file:", `file://u:${secret}@h/`],
    ["a bad port", `sftp://u:${secret}@h:x/`],
    ["a bad host", `sftp://u:${secret}@-h/`],
    ["a query", `sftp://h/?password=${secret}`],
    ["a fragment", `sftp://h/#token=${secret}`],
    ["a query behind a bad path", `http://h/%00?sig=${secret}`],
    ["a fragment behind a bad path", `http://h/%00#sig=${secret}`],
    ["a local path", `u:${secret}@h:a\0`],
  ])("by the refusal of %s", (_what, url) => {
    const error = refusal(url);
    expect(error).toBeInstanceOf(LocationError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    expect(
      [error?.message, error?.hint, error?.url, error?.stack, String(error), JSON.stringify(error)].join("\n"),
    ).not.toContain(secret);
  });

  it("by any malformed URL", () => {
    const piece = fc.constantFrom(...Array.from("@:/\\?#% \n[]aä＠："), "%40", "%3A", "//", "..");
    const noise = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.constantFrom("sftp", "http", "file", "gopher"), noise, noise, (scheme, before, after) => {
        const error = refusal(`${scheme}://u:${before}${secret}${after}@h/`);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  it("by any URL whose colon or @ somebody encoded, or typed wide", () => {
    const colons = fc.constantFrom(":", "%3A", "%3a", "%253A", "：", "﹕");
    const ats = fc.constantFrom("@", "%40", "%2540", "＠", "﹫", "@@", "");
    const users = fc.constantFrom("u", "", "[u]", "[", "-u", "u v", "u%zz");
    const tails = fc.constantFrom("h/", "h", "h:22/a", "-h/", "h/\0", "h/%00", "[::1]/", "/a", "h/a?b");
    const starts = fc.constantFrom("sftp://", "gopher://", "sftp:/", "sftp:", "file://", " sftp://", "sftp:\\\\");
    fc.assert(
      fc.property(starts, users, colons, ats, tails, (start, user, colon, at, tail) => {
        const error = refusal(`${start}${user}${colon}${secret}${at}${tail}`);
        expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("values of a query", () => {
  it("are left out everywhere but in the URL itself, what has no name as well; names stay", () => {
    const location = parse(`http://h/a?name=${secret}&flag&b=${secret}=${secret}`);
    expect(location.redactedUrl).toBe("http://h/a?name=***&***&b=***");
    for (const text of [String(location), JSON.stringify(location), inspect(location)])
      expect(text).not.toContain(secret);
    expect(location.url).toContain(secret);
  });
});

describe("text for a message", () => {
  it.each([
    ["sftp://u:p@h/a", "sftp://***@h/a"],
    ["sftp://h:22/a", "sftp://h:22/a"],
    ["sftp://h:22", "sftp://h:22"],
    ["sftp://[::1]:22/a", "sftp://[::1]:22/a"],
    ["sftp://[fe80::1%25en0]", "sftp://[fe80::1%25en0]"],
    ["sftp://[::1]:x/", "sftp://[::1]:***"],
    ["sftp://u@h:p/", "sftp://***@h:***"],
    ["sftp://h/a%40b:c", "sftp://h/a%40b:c"],
    ["sftp://h:ssh/a", "sftp://h:***"],
    ["http://h/a?b=c#d", "http://h/a?***"],
    ["a/b", "a/b"],
  ])("%s is shown as %s", (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  it("is short, and moves no terminal's cursor", () => {
    expect(redactText("a".repeat(100_000)).length).toBe(200);
    expect(printable("a\u001B[2J\u009B\u202Eb\uD800")).toBe("a\\u001b[2J\\u009b\\u202eb\\ud800");
    expect(printable("日本語 😀")).toBe("日本語 😀");
  });
});
