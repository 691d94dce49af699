import { describe, expect, it } from "vitest";

import type { MemorySite } from "./dav-site.ts";
import { memorySite } from "./dav-site.ts";

const start = (): Promise<MemorySite> => memorySite(["/f", "/g", "/n/x", "/n2/y", "/e/"]);

const hrefs = (text: string): string[] => Array.from(text.matchAll(/<D:href>([^<]+)</g), ([, href = ""]) => href);

describe("a gateway that can be written through says", () => {
  it("which classes it is of, and what it can do", async () => {
    const site = await start();
    const { status, headers } = await site.ask("OPTIONS", "/");
    expect([status, headers["dav"], headers["ms-author-via"]]).toEqual([200, "1, 2", "DAV"]);
    expect(headers.allow?.split(", ")).toEqual(expect.arrayContaining(["PROPFIND", "LOCK", "GET", "PUT"]));
  });

  it("405 and what it can do to what it does not know", async () => {
    const site = await start();
    for (const method of ["POST", "PATCH"]) {
      const answer = await site.ask(method, "/f");
      expect([answer.status, answer.headers.allow?.includes("MKCOL")]).toEqual([405, true]);
    }
  });
});

describe("PROPFIND at a gateway", () => {
  it("tells a file's properties", async () => {
    const site = await start();
    const { status, text, headers } = await site.ask("PROPFIND", "/f", { headers: { depth: "0" } });
    expect([status, headers["content-type"]]).toEqual([207, "application/xml; charset=utf-8"]);
    expect(text).toContain("<D:href>/f</D:href>");
    expect(text).toContain("<D:getcontentlength>13</D:getcontentlength>");
    expect(text).toContain("<D:resourcetype></D:resourcetype>");
    expect(text).toMatch(/<D:getlastmodified>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT</);
    expect(text.match(/<D:response>/g)).toHaveLength(1);
  });

  it("has the tag and the type that GET has", async () => {
    const site = await start();
    const { headers } = await site.ask("GET", "/f");
    const { text } = await site.ask("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(text).toContain(`<D:getetag>${headers.etag?.replaceAll('"', "&#34;")}</D:getetag>`);
    expect(text).toContain(`<D:getcontenttype>${headers["content-type"]}</D:getcontenttype>`);
  });

  it("tells a directory's members, itself first, directories with a slash, in any number", async () => {
    const site = await start();
    site.tree.mkdir("/n/d \u00e4&?");
    const { text } = await site.ask("PROPFIND", "/n", { headers: { depth: "1" } });
    expect(hrefs(text)).toEqual(["/n/", "/n/x", "/n/d%20%C3%A4%26%3F/"]);
    expect(text.match(/<D:collection\/>/g)).toHaveLength(2);
    for (let at = 0; at < 200; at++) site.tree.mkdir(`/e/${at}`);
    const many = await site.ask("PROPFIND", "/e/", { headers: { depth: "1" } });
    expect(hrefs(many.text)).toEqual(["/e/", ...Array.from({ length: 200 }, (_, at) => `/e/${at}/`)]);
  });

  it("tells what was asked for, and 404 of what is not there", async () => {
    const site = await start();
    const body = `<?xml version="1.0"?><a:propfind xmlns:a="DAV:" xmlns="urn:x"><a:prop><a:getcontentlength/><mine/></a:prop></a:propfind>`;
    const { text } = await site.ask("PROPFIND", "/f", { headers: { depth: "0" }, body });
    expect(text).toContain("<D:prop><D:getcontentlength>13</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK<");
    expect(text).toContain('<D:prop><mine xmlns="urn:x"/></D:prop><D:status>HTTP/1.1 404 Not Found<');
    expect(text).not.toContain("getetag");
  });

  it("gives names alone to who asks for names", async () => {
    const site = await start();
    const body = '<propfind xmlns="DAV:"><propname/></propfind>';
    const { text } = await site.ask("PROPFIND", "/f", { headers: { depth: "0" }, body });
    expect(text).toContain("<D:getcontentlength></D:getcontentlength>");
  });

  it.each([{}, { depth: "infinity" }])("refuses the whole tree: %o", async (headers) => {
    const site = await start();
    const answer = await site.ask("PROPFIND", "/", { headers });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("<D:propfind-finite-depth/>");
  });

  it("says 400 to a depth that is none, 404 to what is not there", async () => {
    const site = await start();
    expect(await site.status("PROPFIND", "/f", { depth: "2" })).toBe(400);
    for (const path of ["/no", "/f/below", "/f/"])
      expect(await site.status("PROPFIND", path, { depth: "0" })).toBe(404);
  });

  it("leaves out a link that leads nowhere, and tells what another one leads to", async () => {
    const site = await start();
    site.tree.symlink("nowhere", "/n/broken");
    site.tree.symlink("../f", "/n/link");
    site.tree.symlink("../e", "/n/linked");
    const { text } = await site.ask("PROPFIND", "/n/", { headers: { depth: "1" } });
    expect(hrefs(text)).toEqual(["/n/", "/n/x", "/n/link", "/n/linked/"]);
    expect(await site.status("PROPFIND", "/n/broken", { depth: "0" })).toBe(404);
  });
});

describe("PROPPATCH at a gateway", () => {
  const update = (properties: string): string =>
    `<propertyupdate xmlns="DAV:" xmlns:A="http://apache.org/dav/props/"><set><prop>${properties}</prop></set></propertyupdate>`;

  it("sets a file's modification time, and whether it may be run", async () => {
    const site = await start();
    site.tree.setAttributes("/f", { mode: 0o640 }, { followLinks: true });
    const properties = "<getlastmodified>Thu, 04 Mar 2021 05:06:07 GMT</getlastmodified><A:executable>T</A:executable>";
    const { status, text } = await site.ask("PROPPATCH", "/f", { body: update(properties) });
    expect([status, text.includes("HTTP/1.1 200 OK"), text.includes("HTTP/1.1 403")]).toEqual([207, true, false]);
    expect(site.tree.stat("/f")).toMatchObject({ mtime: new Date("2021-03-04T05:06:07Z"), mode: 0o750 });
    const asked = '<propfind xmlns="DAV:"><prop><executable xmlns="http://apache.org/dav/props/"/></prop></propfind>';
    const told = await site.ask("PROPFIND", "/f", { headers: { depth: "0" }, body: asked });
    expect(told.text).toContain('<executable xmlns="http://apache.org/dav/props/">T</executable>');
    await site.ask("PROPPATCH", "/f", { body: update("<A:executable>F</A:executable>") });
    expect(site.tree.stat("/f").mode).toBe(0o640);
  });

  it("does all of it or nothing, and says what was in the way", async () => {
    const site = await start();
    const before = site.tree.stat("/f").mtime;
    const properties = '<getlastmodified>Thu, 04 Mar 2021 05:06:07 GMT</getlastmodified><mine xmlns="urn:x">1</mine>';
    const { status, text } = await site.ask("PROPPATCH", "/f", { body: update(properties) });
    expect(status).toBe(207);
    expect(text).toContain('<mine xmlns="urn:x"/></D:prop><D:status>HTTP/1.1 403 Forbidden<');
    expect(text).toContain('<getlastmodified xmlns="DAV:"/></D:prop><D:status>HTTP/1.1 424 Failed Dependency<');
    expect(site.tree.stat("/f").mtime).toEqual(before);
  });

  it("refuses a time that is none, and says 400 to what is no change", async () => {
    const site = await start();
    const { text } = await site.ask("PROPPATCH", "/f", { body: update("<getlastmodified>now</getlastmodified>") });
    expect(text).toContain("HTTP/1.1 403 Forbidden");
    expect(await site.status("PROPPATCH", "/f", {}, "<no/>")).toBe(400);
  });
});

describe("a precondition that does not hold", () => {
  const lockinfo = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>`;
  const update = `<propertyupdate xmlns="DAV:"><set><prop><getlastmodified>Thu, 04 Mar 2021 05:06:07 GMT</getlastmodified></prop></set></propertyupdate>`;

  it.each([
    ["LOCK", "/f", { "if-match": '"another"' }, lockinfo],
    ["LOCK", "/f", { "if-none-match": "*" }, lockinfo],
    ["LOCK", "/new", { "if-match": "*" }, lockinfo],
    ["PROPPATCH", "/f", { "if-match": '"another"' }, update],
    ["PROPPATCH", "/f", { "if-unmodified-since": "Thu, 04 Mar 2021 05:06:07 GMT" }, update],
    ["MKCOL", "/new/", { "if-match": '"another"' }, ""],
  ])("keeps %s of %s with %o from doing anything", async (method, target, headers, body) => {
    const site = await start();
    const { mtime } = site.tree.stat("/f");
    expect(await site.status(method, target, headers, body)).toBe(412);
    expect([site.names("/"), site.tree.stat("/f").mtime]).toEqual([["f", "g", "n", "n2", "e"], mtime]);
    expect(await site.status("PUT", "/f", {}, "nobody has a lock")).toBe(204);
  });

  it("is no matter where it holds", async () => {
    const site = await start();
    expect(await site.status("MKCOL", "/new/", { "if-none-match": "*" })).toBe(201);
    expect(await site.status("PROPPATCH", "/f", { "if-match": "*" }, update)).toBe(207);
    expect(await site.status("LOCK", "/other", { "if-none-match": "*" }, lockinfo)).toBe(201);
  });
});

describe("MKCOL at a gateway", () => {
  it.each([
    ["/new/", 201],
    ["/new", 201],
    ["/", 405],
    ["/e/", 405],
    ["/f", 405],
    ["/no/new/", 409],
    ["/f/new/", 409],
  ])("of %s is answered with %i", async (target, code) => {
    const site = await start();
    expect(await site.status("MKCOL", target)).toBe(code);
    expect(site.names("/").includes("new")).toBe(code === 201);
  });

  it("says 415 to a body", async () => {
    const site = await start();
    expect(await site.status("MKCOL", "/new/", { "content-type": "application/xml" }, "<a/>")).toBe(415);
    expect(site.names("/")).not.toContain("new");
  });
});

describe("DELETE at a gateway", () => {
  it("removes files, and directories whole", async () => {
    const site = await start();
    expect(await site.status("DELETE", "/f")).toBe(204);
    expect(await site.status("DELETE", "/n/")).toBe(204);
    expect(await site.status("DELETE", "/n/")).toBe(404);
    expect(site.names("/")).toEqual(["g", "n2", "e"]);
  });

  it("removes a link, and never what it leads to, also where that is nothing", async () => {
    const site = await start();
    site.tree.symlink("/n", "/link");
    site.tree.symlink("/nowhere", "/broken");
    expect(await site.status("DELETE", "/link")).toBe(204);
    expect(await site.status("DELETE", "/broken")).toBe(204);
    expect([site.names("/"), site.names("/n")]).toEqual([["f", "g", "n", "n2", "e"], ["x"]]);
  });

  it("removes no directory at another depth, no file as a directory, and never the root", async () => {
    const site = await start();
    expect(await site.status("DELETE", "/n/", { depth: "0" })).toBe(400);
    expect(await site.status("DELETE", "/f/")).toBe(404);
    expect(await site.status("DELETE", "/")).toBe(403);
    expect(site.names("/")).toEqual(["f", "g", "n", "n2", "e"]);
  });

  it("holds to what it is told to expect there", async () => {
    const site = await start();
    expect(await site.status("DELETE", "/f", { "if-match": '"other"' })).toBe(412);
    expect(site.names("/")).toContain("f");
  });
});

describe("MOVE and COPY at a gateway", () => {
  const cases: [source: string, target: string, headers: Record<string, string>, code: number][] = [
    ["/f", "/new", {}, 201],
    ["/f", "/g", {}, 204],
    ["/f", "/g", { overwrite: "F" }, 412],
    ["/f", "/new", { overwrite: "F" }, 201],
    ["/f", "/g", { overwrite: "yes" }, 400],
    ["/f", "/f", {}, 403],
    ["/n/", "/n/", {}, 403],
    ["/n/", "/n/x/", {}, 403],
    ["/n/x", "/n", {}, 403],
    ["/n/", "/", {}, 403],
    ["/no", "/new", {}, 404],
    ["/f", "/no/new", {}, 409],
    ["/f", "/g/new", {}, 409],
    ["/n/", "/new/", {}, 201],
    ["/n/", "/n2/", {}, 204],
    ["/n/", "/n2/", { overwrite: "F" }, 412],
    ["/n/", "/g", {}, 204],
    ["/f", "/n/", {}, 204],
  ];
  it.each(cases)("of %s to %s with %o are answered the same", async (source, target, headers, code) => {
    for (const method of ["COPY", "MOVE"]) {
      const site = await start();
      expect(await site.status(method, source, { ...headers, ...site.there(target) }), method).toBe(code);
      const kept = source === "/no" || source === "/n/x" || method === "COPY" || code >= 300;
      const [, name = ""] = source.split("/");
      expect(site.names("/").includes(name), method).toBe(source === "/no" ? false : kept);
      expect(site.names("/").filter((one) => one.endsWith(".tmp"))).toEqual([]);
    }
  });

  it("move and copy directories whole, and put them where another was", async () => {
    const site = await start();
    expect(await site.status("COPY", "/n/", site.there("/n2/"))).toBe(204);
    expect([site.names("/n"), site.names("/n2")]).toEqual([["x"], ["x"]]);
    expect(await site.status("COPY", "/n/", { depth: "0", ...site.there("/bare/") })).toBe(201);
    expect(site.names("/bare")).toEqual([]);
    expect(await site.status("MOVE", "/n/", { depth: "0", ...site.there("/q/") })).toBe(400);
    expect(await site.status("MOVE", "/n/", site.there("/q/"))).toBe(201);
    expect(site.content("/q/x")).toBe("content of /n/x");
  });

  it("copy a tree with its links as links, also into itself by another name", async () => {
    const site = await start();
    site.tree.mkdir("/n/deep");
    site.tree.symlink("../x", "/n/deep/link");
    site.tree.symlink("/n", "/also-n");
    expect(await site.status("COPY", "/n/", site.there("/also-n/copy/"))).toBe(201);
    expect([site.names("/n/copy"), site.tree.readlink("/n/copy/deep/link")]).toEqual([["x", "deep"], "../x"]);
  });

  it("copy a tree into a directory in it, through a link, without the copy", async () => {
    const site = await memorySite(["/n/d/x"]);
    site.tree.symlink("/n", "/also-n");
    expect(await site.status("COPY", "/n/", site.there("/also-n/d/copy/"))).toBe(201);
    expect([site.names("/n/d"), site.names("/n/d/copy"), site.names("/n/d/copy/d")]).toEqual([
      ["x", "copy"],
      ["d"],
      ["x"],
    ]);
  });

  it("move a link as a link", async () => {
    const site = await start();
    site.tree.symlink("n", "/link");
    expect(await site.status("MOVE", "/link", site.there("/moved"))).toBe(201);
    expect([site.tree.readlink("/moved"), site.names("/n")]).toEqual(["n", ["x"]]);
  });

  it("take a path, and the URL of this gateway only", async () => {
    const site = await start();
    for (const [destination, code] of [
      ["http://elsewhere.example/f2", 502],
      ["http://joe@127.0.0.1/f2", 502],
      ["elsewhere", 400],
      [`${site.origin}/%2e%2e/f2`, 400],
      [`${site.origin}/a%2ff2`, 400],
      ["//elsewhere.example/f2", 400],
    ] as const)
      expect(await site.status("MOVE", "/f", { destination }), destination).toBe(code);
    expect(await site.status("MOVE", "/f")).toBe(400);
    expect(await site.status("MOVE", "/f", { destination: "/a%20b%25" })).toBe(201);
    expect(site.names("/").toSorted()).toEqual(["a b%", "e", "g", "n", "n2"]);
  });

  it.each([
    ["localhost", "http://LOCALHOST:80/to", 201],
    ["localhost:80", "http://localhost/to", 201],
    ["localhost", "https://localhost:443/to", 201],
    ["localhost", "http://localhost:443/to", 502],
    ["localhost:80", "https://localhost/to", 502],
    ["localhost", "http://localhost:8080/to", 502],
  ])("asked as %s, know their gateway in %s or do not: %i", async (host, destination, code) => {
    const site = await start();
    expect(await site.status("COPY", "/f", { host, destination })).toBe(code);
  });
});
