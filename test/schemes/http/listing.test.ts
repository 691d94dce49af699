import { subscribe, unsubscribe } from "node:diagnostics_channel";

import { describe, expect, it } from "vitest";

import type { Entry, Transport } from "../../../src/index.ts";
import type { HttpIndex, HttpServer } from "../../../src/testing.ts";
import { collect } from "../../../src/testing/conformance/content.ts";
import { caddyGrid, caddyTable } from "./caddy-page.ts";
import { failureOf, open, serverWith } from "./http-site.ts";

const names = [
  "plain",
  "a b",
  "100%",
  "%2e%2e",
  "a#b",
  "a?b=c",
  "caf\u00e9",
  "cafe\u0301",
  "a:b",
  "it's",
  "<tag>&amp;",
  "a+b",
  ".hidden",
  "~",
];
const files = Object.fromEntries(names.map((name) => [`/dir/${name}`, "12345"]));

describe.each<HttpIndex>(["nginx", "apache", "python", "caddy"])("an index page as %s makes it", (index) => {
  it("lists every name, and every name is found under its path", async () => {
    const server = await serverWith({ ...files, "/dir/below/file": "x" }, { index });
    const transport = open(server.url);
    const entries = await collect(transport.list("dir"));
    expect(entries.map(({ name }) => name).toSorted()).toEqual([...names, "below"].toSorted());
    for (const { path, name } of entries)
      if (name !== "below") expect(String(await transport.getBytes(path))).toBe("12345");
    expect(entries.find(({ name }) => name === "below")?.stat).toEqual({ type: "directory", sizeBytes: 0 });
  });

  it("of an empty directory lists nothing", async () => {
    const server = await serverWith({}, { index });
    server.tree.mkdir("/empty");
    expect(await collect(open(server.url).list("empty"))).toEqual([]);
  });

  it("tells a length where it is exact, and a time where it has a zone", async () => {
    const server = await serverWith({ "/small": "12345", "/large": "x".repeat(5_000) }, { index });
    const stats = new Map((await collect(open(server.url).list())).map(({ name, stat }) => [name, stat]));
    const exact = index === "nginx" || index === "caddy";
    expect(stats.get("small")?.sizeBytes).toBe(index === "python" ? undefined : 5);
    expect(stats.get("large")?.sizeBytes).toBe(exact ? 5_000 : undefined);
    expect(stats.get("large")?.mtime instanceof Date).toBe(index === "caddy");
  });

  it("goes to a page with a thousand entries", async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, number) => [`/many/entry ${number}`, ""]));
    const server = await serverWith(many, { index });
    expect(await collect(open(server.url).list("many"))).toHaveLength(1_000);
  });
});

describe("an index page of Caddy 2", () => {
  const described = { type: "file", mtime: new Date("2026-01-12T10:00:00Z") } as const;

  it("as a table tells names, lengths and times", async () => {
    const server = await pageServer(caddyTable);
    expect(await collect(open(server.url).list("dir"))).toEqual([
      { name: "below", path: "dir/below", stat: { type: "directory", sizeBytes: 0 } },
      { name: "a b#c?d%", path: "dir/a b#c?d%", stat: { ...described, sizeBytes: 5 } },
      {
        name: "caf\u00e9",
        path: "dir/caf\u00e9",
        stat: { type: "file", sizeBytes: 1_234_567, mtime: new Date("2026-02-28T23:59:59Z") },
      },
      { name: "a:b", path: "dir/a:b", stat: { ...described, sizeBytes: 0 } },
      { name: "r&d", path: "dir/r&d", stat: { ...described, sizeBytes: 7 } },
      { name: "link", path: "dir/link", stat: { ...described, sizeBytes: 12 } },
    ]);
  });

  it("as a grid tells the names alone: its lengths are rounded", async () => {
    const server = await pageServer(caddyGrid);
    expect(await namesIn(open(server.url), "dir")).toEqual(["below", "a b#c?d%", "caf\u00e9", "a:b", "r&d", "link"]);
  });
});

