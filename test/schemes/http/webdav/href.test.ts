import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { describe, expect, it } from "vitest";

import { defaultRegistry } from "../../../../src/samewire.ts";
import { hrefTarget, reportHref } from "../../../../src/schemes/http/webdav/href.ts";

const page = defaultRegistry.parse("dav://joe@example.com:8080/a%20b/dir/");

describe("an href in a listing", () => {
  it.each([
    ["/a%20b/dir/file", "file"],
    ["/a%20b/dir/sub/", "sub"],
    ["/%61%20b/dir/%66ile", "file"],
    ["//a%20b/dir/x", undefined],
    ["/a%20b//dir/x", "x"],
    ["http://example.com:8080/a%20b/dir/x", "x"],
    ["HTTPS://EXAMPLE.COM:8080/a%20b/dir/x", "x"],
    ["file", "file"],
    ["./col:on", "col:on"],
    ["/a%20b/dir/100%25", "100%"],
    ["/a%20b/dir/%252e%252e", "%2e%2e"],
    ["/a%20b/dir/[b]", "[b]"],
    ["/a%20b/dir/__proto__", "__proto__"],
    ["/a%20b/dir/%C3%BC", "\u00fc"],
  ])("%s is the entry %s", (href, name) => {
    expect(hrefTarget(href, page)).toEqual(name === undefined ? undefined : { kind: "child", name });
  });

  it.each(["/a%20b/dir/", "/a%20b/dir", "http://example.com:8080/a%20b/dir/", "./", ""])(
    "%j is the directory itself",
    (href) => expect(hrefTarget(href, page)).toEqual({ kind: "self" }),
  );

  it.each([
    "/",
    "/a%20b/",
    "/a%20b/dir/sub/file",
    "/a%20b/directory",
    "/elsewhere/file",
    "/a%20b/dir/..",
    "/a%20b/dir/%2e%2e",
    "/a%20b/dir/..%2fx",
    "/a%20b/dir/x%2fy",
    "/a%20b/dir/%00",
    "/a%20b/dir/a%0Ab",
    "/a%20b/dir/%FF",
    "/a%20b/dir/%zz",
    "/a%20b/dir/a\\b",
    "/a%20b/dir/a?b",
    "/a%20b/dir/a#b",
    "//evil.example/a%20b/dir/x",
    "http://evil.example/a%20b/dir/x",
    "http://joe@example.com:8080/a%20b/dir/x",
    "http://example.com:8081/a%20b/dir/x",
    "file:///a%20b/dir/x",
    "javascript:alert(1)",
  ])("%j is nothing that is told", (href) => {
    expect(hrefTarget(href, page)).toBeUndefined();
  });

  it("that is left out is reported, and not at any length", () => {
    const reported: unknown[] = [];
    const hear = (message: unknown): void => void reported.push(message);
    subscribe("samewire:list:refused-name", hear);
    reportHref("/a%20b/dir/%00".padEnd(100_000, "x"), page);
    unsubscribe("samewire:list:refused-name", hear);
    expect(reported).toHaveLength(1);
    expect(JSON.stringify(reported).length).toBeLessThan(500);
  });
});
