import { describe, expect, it } from "vitest";

import { parse } from "./parse.ts";

describe("a URL is normalised", () => {
  it.each([
    ["scheme and host in lower case", "SFTP://Host.Example.COM/A", "sftp://host.example.com/A"],
    ["an international name in its ASCII form", "sftp://Bücher.example/", "sftp://xn--bcher-kva.example/"],
    ["an ASCII form stays as it is", "sftp://xn--bcher-kva.example/", "sftp://xn--bcher-kva.example/"],
    ["an ideographic full stop is a dot, as in WHATWG URL", "sftp://a。example/", "sftp://a.example/"],
    ["a percent-encoded host is decoded once", "sftp://ex%41mple.com/", "sftp://example.com/"],
    ["a percent-encoded dot in a host", "sftp://a%2Eb/", "sftp://a.b/"],
    ["an underscore in a host", "sftp://build_1/", "sftp://build_1/"],
    ["a trailing dot is kept", "sftp://host.example./", "sftp://host.example./"],
    ["an IPv4 address", "sftp://192.0.2.255/", "sftp://192.0.2.255/"],
    ["IPv6 in canonical form", "sftp://[2001:DB8:0:0:0:0:0:1]/", "sftp://[2001:db8::1]/"],
    ["IPv4 in IPv6", "sftp://[::ffff:192.0.2.1]/", "sftp://[::ffff:c000:201]/"],
    ["an IPv6 zone, as people write it", "sftp://[fe80::1%eth0]/", "sftp://[fe80::1%25eth0]/"],
    ["an IPv6 zone, as RFC 6874 writes it", "sftp://[FE80::1%25Eth0]/", "sftp://[fe80::1%25Eth0]/"],
    ["the default port is left out", "sftp://h:22/", "sftp://h/"],
    ["an empty port is none", "sftp://h:/", "sftp://h/"],
    ["zeros before a port", "sftp://h:00080/", "sftp://h:80/"],
    ["another port is kept", "sftp://h:65535/", "sftp://h:65535/"],
    ["no path is the root", "sftp://h", "sftp://h/"],
    ["dot segments are removed", "sftp://h/a/./b/../c", "sftp://h/a/c"],
    ["nothing is above the root", "sftp://h/../../a", "sftp://h/a"],
    ["a dot at the end means the directory", "sftp://h/a/.", "sftp://h/a/"],
    ["two dots at the end mean the directory", "sftp://h/a/b/..", "sftp://h/a/"],
    ["empty segments are removed", "sftp://h//a///b//", "sftp://h/a/b/"],
    ["raw Unicode is encoded", "sftp://h/ä b", "sftp://h/%C3%A4%20b"],
    ["needless escapes are decoded", "sftp://h/%61%7eb", "sftp://h/a~b"],
    ["lower-case escapes", "sftp://h/%c3%a4", "sftp://h/%C3%A4"],
    ["an encoded percent sign is not decoded twice", "sftp://h/%252e%252E/x", "sftp://h/%252e%252E/x"],
    ["an encoded question mark and number sign", "sftp://h/a%3Fb%23c", "sftp://h/a%3Fb%23c"],
    ["an encoded backslash is part of a name", "sftp://h/a%5cb", "sftp://h/a%5Cb"],
    ["sub-delimiters stay", "sftp://h/!$&'()*+,;=:@", "sftp://h/!$&'()*+,;=:@"],
    ["an @ and a colon in a path", "sftp://h/a@b:c", "sftp://h/a@b:c"],
    ["a user is kept", "sftp://Me@h/", "sftp://Me@h/"],
    ["a user with a domain", "sftp://DOM%5cme@h/", "sftp://DOM%5Cme@h/"],
    ["a user that is a mail address", "sftp://me%40example.com@h/", "sftp://me%40example.com@h/"],
    ["an empty user is none", "sftp://@h/", "sftp://h/"],
    ["a password is left out", "sftp://me:pw@h/", "sftp://me@h/"],
    ["a host may be left out where the scheme says so", "memory:///a", "memory:///a"],
    ["and named there", "memory://Store/a", "memory://store/a"],
    ["prefixes stay, in lower case", "ReadOnly+trace+sftp://h/", "readonly+trace+sftp://h/"],
    ["a scheme with a plus in its name", "readonly+plus+name://h/", "readonly+plus+name://h/"],
    ["file: with three slashes", "file:///a/b", "file:///a/b"],
    ["file: with one", "file:/a/b", "file:///a/b"],
    ["file: with this host", "file://LocalHost/a", "file:///a"],
    ["file: with a prefix and one slash", "readonly+file:/a", "readonly+file:///a"],
    ["a query on http", "http://h/a?b=%2F&c=d%20e", "http://h/a?b=%2F&c=d%20e"],
    ["what no request target holds is encoded in a query", 'http://h/?a=ä "<>', "http://h/?a=%C3%A4%20%22%3C%3E"],
    ["an empty query is one", "http://h/a?", "http://h/a?"],
    ["a fragment on http is never sent", "http://h/a?b#c?d", "http://h/a?b"],
    ["a question mark behind the number sign is of the fragment", "http://h/a#b?c", "http://h/a"],
    ["a query behind no path", "http://h?x@evil/", "http://h/?x@evil/"],
    ["an encoded slash on http", "http://h/a%2fb/%2e%41", "http://h/a%2Fb/.A"],
    ["an encoded slash on http that looks like a way up", "http://h/a/..%2F..", "http://h/a/..%2F.."],
    ["the login directory", "sftp://h/~", "sftp://h/~/"],
    ["below the login directory", "sftp://h/~/a/b", "sftp://h/~/a/b"],
    ["nothing is above the login directory", "sftp://h/~/../a", "sftp://h/~/a"],
    ["a directory called ~", "sftp://h/%7e/a", "sftp://h/%7E/a"],
    ["~ elsewhere is a name", "sftp://h/a/~/b", "sftp://h/a/~/b"],
    ["~ that comes to the front is a name", "sftp://h/a/../~/b", "sftp://h/%7E/b"],
    ["~user is a name", "sftp://h/~me/a", "sftp://h/~me/a"],
    ["~ on file: is a name", "file:///~/a", "file:///~/a"],
    ["the login directory on FTP", "ftp://h/~/a", "ftp://h/~/a"],
  ])("%s: %s", (_what, typed, normal) => {
    const location = parse(typed);
    expect(location.url).toBe(normal);
    expect(parse(normal).url).toBe(normal);
  });

  it("from a URL object as from its text", () => {
    expect(parse(new URL("sftp://Host:22/a")).url).toBe("sftp://host/a");
    expect(parse(new URL("file:///a%20b")).path).toBe("/a b");
  });

  it("what all locations share, nobody can change", () => {
    const { segments, decorators } = parse("sftp://h/");
    for (const shared of [segments, decorators]) expect(() => (shared as string[]).push("x")).toThrow(TypeError);
  });

  it("a Location is itself", () => {
    const location = parse("sftp://h/a");
    expect(parse(location)).toBe(location);
  });
});