describe("a directory", () => {
  it("with a page that is no index is unsupported, and its files can be read", async () => {
    for (const page of [
      '<title>My cats</title><h1>Cats</h1><a href="tom.jpg">Tom</a>',
      "",
      "<p>Welcome",
      '<h1>About the index of prices</h1><a href="a">a</a>',
    ]) {
      const server = await pageServer(page);
      const error = await failureOf(collect(open(server.url).list("dir")));
      expect(error).toMatchObject({ code: "unsupported", operation: "list", path: "dir" });
      expect(error.hint).toMatch(/list/i);
    }
  });

  it("that is answered with something else than a page is unsupported", async () => {
    const server = await pageServer("[]", "application/json");
    expect(await failureOf(collect(open(server.url).list("dir")))).toMatchObject({ code: "unsupported" });
  });

  it("that the server keeps to itself is permission-denied", async () => {
    const server = await serverWith({ "/dir/file": "" }, { index: "none" });
    const transport = open(server.url);
    expect(await failureOf(collect(transport.list("dir")))).toMatchObject({ code: "permission-denied" });
    expect(await transport.has("dir/file")).toBe(true);
  });

  it("of a site that moved to https is listed there, and read here", async () => {
    const server = await serverWith(
      { "/new/dir/file": "content" },
      {
        onRequest: ({ target }) =>
          target.startsWith("/old/")
            ? { status: 301, headers: { location: target.replace("/old/", "/new/") } }
            : "answer",
      },
    );
    const transport = open(`${server.url}old/`);
    expect(await namesIn(transport, "dir")).toEqual(["file"]);
    expect(String(await transport.getBytes("dir/file"))).toBe("content");
  });

  it("is fetched again by whoever asks again: nothing is kept", async () => {
    const server = await serverWith({ "/dir/a": "" });
    const transport = open(server.url);
    expect(await namesIn(transport, "dir")).toEqual(["a"]);
    server.tree.unlink("/dir/a");
    expect(await namesIn(transport, "dir")).toEqual([]);
  });
});

describe("links on an index page", () => {
  /** Each link, and the name that comes of it, if any. */
  const links: readonly [href: string, name: string | undefined][] = [
    ["file", "file"],
    ["./file", "file"],
    ["/dir/file", "file"],
    ["below/", "below"],
    ["a%20b", "a b"],
    ["100%25", "100%"],
    ["%2525", "%25"],
    ["caf%C3%A9", "caf\u00e9"],
    ["file#part", "file"],
    ["  file\n", "file"],
    ["../", undefined],
    ["..", undefined],
    [".", undefined],
    ["", undefined],
    ["/", undefined],
    ["/dir/", undefined],
    ["/elsewhere/file", undefined],
    ["/dirt", undefined],
    ["../dir2/file", undefined],
    ["%2e%2e/", undefined],
    ["%2e%2e", undefined],
    [".%2e/x", undefined],
    ["a/b", undefined],
    ["a//", undefined],
    ["a/../../x", undefined],
    ["//evil.example/dir/file", undefined],
    ["http://evil.example/dir/file", undefined],
    ["https://HOST/dir/file", undefined],
    ["http://user:pass@HOST/dir/file", undefined],
    ["http://HOST/dir/file", "file"],
    ["ftp://HOST/dir/file", undefined],
    ["javascript:alert(1)", undefined],
    ["data:text/html,x", undefined],
    ["mailto:x@y", undefined],
    ["file?download", undefined],
    ["?C=N;O=D", undefined],
    ["#top", undefined],
    ["\\\\evil\\x", undefined],
    ["..\\..\\x", undefined],
  ];
  it.each(links)("%j is %j", async (href, name) => {
    const server = await pageServer((host) => index(`<a href="${escaped(href.replaceAll("HOST", host))}">link</a>`));
    expect(await namesIn(open(server.url), "dir")).toEqual(name === undefined ? [] : [name]);
  });

  it.each(["a%2Fb", "..%2f..%2fx", "%00", "a%0Ab", "%ff", "100%"])(
    "whose name no path could say are dropped and reported: %s",
    async (href) => {
      const reported: unknown[] = [];
      const report = (message: unknown): void => void reported.push(message);
      subscribe("samewire:list:refused-name", report);
      try {
        const server = await pageServer(index(`<a href="${href}">x</a> <a href="file">file</a>`));
        expect(await namesIn(open(server.url), "dir")).toEqual(["file"]);
        expect(reported).toEqual([{ url: expect.stringMatching(/\/dir\/?$/), name: expect.any(String) }]);
      } finally {
        unsubscribe("samewire:list:refused-name", report);
      }
    },
  );

  it("are each listed once", async () => {
    const server = await pageServer(
      index('<a href="f">1</a><a href="./f">2</a><a href="%66">3</a><a href="f#x">4</a>'),
    );
    expect(await namesIn(open(server.url), "dir")).toEqual(["f"]);
  });

  it("are found however broken the page is", async () => {
    const server = await pageServer(
      "<title>Index of /dir</title><pre><a href=a>a<a href='b'><table><a HREF=\"c\"<b></pre",
    );
    expect(await namesIn(open(server.url), "dir")).toEqual(["a", "b", "c"]);
  });

  it("whose attributes are called like properties of every object do no harm", async () => {
    const server = await pageServer(index('<a __proto__="x" constructor="y" href="file" href="other">f</a>'));
    expect(await namesIn(open(server.url), "dir")).toEqual(["file"]);
  });

  it("are not resolved by a base that the page names", async () => {
    const server = await pageServer(`<base href="http://evil.example/dir/">${index('<a href="file">f</a>')}`);
    expect(await namesIn(open(server.url), "dir")).toEqual(["file"]);
  });

  it("say nothing of a length that is none", async () => {
    const row = '<tr class="file"><td><a href="f">f</a></td><td data-size="-5"></td><time datetime="never Z"></tr>';
    const server = await pageServer(index(row));
    const [entry] = await collect(open(server.url).list("dir"));
    expect(entry).toEqual({ name: "f", path: "dir/f" } satisfies Entry);
  });
});

