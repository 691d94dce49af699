import { describe, expect, it } from "vitest";

import { parseLocation } from "../../src/url/parse-location.ts";
import { parse, refusal, refusalOf } from "./parse.ts";

describe("invalid-url:", () => {
  it.each([
    ["no host", "sftp:///a"],
    ["no host behind a user", "sftp://u@/a"],
    ["no host before a port", "sftp://:22/a"],
    ["a user without a host where a host is optional", "memory://u@/a"],
    ["a host on file:", "file://server/share"],
    ["a user on file:", "file://u@localhost/a"],
    ["file: without a slash", "file:a"],
    ["one slash elsewhere", "sftp:/h/a"],
    ["no slash, but a scheme that is registered", "sftp:a"],
    ["no slash behind a prefix", "readonly+sftp:a"],
    ["backslashes for slashes", "sftp:\\\\h\\a"],
    ["white space before the scheme", " sftp://h/"],
    ["a line break before the scheme", "\nsftp://h/"],
    ["a line break in the scheme", "sf\ntp://h/"],
    ["no scheme before ://", "://h/"],
    ["a digit before the scheme", "1sftp://h/"],
    ["a look-alike in the scheme", "ſftp://h/"],
    ["a scheme longer than any", `${"readonly+".repeat(100)}sftp://h/`],
    ["a host that begins with a hyphen", "sftp://-oProxyCommand=x/a"],
    ["the same encoded", "sftp://%2DoProxyCommand=x/a"],
    ["the same behind a user", "sftp://u@-h/a"],
    ["the same behind a character that vanishes", "sftp://%C2%AD-h/a"],
    ["a user that begins with a hyphen", "sftp://-oProxyCommand=x@h/a"],
    ["the same encoded", "sftp://%2Dx@h/a"],
    ["a host with white space", "sftp://a b/"],
    ["a host with encoded white space", "sftp://a%20b/"],
    ["a host with a wide space", "sftp://a\u3000b/"],
    ["a host with an encoded NUL", "sftp://a%00b/"],
    ["a host with an encoded slash", "sftp://a%2Fb/"],
    ["a host with an encoded @", "sftp://a%40b/"],
    ["a host with a percent sign encoded twice", "sftp://a%2541b/"],
    ["a host with half an escape", "sftp://a%4/"],
    ["a host with escapes that are not UTF-8", "sftp://a%FFb/"],
    ["a host with an empty label", "sftp://a..b/"],
    ["a host with an empty label at the end", "sftp://a../"],
    ["a host with an empty label in the middle, from a look-alike", "sftp://a。.b/"],
    ["a host that begins with a dot", "sftp://.a/"],
    ["a host of a dot", "sftp://./"],
    ["a host longer than DNS has room for", `sftp://${"a".repeat(255)}/`],
    ["a host with punycode that says nothing", "sftp://xn--a/"],
    ["a host with a fraction that becomes a slash", "sftp://a℀b/"],
    ["a host with a wide slash", "sftp://a／b/"],
    ["a host with a wide @", "sftp://u＠evil/"],
    ["a host with a wide colon", "sftp://h：22/"],
    ["a host with a wide number sign", "sftp://h＃evil/"],
    ["a host with a reading direction in it", "sftp://a\u202Eb/"],
    ["a bracket that does not close", "sftp://[::1/"],
    ["something behind the bracket", "sftp://[::1]a/"],
    ["something before the bracket", "sftp://h[::1]/"],
    ["a name in brackets", "sftp://[h]/"],
    ["IPv4 in brackets", "sftp://[127.0.0.1]/"],
    ["IPv6 without brackets", "sftp://::1/"],
    ["an empty zone", "sftp://[fe80::1%25]/"],
    ["a zone with a metacharacter", "sftp://[fe80::1%25a;b]/"],
    ["two zones", "sftp://[fe80::1%a%b]/"],
    ["a zone with a slash", "sftp://[fe80::1%25a%2Fb]/"],
    ["IPv4 with three parts", "sftp://127.0.1/"],
    ["IPv4 with five parts", "sftp://1.127.0.0.1/"],
    ["IPv4 as one number", "sftp://2130706433/"],
    ["IPv4 with octal parts", "sftp://0177.0.0.1/"],
    ["IPv4 with hexadecimal parts", "sftp://0x7f.1/"],
    ["the same in upper case", "sftp://0X7F.1/"],
    ["the same escaped", "sftp://%30x7f.1/"],
    ["IPv4 with a number that is too large", "sftp://127.0.0.256/"],
    ["IPv4 in wide digits", "sftp://１２７.０.０.１/"],
    ["IPv4 in circled digits", "sftp://①②⑦.0.0.①/"],
    ["a name that ends in a number", "sftp://host.1/"],
    ["port 0", "sftp://h:0/"],
    ["a port that is too large", "sftp://h:65536/"],
    ["a port with a sign", "sftp://h:+22/"],
    ["a port of letters", "sftp://h:ssh/"],
    ["a port in wide digits", "sftp://h:２２/"],
    ["a port with a space", "sftp://h:22 /"],
    ["two ports", "sftp://h:22:22/"],
    ["two @", "sftp://u@h@evil/"],
    ["a backslash before an @", "sftp://h\\@evil/"],
    ["a backslash in a path", "sftp://h/a\\b"],
    ["a backslash in a query", "http://h/?a\\b"],
    ["a user with a semicolon", "sftp://a;b@h/"],
    ["a user with an encoded backquote", "sftp://a%60b@h/"],
    ["a user with a dollar sign", "sftp://$(x)@h/"],
    ["a user with white space", "sftp://a%20b@h/"],
    ["a user with a no-break space", "sftp://a%C2%A0b@h/"],
    ["a user that ends in a backslash", "sftp://a%5C@h/"],
    ["a user with an encoded line break", "sftp://a%0Ab@h/"],
    ["a user with an encoded C1 control", "sftp://a%C2%9Bb@h/"],
    ["a password with an encoded line break", "ftp://u:a%0D%0Ab@h/"],
    ["a password with half an escape", "ftp://u:100%@h/"],
    ["a raw question mark", "sftp://h/a?b"],
    ["a raw number sign", "sftp://h/a#b"],
    ["a raw question mark before the path", "sftp://h?a@evil/"],
    ["a raw number sign before an @", "sftp://h#@evil/"],
    ["a raw line break", "sftp://h/a\nb"],
    ["a raw carriage return in a host", "sftp://h\r/"],
    ["a raw tab", "http://h/a\tb"],
    ["a raw NUL", "sftp://h/a\0b"],
    ["a raw DEL", "sftp://h/a\u007Fb"],
    ["a raw C1 control", "sftp://h/a\u009Bb"],
    ["a raw control in a query", "http://h/?a\r\nb"],
    ["white space at the end", "sftp://h/a "],
    ["white space at the end of a query", "http://h/?a "],
    ["half a character", "sftp://h/a\uD800b"],
    ["half a character in a host", "sftp://\uDC00/"],
    ["an empty text", ""],
  ])("%s, %j", (_what, url) => {
    expect(refusal(url)).toMatchObject({ name: "LocationError", code: "invalid-url" });
  });

  it.each([[undefined], [null], [22], [{}], [["sftp://h/"]], [{ href: "sftp://h/" }]])("%j, no location", (input) => {
    expect(refusalOf(() => parse(input as unknown as string))?.code).toBe("invalid-url");
  });
});

