import { describe, expect, it } from "vitest";

import { isName } from "../../src/url/path.ts";
import { parse, refusalOf } from "./parse.ts";

describe("a path below a location is plain text:", () => {
  it.each([
    ["sftp://h/a/", "b/c", "sftp://h/a/b/c"],
    ["sftp://h/a", "b", "sftp://h/a/b"],
    ["sftp://h/a", "", "sftp://h/a/"],
    ["sftp://h/a", ".", "sftp://h/a/"],
    ["sftp://h/a/", "./b", "sftp://h/a/b"],
    ["sftp://h/a/", "b/", "sftp://h/a/b/"],
    ["sftp://h/a/", "b//c", "sftp://h/a/b/c"],
    ["sftp://h/a/b/", "..", "sftp://h/a/"],
    ["sftp://h/a/b/", "c/..", "sftp://h/a/b/"],
    ["sftp://h/a/b/", "c/.", "sftp://h/a/b/c/"],
    ["sftp://h/a/", "../../../c", "sftp://h/c"],
    ["sftp://h/a/", "../../..", "sftp://h/"],
    ["sftp://h/a/", "b/../../c", "sftp://h/c"],
    ["sftp://h/a/", "/c", "sftp://h/c"],
    ["sftp://h/a/", "/", "sftp://h/"],
    ["sftp://h/a/", "/../c", "sftp://h/c"],
    ["sftp://h/a/", "...", "sftp://h/a/..."],
    ["sftp://h/a/", "%2e%2e", "sftp://h/a/%252e%252e"],
    ["sftp://h/a/", "%41", "sftp://h/a/%2541"],
    ["sftp://h/a/", "b?c#d", "sftp://h/a/b%3Fc%23d"],
    ["sftp://h/a/", "b\\..\\c", "sftp://h/a/b%5C..%5Cc"],
    ["sftp://h/a/", "b\nc", "sftp://h/a/b%0Ac"],
    ["sftp://h/a/", "sftp://evil/x", "sftp://h/a/sftp:/evil/x"],
    ["sftp://h/a/", "//evil/x", "sftp://h/evil/x"],
    ["sftp://h/a/", " ", "sftp://h/a/%20"],
    ["sftp://h/a/", "．．/b", "sftp://h/a/%EF%BC%8E%EF%BC%8E/b"],
    ["sftp://h/a/", "~/b", "sftp://h/a/~/b"],
    ["sftp://h/", "~/b", "sftp://h/%7E/b"],
    ["sftp://h/~/a/", "../../b", "sftp://h/~/b"],
    ["sftp://h/~/a/", "/b", "sftp://h/b"],
    ["sftp://h/~/", "/", "sftp://h/"],
    ["sftp://h/~/", "~/b", "sftp://h/~/~/b"],
    ["sftp://u:p@h:2222/a/", "b", "sftp://u@h:2222/a/b"],
    ["http://h/a/?q=1", "", "http://h/a/"],
    ["http://h/a?q=1", "b", "http://h/a/b"],
    ["http://h/a%2Fb/", "c%2Fd", "http://h/a%2Fb/c%252Fd"],
    ["http://h/a%2Fb/", "../a%2Fb", "http://h/a%252Fb"],
    ["http://h/a%2Fb/c/", "..", "http://h/a%2Fb/"],
    ["memory:///a/", "b", "memory:///a/b"],
  ])("%s and %j", (base, path, url) => {
    const location = parse(base).resolve(path);
    expect(location.url).toBe(url);
    expect(parse(location.url).url).toBe(url);
    expect(parse(location.url).directory).toBe(location.directory);
  });

  it("keeps the password", () => {
    expect(parse("sftp://u:p@h/a/").resolve("b").password).toBe("p");
  });

  it("is the location itself where nothing changes", () => {
    const location = parse("sftp://h/a/");
    for (const path of ["", ".", "./", "b/.."]) expect(location.resolve(path)).toBe(location);
  });

  it.each([
    ["NUL", "sftp://h/", "a\0b"],
    ["half a character", "sftp://h/", "a\uD83D"],
    ["the other half", "sftp://h/", "\uDE00b"],
    ["a line break on FTP", "ftp://h/", "a\r\nDELE b"],
    ["a line break on http", "http://h/", "a\nb"],
  ])("%s is invalid-path", (_what, base, path) => {
    expect(refusalOf(() => parse(base).resolve(path))?.code).toBe("invalid-path");
  });

  it("the parent of a root is itself", () => {
    expect(parse("sftp://h/a/b").parent().url).toBe("sftp://h/a/");
    for (const url of ["sftp://h/", "sftp://h/~/"]) expect(parse(url).parent().url).toBe(url);
  });

  it.each([
    ["sftp://h/a/b", "/a/b", "b"],
    ["sftp://h/~/a%20b/", "/a b", "a b"],
    ["sftp://h/", "/", ""],
  ])("%s has a path and a name in plain text", (url, path, name) => {
    expect(parse(url)).toMatchObject({ path, name });
  });
});

describe("the path of one location below another:", () => {
  it.each([
    ["sftp://h/a/", "sftp://h/a/b/c", "b/c"],
    ["sftp://h/a", "sftp://h/a/b/", "b"],
    ["sftp://h/a", "sftp://H:22/a", ""],
    ["sftp://h/", "sftp://h/a%20b", "a b"],
    ["sftp://h/a", "sftp://h/a-b", undefined],
    ["sftp://h/a/b", "sftp://h/a", undefined],
    ["sftp://h/a", "sftp://i/a", undefined],
    ["sftp://h/a", "sftp://h:2222/a", undefined],
    ["sftp://h/a", "sftp://u@h/a", undefined],
    ["sftp://h/", "sftp://h/~/a", undefined],
    ["sftp://h/~/", "sftp://h/~/a", "a"],
    ["sftp://h/", "ftp://h/a", undefined],
    ["sftp://h/", "readonly+sftp://h/a", undefined],
    ["readonly+sftp://h/", "readonly+sftp://h/a", "a"],
    ["readonly+trace+sftp://h/", "trace+readonly+sftp://h/a", undefined],
    ["http://h/a%2Fb", "http://h/a%2Fb/c", "c"],
    ["http://h/a%2Fb", "http://h/a%252Fb/c", undefined],
    ["http://h/", "http://h/a%252Fb", "a%2Fb"],
    ["http://h/", "http://h/a?b=c", "a"],
  ])("from %s to %s is %j", (base, url, path) => {
    expect(parse(base).relative(parse(url))).toBe(path);
  });

  it("an encoded slash cannot be said, and its URL holds no secret", () => {
    const error = refusalOf(() => parse("http://h/").relative(parse("http://h/a%2Fb?sig=secret")));
    expect(error).toMatchObject({ code: "invalid-path", url: "http://h/a%2Fb?sig=***" });
  });
});

describe("a name", () => {
  it.each(["a", "...", "a.b", " ", "~", "%2e", "\\", "ä", "-", "__proto__"])("%j is one", (name) => {
    expect(isName(name)).toBe(true);
  });
  it.each(["", ".", "..", "/", "a/b", "a\0b", "../a"])("%j is none", (name) => {
    expect(isName(name)).toBe(false);
  });
});