describe("links of a page that is not in UTF-8", () => {
  const page = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(index("<a href='a'>a</a>")), bytes]);

  it.each([
    ["iso-8859-1", Buffer.from("<a href='caf\u00e9'>", "latin1"), "caf\u00e9"],
    ['"Shift_JIS"', Buffer.from([...Buffer.from("<a href='"), 0x93, 0xfa, ...Buffer.from("'>")]), "\u65e5"],
    ["utf-8", Buffer.from("<a href='caf\u00e9'>"), "caf\u00e9"],
    ["no-such-charset", Buffer.from("<a href='caf\u00e9'>"), "caf\u00e9"],
  ])("are read in the encoding that its head names: %s", async (charset, bytes, name) => {
    const server = await pageServer(page(bytes), `text/html; charset=${charset}`);
    expect(await namesIn(open(server.url), "dir")).toEqual(["a", name]);
  });

  it("are dropped and reported where their bytes are no text", async () => {
    const reported: unknown[] = [];
    const report = (message: unknown): void => void reported.push(message);
    subscribe("samewire:list:refused-name", report);
    try {
      const server = await pageServer(page(Buffer.from("<a href='caf\u00e9'>", "latin1")));
      expect(await namesIn(open(server.url), "dir")).toEqual(["a"]);
      expect(reported).toHaveLength(1);
    } finally {
      unsubscribe("samewire:list:refused-name", report);
    }
  });

  it("are found where a page writes its own path in another way than it was asked for", async () => {
    const server = await pageServer(index("<a href='/it%27s%20%28b%29/caf%c3%a9'>"));
    expect(await namesIn(open(server.url), "it's (b)")).toEqual(["caf\u00e9"]);
  });
});

describe("an index page that is a trap", () => {
  const given: Readonly<Record<string, () => string>> = {
    "without end": () => index('<a href="file">file</a>\n'.repeat(1_500_000)),
    "without bottom": () => index("<b>".repeat(1_000_000)),
    "with more links than any directory has": () => index("<a href=a>".concat("<a href=b></a>".repeat(1_000_000))),
  };
  it.each(Object.entries(given))("%s is given up", async (_what, trap) => {
    const server = await pageServer(trap());
    expect(await failureOf(collect(open(server.url).list("dir")))).toMatchObject({
      code: "protocol-error",
      operation: "list",
    });
  });

  const harmless: Readonly<Record<string, () => string>> = {
    "a heading that never ends": () => index(`<a href="file">f</a><h1>${"<i>x</i>".repeat(300_000)}`),
    "a link that is told at length": () => index(`<a href="file">f</a>${"word <i>more</i> ".repeat(300_000)}`),
    "one tag that never ends": () => index(`<a href="file">f</a><a ${'title="other" x '.repeat(300_000)}`),
    "one file three hundred thousand times": () => index('<a href="file">f</a>'.repeat(300_000)),
  };
  it.each(Object.entries(harmless))("with %s lists what it has", async (_what, trap) => {
    const server = await pageServer(trap());
    expect(await namesIn(open(server.url), "dir")).toEqual(["file"]);
  });

  it("with many links lists them all, and keeps nobody from their turn meanwhile", async () => {
    const many = Array.from({ length: 200_000 }, (_, number) => `<a href="f${number}">f</a>`).join("\n");
    const server = await pageServer(index(many));
    const transport = open(server.url);
    let listed = 0;
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    for await (const { name } of transport.list("dir")) if (name.startsWith("f")) listed++;
    clearInterval(ticking);
    expect(listed).toBe(200_000);
    expect(turns).toBeGreaterThan(20);
  }, 30_000);
});

function index(links: string): string {
  return `<html><head><title>Index of /dir/</title></head><body>${links}</body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

/** A server whose every directory is one page. */
async function pageServer(page: string | Buffer | ((host: string) => string), type = "text/html"): Promise<HttpServer> {
  let server: HttpServer | undefined;
  server = await serverWith(
    {},
    {
      onRequest: () => ({
        status: 200,
        headers: { "content-type": type },
        body: typeof page === "function" ? page(`127.0.0.1:${server?.port}`) : page,
      }),
    },
  );
  return server;
}

async function namesIn(transport: Transport, path: string): Promise<string[]> {
  return (await collect(transport.list(path))).map(({ name }) => name);
}
