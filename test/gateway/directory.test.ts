import { describe, expect, it } from "vitest";

import type { Gateway } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { altered, ask, longAgo, start, storeWith } from "./gateway-site.ts";

async function page(gateway: Gateway, path: string): Promise<string> {
  const { status, headers, body } = await ask(gateway, path);
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  return body.toString();
}

/** Where the rows of a page lead. */
function hrefs(html: string): string[] {
  return [...html.matchAll(/<td class="name"><a href="([^"]*)">/g)].map(([, href]) => href as string);
}

describe("a directory's page", () => {
  it("has directories first, then names as people count; or by size or date, either way round", async () => {
    const store = await storeWith({ "file 10": "1", "file 9": "22", "b/x": "", "a/x": "" });
    await store.put("file 9", "22", { mtime: new Date(longAgo.getTime() + 60_000) });
    const gateway = await start(store);
    const names = async (query: string): Promise<string[]> =>
      hrefs(await page(gateway, `/${query}`)).map(decodeURIComponent);
    const bySize = "?sort=size";
    expect(await names("")).toEqual(["./a/", "./b/", "./file 9", "./file 10"]);
    expect(await names("?sort=name&order=desc")).toEqual(
      ["./b/", "./a/", "./file 10", "./file 9"].map((name) =>
        name.endsWith("/") ? `${name}?sort=name&#38;order=desc` : name,
      ),
    );
    expect(await names(bySize)).toEqual([`./a/${bySize}`, `./b/${bySize}`, "./file 10", "./file 9"]);
    expect((await names("?sort=size&order=desc")).slice(2)).toEqual(["./file 9", "./file 10"]);
    expect((await names("?sort=date")).slice(2)).toEqual(["./file 10", "./file 9"]);
    expect(await names("?sort=%22%3E%3Cscript%3E")).toEqual(await names(""));
  });

  it("says sizes, dates, and all of it together", async () => {
    const gateway = await start(await storeWith({ a: "x".repeat(1_536), b: "", "d/x": "" }));
    const html = await page(gateway, "/");
    expect(html).toContain('title="1536 bytes">1.5 KiB<');
    expect(html).toContain('<time datetime="2021-03-04T05:06:07.000Z">2021-03-04 05:06</time>');
    expect(html).toContain("<footer>1 directory, 2 files, 1.5 KiB</footer>");
  });

  it("leads to every directory above, and to the one above in the list", async () => {
    const gateway = await start(await storeWith({ "a/b c/file": "" }));
    const html = await page(gateway, "/a/b%20c/");
    expect(html).toContain('<a href="../../"><bdi>root</bdi></a>');
    expect(html).toContain('<a href="../"><bdi>a</bdi></a>');
    expect(html).toContain('<span aria-current="page"><bdi>b c</bdi></span>');
    expect(hrefs(html)).toEqual(["../", "./file"]);
    expect(hrefs(await page(gateway, "/"))).toEqual(["./a/"]);
  });

  it("shows names as they are, and never lets one be anything else", async () => {
    const names = [
      '<script>alert("1")',
      "\" onmouseover='x",
      "&amp;",
      "%2f",
      "a:b",
      "javascript:alert(1)",
      "new\nline",
      "\u202egpj.exe",
      "?x#y",
      "\\\\host",
    ];
    const gateway = await start(await storeWith(Object.fromEntries(names.map((name) => [name, name]))));
    const html = await page(gateway, "/");
    expect(html).not.toMatch(/<script|<[^>]*\son\w+\s*=|\u202e/);
    expect(html).toContain("&#60;script&#62;");
    expect(html).toContain("\\u202egpj.exe");
    const found = hrefs(html);
    expect(found).toHaveLength(names.length);
    for (const href of found) {
      expect(href).toMatch(/^\.\/[^<>"\s\\]*$/);
      const written = href.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
      const { status, body } = await ask(gateway, written.slice(1));
      expect([status, decodeURIComponent(written.slice(2))]).toEqual([200, body.toString()]);
    }
  });

  it("says when it has no more than the first ten thousand names", async () => {
    const endless = altered(await storeWith({}), {
      async *list() {
        for (let at = 0; ; at++) yield { name: `file${at}`, path: `file${at}` };
      },
    });
    const html = await page(await start(endless), "/");
    expect(hrefs(html)).toHaveLength(10_000);
    expect(html).toContain("The first 10000 names that the server gave; there are more.");
  });

  it("is JSON for who asks for that", async () => {
    const gateway = await start(await storeWith({ "a/x": "", 'b"': "12" }));
    const { headers, body } = await ask(gateway, "/", { headers: { accept: "application/json" } });
    expect(headers).toMatchObject({ "content-type": "application/json", vary: "accept" });
    expect(JSON.parse(body.toString())).toMatchObject({
      complete: true,
      entries: [
        { name: "a", type: "directory" },
        { name: 'b"', type: "file", sizeBytes: 2, mtime: longAgo.toISOString() },
      ],
    });
    const browser = { headers: { accept: "text/html,application/json;q=0.9" } };
    expect((await ask(gateway, "/", browser)).headers["content-type"]).toContain("text/html");
  });

  it("is there for a link to a directory, and is refused where there are no listings", async () => {
    const store = await storeWith({ "a/file": "content" });
    await store.symlink("a", "link");
    const gateway = await start(store);
    expect((await ask(gateway, "/link")).headers.location).toBe("./link/");
    expect(hrefs(await page(gateway, "/link/"))).toEqual(["../", "./file"]);
    const bare = await start(getTransport("unlistable+memory://gateway-unlistable/"));
    expect((await ask(bare, "/")).status).toBe(403);
  });
});