describe("invalid-path:", () => {
  it.each([
    ["an encoded dot", "sftp://h/a/%2e/b"],
    ["encoded dots", "sftp://h/a/%2E%2e/b"],
    ["half-encoded dots", "http://h/a/.%2e/b"],
    ["an encoded NUL", "sftp://h/a%00b"],
    ["an encoded NUL on http", "http://h/a%00b"],
    ["an encoded slash", "sftp://h/a%2Fb"],
    ["an encoded slash in lower case", "file:///a%2fb"],
    ["a slash in too many bytes", "sftp://h/a%C0%AFb"],
    ["half a character in bytes", "sftp://h/a%ED%A0%80b"],
    ["Latin-1 bytes", "sftp://h/caf%E9"],
    ["half an escape", "sftp://h/100%"],
    ["half an escape", "sftp://h/%4"],
    ["an escape of other letters", "sftp://h/%zz"],
    ["an encoded line break on FTP", "ftp://h/a%0D%0ADELE%20b"],
    ["an encoded line break on http", "http://h/a%0Ab"],
    ["an encoded line break beside an encoded slash", "http://h/a%2Fb%0A"],
  ])("%s, %s", (_what, url) => {
    expect(refusal(url)?.code).toBe("invalid-path");
  });
});

describe("unsupported-scheme:", () => {
  it("an unknown scheme lists those that are registered", () => {
    expect(refusal("gopher://h/")).toMatchObject({
      code: "unsupported-scheme",
      message: 'no scheme is registered as "gopher"',
      hint: expect.stringMatching(/sftp, ftp, http.*file/) as string,
    });
  });

  it.each(["ssh://h/", "SSH://h/", "scp://h/", "readonly+ssh://h/"])("%s points to sftp:", (url) => {
    expect(refusal(url)).toMatchObject({
      code: "unsupported-scheme",
      hint: expect.stringContaining("sftp://") as string,
    });
  });

  it("ssh: points nowhere where there is no sftp:", () => {
    const none = { schemes: () => ["memory"], decorators: () => false };
    const error = refusalOf(() => parseLocation("ssh://h/", () => undefined, none));
    expect(error?.hint).toBe("Registered are: memory");
  });

  it.each([
    "unknown+sftp://h/",
    "readonly+unknown+sftp://h/",
    "sftp+readonly://h/",
    "readonly+://h/",
    "__proto__://h/",
    "constructor://h/",
    "constructor+sftp://h/",
    "toString+sftp://h/",
    "javascript://h/%0Aalert(1)",
  ])("%s", (url) => {
    expect(["unsupported-scheme", "invalid-url"]).toContain(refusal(url)?.code);
  });

  it.each(["javascript:alert(1)", "data:text/plain,x", "mailto:a@example.com"])(
    "%s as a URL object, which is never a local path",
    (url) => {
      expect(refusal(new URL(url))?.code).toBe("unsupported-scheme");
    },
  );

  it("a local path where file: is not registered", () => {
    const error = refusalOf(() => parseLocation("a", () => undefined, { schemes: () => [], decorators: () => false }));
    expect(error?.code).toBe("unsupported-scheme");
  });
});

describe("a hint is the way out:", () => {
  it.each([
    ["sftp://h/a?b", "In a name, write it as %3F"],
    ["sftp://h/a#b", "In a name, write it as %23"],
    ["sftp://h/100%", "Write a percent sign as %25"],
    ["sftp://h/a ", "Where it belongs to a name, write it as %20"],
    ["sftp://u@h@evil/", "In a user or password, write @ as %40"],
    ["sftp://h/a\\b", "Write / between directories, and %5C for a backslash in a name"],
    ["sftp:a", "Write sftp://host/path, or ./ before a local path that begins so"],
    ["file:a", "Write file:///path, or ./ before a local path that begins so"],
    ["sftp://::1/", "An IPv6 address stands in brackets: [::1]"],
    ["sftp://u:secret/", "What stands before the host ends in @: user:password@host"],
  ])("%s", (url, hint) => {
    expect(refusal(url)?.hint).toBe(hint);
  });
});
