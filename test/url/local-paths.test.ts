import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { describe, expect, it } from "vitest";

import { formatLocalPath, parseLocalPath } from "../../src/url/local-path.ts";
import { parse, refusal, refusalOf } from "./parse.ts";

describe("a local path is a location:", () => {
  it.each([
    "/a/b",
    "a",
    "./a",
    "../a",
    "a b",
    "a%20b",
    "a?b#c",
    "a:b",
    "user@host:path",
    "unknown:/a",
    "profile:a",
    "./sftp://h/a",
    "./sftp:a",
    "~/a",
    "javascript:alert(1)",
    "a\nb",
    "a\\b",
    "日本語",
    "-rf",
    "__proto__:a",
  ])("%j", (path) => {
    const location = parse(path);
    expect(location).toMatchObject({ scheme: "file", host: "", user: undefined, directory: false });
    expect(formatLocalPath(location)).toBe(resolve(path));
    expect(location.url).toBe(parse(location.url).url);
    expect(formatLocalPath(parse(location.url))).toBe(resolve(path));
  });

  it.each([".", "..", "a/", "a/.", "a/..", "/"])("%s means a directory", (path) => {
    expect(parse(path).directory).toBe(true);
  });

  it("its URL is the one that node:url makes", () => {
    for (const path of ["/a b", "/a%b", "/ä?#"])
      expect(new URL(parse(path).url).pathname).toBe(pathToFileURL(path).pathname);
  });

  it("NUL and half a character are no path", () => {
    expect(refusal("a\0b")?.code).toBe("invalid-path");
    expect(refusal("a\uD800")?.code).toBe("invalid-path");
  });

  it("a relative path is refused once the working directory is gone", () => {
    const before = process.cwd();
    const directory = mkdtempSync(join(tmpdir(), "samewire-"));
    process.chdir(directory);
    try {
      rmdirSync(directory);
      expect(refusal("a")).toMatchObject({ code: "invalid-path", message: "the working directory is no longer there" });
      expect(parse("/a").path).toBe("/a");
    } finally {
      process.chdir(before);
    }
  });
});

describe("on Windows a local path", () => {
  const { syntax } = parse("file:///");

  it.each([
    ["C:\\a b\\c%20", "file:///C:/a%20b/c%2520", "C:\\a b\\c%20"],
    ["c:/a/../b/", "file:///c:/b/", "c:\\b"],
    ["C:\\", "file:///C:/", "C:\\"],
    ["C:\\a#b?\\", "file:///C:/a%23b%3F/", "C:\\a#b?"],
  ])("%s is %s", (path, url, again) => {
    const location = parseLocalPath(path, syntax, "win32");
    expect(location.url).toBe(url);
    expect(parse(url).segments).toEqual(location.segments);
    expect(formatLocalPath(parse(url), "win32")).toBe(again);
  });

  it.each(["\\\\server\\share\\a", "//server/share", "\\\\.\\pipe\\a", "\\\\?\\C:\\a"])(
    "%s is refused: without its server it would be another place",
    (path) => {
      expect(refusalOf(() => parseLocalPath(path, syntax, "win32"))?.code).toBe("invalid-path");
    },
  );

  it.each(["file:///", "file:///a/b", "file:///C%7C/a", "file:///C:/a%5C..%5Cb"])("cannot be that of %s", (url) => {
    const error = refusalOf(() => formatLocalPath(parse(url), "win32"));
    expect(error).toMatchObject({ code: "invalid-path", url: parse(url).url });
  });
});
