import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parse, refusal } from "./parse.ts";

/**
 * Host, port and path as WHATWG URL prints them; a zone id is beyond it. The URL of Node 20 overlooks a last `.` behind a
 * name that begins with a dot (`/a/.b/.` stays as it is), unless something in the path is escaped: so its dots are.
 */
function whatwg(text: string): { host: string; port: string; path: string } {
  const { hostname, port, pathname } = new URL(text.replaceAll(/(?<=\/)\.(?=\/|$)/g, "%2e"));
  return { host: hostname.replace(/^\[|\]$/g, ""), port, path: pathname };
}

/** The same of ours, read back from the URL that we print. */
function ours(text: string): { host: string; port: string; path: string } {
  const location = parse(text);
  const path = location.url.slice(location.url.indexOf("/", location.url.indexOf("://") + 3)).split("?")[0] as string;
  const port =
    location.port === undefined || location.port === location.syntax.defaultPort ? "" : String(location.port);
  return { host: location.host, port, path };
}

describe("on http, ftp and file we agree with WHATWG URL:", () => {
  it.each([
    "http://Example.COM:80/a/b",
    "https://example.com:443/",
    "ftp://example.com:21/a",
    "ftp://u:p@example.com:2121/a/../b",
    "http://h",
    "http://h:8080",
    "http://h:/",
    "http://Bücher.example/",
    "http://a。example/",
    "http://ex%41mple.com/",
    "http://xn--bcher-kva.example/",
    "http://127.0.0.1/",
    "http://[2001:DB8::0:1]:8080/",
    "http://[::ffff:192.0.2.1]/",
    "http://host./",
    "http://h/a/./b/../c/",
    "http://h/../../a",
    "http://h/a/..",
    "http://h/a/.b/.",
    "http://h/.b/..",
    "http://h/ä b",
    "http://h/%C3%A4",
    "http://h/a%20b",
    "http://h/a%2Fb",
    "http://h/a?b#c",
    "http://h?b",
    "http://u@h/a@b:c",
    "file:///a/b",
    "file:/a/b",
    "file://localhost/a",
    "file:///a/../../b",
  ])("%s", (text) => {
    expect(ours(text)).toEqual(whatwg(text));
  });

  const segment = fc
    .string({ unit: fc.constantFrom(...Array.from("abcXYZ019-._~!$&'()*+,;=:@äß😀")) })
    .filter((text) => text !== "");

  it("any file: URL of ordinary parts", () => {
    fc.assert(
      fc.property(fc.constantFrom("file:", "file://", "file://localhost"), fc.array(segment), (start, path) => {
        // A drive letter is a root there, and Node takes any first name that begins like one for it before a "..".
        fc.pre(!/^[A-Za-z]:/.test(path[0] ?? ""));
        const text = `${start}/${path.join("/")}`;
        expect(ours(text)).toEqual(whatwg(text));
      }),
      { numRuns: 500 },
    );
  });

  it("any URL of ordinary parts", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("http", "https", "ftp"),
        fc.oneof(
          fc.domain(),
          fc.ipV4(),
          fc.ipV6().map((address) => `[${address}]`),
        ),
        fc.option(fc.integer({ min: 1, max: 65_535 })),
        fc.array(segment, { maxLength: 5 }),
        (scheme, host, port, path) => {
          fc.pre(!(scheme === "ftp" && path[0] === "~"));
          const text = `${scheme}://${host}${port === null ? "" : `:${port}`}/${path.join("/")}`;
          expect(ours(text)).toEqual(whatwg(text));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("where we print something else than WHATWG URL", () => {
  it.each([
    ["needless escapes are decoded", "http://h/%61%7E", "/a~", "/%61%7E"],
    ["escapes in upper case", "http://h/%c3%a4", "/%C3%A4", "/%c3%a4"],
    ["empty segments are removed", "http://h//a//b", "/a/b", "//a//b"],
    ["what only looks plain is encoded", "http://h/a|b[d]", "/a%7Cb%5Bd%5D", "/a|b[d]"],
    ["an empty segment is nothing to go up from", "http://h/a//..", "/", "/a/"],
    ["a directory called ~ on FTP", "ftp://h/a/../~/b", "/%7E/b", "/~/b"],
    ["the login directory on FTP is one", "ftp://h/~", "/~/", "/~"],
    ["nothing is above the login directory on FTP", "ftp://h/~/../a", "/~/a", "/a"],
    ["a drive letter on file: is a name like any other", "file:///C:/../a", "/a", "/C:/a"],
    ["a bar behind one is no colon", "file:///C|/a", "/C%7C/a", "/C:/a"],
  ])("%s: %s", (_what, text, path, theirs) => {
    expect(ours(text).path).toBe(path);
    expect(whatwg(text).path).toBe(theirs);
  });

  it("a trailing dot behind an IPv4 address is kept", () => {
    expect(ours("http://127.0.0.1./").host).toBe("127.0.0.1.");
    expect(whatwg("http://127.0.0.1./").host).toBe("127.0.0.1");
  });

  it("an empty password is one", () => {
    expect(parse("ftp://u:@h/").password).toBe("");
    expect(new URL("ftp://u:@h/").href).toBe("ftp://u@h/");
  });

  it("an apostrophe in a query stays", () => {
    expect(parse("http://h/?a='b'").url).toBe("http://h/?a='b'");
    expect(new URL("http://h/?a='b'").href).toBe("http://h/?a=%27b%27");
  });

  it("an IPv6 zone is understood", () => {
    expect(parse("http://[fe80::1%25en0]/").host).toBe("fe80::1%en0");
    expect(() => new URL("http://[fe80::1%25en0]/")).toThrow();
  });
});

describe("what WHATWG URL repairs is refused:", () => {
  it.each([
    ["backslashes as slashes", "http:\\\\h\\a", "http://h/a"],
    ["a backslash that ends the host", "http://h\\@evil/", "http://h/@evil/"],
    ["missing slashes", "http:h/a", "http://h/a"],
    ["too many slashes", "http:////h/a", "http://h/a"],
    ["white space around", " http://h/ ", "http://h/"],
    ["white space at the end alone", "http://h/a ", "http://h/a"],
    ["line breaks and tabs inside", "ht\ntp://h/a\tb\r", "http://h/ab"],
    ["more than one @", "http://u@v@h/", "http://u%40v@h/"],
    ["numbers as IPv4", "http://2130706433/", "http://127.0.0.1/"],
    ["short IPv4", "http://127.1/", "http://127.0.0.1/"],
    ["octal and hexadecimal IPv4", "http://0177.0.0X1/", "http://127.0.0.1/"],
    ["IPv4 in wide digits", "http://１２７.０.０.１/", "http://127.0.0.1/"],
    ["an encoded way up", "http://h/a/%2e%2e/b", "http://h/b"],
    ["half an escape", "http://h/100%", "http://h/100%"],
    ["escapes that are not UTF-8", "http://h/%FF", "http://h/%FF"],
    ["an encoded NUL", "http://h/%00", "http://h/%00"],
    ["half a character", "http://h/\uD800", "http://h/%EF%BF%BD"],
    ["an empty label", "http://a..b/", "http://a..b/"],
    ["odd characters in a host", "http://a!$&'()*+,;=~b/", "http://a!$&'()*+,;=~b/"],
    ["a host that begins with a hyphen", "http://-a/", "http://-a/"],
    ["a user with a metacharacter", "http://a;b@h/", "http://a%3Bb@h/"],
    ["port 0", "http://h:0/", "http://h:0/"],
    ["a query on FTP", "ftp://h/a?b", "ftp://h/a?b"],
    ["a fragment on file:", "file:///a#b", "file:///a#b"],
    ["a relative file:", "file:a", "file:///a"],
    ["a host on file:", "file://server/a", "file://server/a"],
    ["an encoded localhost on file:", "file://%6cocalhost/a", "file:///a"],
    ["a drive letter where a host stands", "file://C:/a", "file:///C:/a"],
    ["an encoded slash on FTP", "ftp://h/a%2Fb", "ftp://h/a%2Fb"],
  ])("%s, %j", (_what, text, theirs) => {
    expect(new URL(text).href).toBe(theirs);
    expect(refusal(text)).toBeDefined();
  });
});
