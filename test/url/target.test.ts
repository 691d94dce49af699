import { describe, expect, it } from "vitest";

import { parse } from "./parse.ts";

describe("what a server is asked for", () => {
  it.each([
    ["http://h/a//b", "/a//b"],
    ["http://h/%7ea/%c3%a4", "/%7ea/%c3%a4"],
    ["http://h/a%2fb/c", "/a%2fb/c"],
    ["http://h/a/f?X-Sig=a%2Fb&x=%7e", "/a/f?X-Sig=a%2Fb&x=%7e"],
    ["http://h/a//", "/a//"],
    ["http://h", "/"],
    ["http://h?x", "/?x"],
    ["http://joe:secret@h:81/a~b?c#d", "/a~b?c"],
  ])("of %s is %s, byte for byte", (url, target) => {
    const location = parse(url);
    expect(location.target).toBe(target);
    expect(location.with({ user: undefined, password: undefined }).target).toBe(target);
  });

  it.each([
    ["http://h/a/./b/../c", "/a/c"],
    ["http://h/ä b?ö", "/%C3%A4%20b?%C3%B6"],
    ["http://h/a/..?x=1", "/?x=1"],
    ['http://h/"a"', "/%22a%22"],
  ])("of %s is written anew where no request could say it: %s", (url, target) => {
    expect(parse(url).target).toBe(target);
  });

  it("of a path below is the normalised one", () => {
    expect(parse("http://h/a//b/?x=1").resolve("c d").target).toBe("/a/b/c%20d");
    expect(parse("http://h/a//b/").resolve("../x/").target).toBe("/a/x/");
  });

  it("changes with the query", () => {
    expect(parse("http://h/a//b?x").with({ query: "y" }).target).toBe("/a/b?y");
  });

  it("is only kept for schemes whose servers are asked by it", () => {
    expect(parse("sftp://h/a//b").target).toBe("/a/b");
  });
});

describe("a location that is asked for as a whole", () => {
  it.each(["http://h/a/f?sig=1", "http://h/f?", "http://h/a%2Fb", "http://h/web/http://h/f", "http://h/%7Ejoe"])(
    "%s is its own empty path",
    (url) => {
      const location = parse(url);
      expect(location.whole).toBe(true);
      expect(location.resolve("")).toBe(location);
      expect(location.resolve("x").target).toBe(`${location.with({ query: undefined }).target}/x`);
    },
  );

  it.each([
    "http://h/a/f",
    "http://h/a/?x=1",
    "http://h/?x",
    "http://h/a%2Fb/c",
    "http://h/a//b/",
    "http://h/a/./f",
    "http://h/a b",
    "sftp://h/f",
    "sftp://h/a//f",
  ])("%s is not one", (url) => {
    expect(parse(url).whole).toBe(false);
  });
});