describe("a parsed URL knows", () => {
  it("the host as it was typed, for ssh_config", () => {
    expect(parse("sftp://GitHub-Work/")).toMatchObject({ host: "github-work", typedHost: "GitHub-Work" });
    expect(parse("sftp://[FE80::1%25en0]/")).toMatchObject({ host: "fe80::1%en0", typedHost: "FE80::1%en0" });
  });

  it("a port that was written, also where it is the default", () => {
    expect(parse("sftp://h:22/")).toMatchObject({ port: 22, effectivePort: 22 });
    expect(parse("sftp://h/")).toMatchObject({ port: undefined, effectivePort: 22 });
    expect(parse("memory://h/").effectivePort).toBeUndefined();
  });

  it.each([
    ["sftp://u:p@h/", "u", "p"],
    ["sftp://u:@h/", "u", ""],
    ["sftp://u@h/", "u", undefined],
    ["sftp://h/", undefined, undefined],
    ["sftp://:p@h/", undefined, "p"],
    ["sftp://u:a:b@h/", "u", "a:b"],
    ["sftp://u%3A:%23%40%3A%25%2F%3F%5C@h/", "u:", "#@:%/?\\"],
    ["sftp://u:%2541@h/", "u", "%41"],
    ["sftp://ü:%C3%9F@h/", "ü", "ß"],
  ])("user and password of %s, decoded once", (url, user, password) => {
    expect(parse(url)).toMatchObject({ user, password });
  });

  it("its decorators, outermost first, and the scheme below them", () => {
    expect(parse("readonly+trace+plus+name://h/")).toMatchObject({
      decorators: ["readonly", "trace"],
      scheme: "plus+name",
    });
  });

  it.each([
    ["sftp://h", "sftp://h/"],
    ["sftp://h/a", "sftp://h/a/"],
    ["sftp://h/a/", "sftp://h/a/"],
    ["sftp://u:p@h/~", "sftp://u@h/~/"],
    ["http://h/a?b=c", "http://h/a/"],
    ["http://h?b=c", "http://h/"],
  ])("its base: %s is %s", (url, base) => {
    expect(parse(url).base).toBe(base);
    expect(parse(base).base).toBe(base);
  });

  it("whether it is the same as another, password and all", () => {
    expect(parse("sftp://u:p@H:22/a/../b").equals(parse("sftp://u:p@h/b"))).toBe(true);
    expect(parse("sftp://u:p@h/b").equals(parse("sftp://u:q@h/b"))).toBe(false);
    expect(parse("sftp://u:@h/b").equals(parse("sftp://u@h/b"))).toBe(false);
    expect(parse("sftp://h/~/b").equals(parse("sftp://h/%7E/b"))).toBe(false);
    expect(parse("http://h/a%2Fb").equals(parse("http://h/a%252Fb"))).toBe(false);
  });

  it("what it is with something changed", () => {
    const location = parse("readonly+sftp://u:p@h/a");
    expect(location.with({ decorators: [], user: undefined, port: 2222 }).url).toBe("sftp://h:2222/a");
    expect(location.url).toBe("readonly+sftp://u@h/a");
  });
});
