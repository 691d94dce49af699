import { afterEach, describe, expect, it } from "vitest";

import { FileTree, webdavServerKinds } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { WebdavSite, exclusive } from "./webdav-site.ts";

const site = new WebdavSite();
const { start, dav, status, there, names, content } = site;
afterEach(() => site.server.close());

describe("the in-process WebDAV server says", () => {
  it("which classes it is of", async () => {
    await start();
    const { status: code, headers } = await dav("OPTIONS", "/");
    expect([code, headers["dav"]]).toEqual([200, "1, 2, 3"]);
    expect(headers.allow?.split(", ")).toEqual(expect.arrayContaining(["PROPFIND", "LOCK", "GET", "PUT"]));
  });

  it("that it has no locks, where it has none", async () => {
    await start({ locks: false });
    expect((await dav("OPTIONS", "/")).headers["dav"]).toBe("1, 3");
    expect(await status("LOCK", "/f", {}, exclusive)).toBe(405);
  });

  it("405 and what it can do to what it does not know", async () => {
    await start();
    for (const method of ["POST", "PATCH"]) {
      const answer = await dav(method, "/f");
      expect([answer.status, answer.headers.allow?.includes("MKCOL")]).toEqual([405, true]);
    }
  });

  it("what a file holds, and parts of it", async () => {
    await start();
    expect((await dav("GET", "/f")).text).toBe("content of /f");
    const part = await dav("GET", "/f", { headers: { range: "bytes=3-6" } });
    expect([part.status, part.text, part.headers["content-range"]]).toEqual([206, "tent", "bytes 3-6/13"]);
    expect((await dav("HEAD", "/f")).headers["content-length"]).toBe("13");
  });

  it.each(["/%2e%2e/f", "/a%00b", "/%ff", "f"])("400 to %s", async (target) => {
    await start();
    expect(await status("PROPFIND", target, { depth: "0" })).toBe(400);
  });
});

describe("PROPFIND of the in-process WebDAV server", () => {
  it("tells a file's properties", async () => {
    await start();
    const { status: code, text, headers } = await dav("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(code).toBe(207);
    expect(headers["content-type"]).toMatch(/^application\/xml/);
    expect(text).toContain("<D:href>/f</D:href>");
    expect(text).toContain("<D:getcontentlength>13</D:getcontentlength>");
    expect(text).toContain("<D:resourcetype></D:resourcetype>");
    expect(text).toMatch(/<D:getlastmodified>\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT</);
    expect(text).toMatch(/<D:getetag>&#34;[^<]+&#34;</);
    expect(text.match(/<D:response>/g)).toHaveLength(1);
  });

  it("tells a directory's members, itself first, directories with a slash", async () => {
    const tree = await start();
    tree.mkdir("/n/d \u00e4&?");
    const { text } = await dav("PROPFIND", "/n", { headers: { depth: "1" } });
    expect(Array.from(text.matchAll(/<D:href>([^<]+)</g), ([, href]) => href)).toEqual([
      "/n/",
      "/n/x",
      "/n/d%20%C3%A4%26%3F/",
    ]);
    expect(text.match(/<D:collection\/>/g)).toHaveLength(2);
  });

  it("tells what was asked for, and 404 of what is not there", async () => {
    await start();
    const body = `<?xml version="1.0"?><a:propfind xmlns:a="DAV:" xmlns="urn:x"><a:prop><a:getcontentlength/><mine/></a:prop></a:propfind>`;
    const { text } = await dav("PROPFIND", "/f", { headers: { depth: "0", "content-type": "text/xml" }, body });
    expect(text).toContain("<D:prop><D:getcontentlength>13</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK<");
    expect(text).toContain('<D:prop><mine xmlns="urn:x"/></D:prop><D:status>HTTP/1.1 404 Not Found<');
    expect(text).not.toContain("getetag");
  });

  it.each([{}, { depth: "infinity" }])("refuses the whole tree: %o", async (headers) => {
    await start();
    const answer = await dav("PROPFIND", "/", { headers });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("<D:propfind-finite-depth/>");
  });

  it.each([
    "<propfind",
    "<propfind/>",
    '<propfind xmlns="DAV:"/>',
    '<propfind xmlns="DAV:"><prop></propfind>',
    '<x:propfind xmlns="DAV:"><prop/></x:propfind>',
    '<propfind xmlns="DAV:"><prop/><allprop/></propfind>',
    '<!DOCTYPE p [<!ENTITY a "b">]><propfind xmlns="DAV:"><prop/></propfind>',
    '<propfind xmlns="DAV:"><prop>&a;</prop></propfind>',
    '<propfind xmlns="DAV:"><allprop/></propfind><more/>',
  ])("says 400 to %s", async (body) => {
    await start();
    expect(await status("PROPFIND", "/f", { depth: "0" }, body)).toBe(400);
  });

  it("says 400 to a depth that is none, 404 to what is not there, 415 to what is no XML", async () => {
    await start();
    expect(await status("PROPFIND", "/f", { depth: "2" })).toBe(400);
    expect(await status("PROPFIND", "/no", { depth: "0" })).toBe(404);
    expect(await status("PROPFIND", "/f/below", { depth: "0" })).toBe(404);
    expect(await status("PROPFIND", "/f", { depth: "0", "content-type": "text/plain" }, "<a/>")).toBe(415);
  });

  it("tells what space is left to who asks", async () => {
    await start({ tree: new FileTree({ maxBytes: 1000 }) });
    const body = '<propfind xmlns="DAV:"><prop><quota-available-bytes/></prop></propfind>';
    const { text } = await dav("PROPFIND", "/", { headers: { depth: "0" }, body });
    expect(text).toContain(`<D:quota-available-bytes>${1000 - site.server.tree.usedBytes}<`);
  });

  it("leaves out a link that leads nowhere, and tells what another one leads to", async () => {
    const tree = await start();
    tree.symlink("nowhere", "/n/broken");
    tree.symlink("../f", "/n/link");
    const { text } = await dav("PROPFIND", "/n/", { headers: { depth: "1" } });
    expect(text).not.toContain("broken");
    expect(text).toContain("<D:href>/n/link</D:href>");
  });
});

describe("PROPPATCH of the in-process WebDAV server", () => {
  it("refuses each property by itself", async () => {
    await start();
    const body =
      '<propertyupdate xmlns="DAV:"><set><prop><getlastmodified>now</getlastmodified></prop></set></propertyupdate>';
    const { status: code, text } = await dav("PROPPATCH", "/f", { body });
    expect(code).toBe(207);
    expect(text).toContain('<getlastmodified xmlns="DAV:"/></D:prop><D:status>HTTP/1.1 403 Forbidden<');
    expect(await status("PROPPATCH", "/f", {}, "<no/>")).toBe(400);
  });
});

describe("PUT of the in-process WebDAV server", () => {
  it("makes a file, and replaces one", async () => {
    await start();
    expect(await status("PUT", "/new", {}, "one")).toBe(201);
    expect(await status("PUT", "/new", {}, "other")).toBe(204);
    expect(content("/new")).toBe("other");
    expect(names("/")).toEqual(["f", "g", "n", "n2", "e", "new"]);
  });

  it("says 409 without a parent, 405 onto a directory, 400 to a part of a file", async () => {
    await start();
    expect(await status("PUT", "/no/new", {}, "x")).toBe(409);
    expect(await status("PUT", "/f/new", {}, "x")).toBe(409);
    expect(await status("PUT", "/e", {}, "x")).toBe(405);
    expect(await status("PUT", "/f", { "content-range": "bytes 0-0/1" }, "x")).toBe(400);
    expect(content("/f")).toBe("content of /f");
  });

  it("holds to what it is told to expect there", async () => {
    await start();
    const etag = String((await dav("GET", "/f")).headers.etag);
    expect(await status("PUT", "/f", { "if-none-match": "*" }, "x")).toBe(412);
    expect(await status("PUT", "/f", { "if-match": '"other"' }, "x")).toBe(412);
    expect(await status("PUT", "/new", { "if-match": "*" }, "x")).toBe(412);
    expect(await status("PUT", "/f", { "if-match": `"other", ${etag}` }, "x")).toBe(204);
    expect(await status("PUT", "/f", { "if-match": etag }, "y")).toBe(412);
    expect(await status("PUT", "/new", { "if-none-match": "*" }, "x")).toBe(201);
  });

  it("says 507 where there is no space, and keeps what was there", async () => {
    await start({ tree: new FileTree({ maxBytes: 100 }) });
    expect(await status("PUT", "/f", {}, "x".repeat(100))).toBe(507);
    expect(content("/f")).toBe("content of /f");
    expect(names("/")).toEqual(["f", "g", "n", "n2", "e"]);
  });

  it("says 403 where the directory may not be written", async () => {
    const tree = await start();
    tree.setAttributes("/n", { mode: 0o555 }, { followLinks: true });
    expect(await status("PUT", "/n/new", {}, "x")).toBe(403);
    expect(await status("MKCOL", "/n/new/")).toBe(403);
  });
});

describe("MKCOL of the in-process WebDAV server", () => {
  it("makes one level", async () => {
    await start();
    expect(await status("MKCOL", "/new/")).toBe(201);
    expect(await status("MKCOL", "/new/deeper")).toBe(201);
    expect(names("/new")).toEqual(["deeper"]);
  });

  it.each([
    ["/e/", 405],
    ["/f", 405],
    ["/f/", 405],
    ["/no/new/", 409],
    ["/f/new/", 409],
  ])("says of %s: %i", async (target, code) => {
    await start();
    expect(await status("MKCOL", target)).toBe(code);
  });

  it("says 415 to a body", async () => {
    await start();
    expect(await status("MKCOL", "/new/", { "content-type": "application/xml" }, "<a/>")).toBe(415);
  });
});

describe("DELETE of the in-process WebDAV server", () => {
  it("removes files, and directories whole", async () => {
    await start();
    expect(await status("DELETE", "/f")).toBe(204);
    expect(await status("DELETE", "/n/")).toBe(204);
    expect(await status("DELETE", "/n/")).toBe(404);
    expect(names("/")).toEqual(["g", "n2", "e"]);
  });

  it("says within a 207 which members remain, and not what is above them", async () => {
    const tree = await start();
    seedTree(tree, "/d/in/kept");
    seedTree(tree, "/d/gone");
    tree.setAttributes("/d/in", { mode: 0o555 }, { followLinks: true });
    const { status: code, text } = await dav("DELETE", "/d/");
    expect(code).toBe(207);
    expect(text).toContain("<D:href>/d/in/kept</D:href><D:status>HTTP/1.1 403 Forbidden<");
    expect(text.match(/<D:response>/g)).toHaveLength(1);
    expect(names("/d")).toEqual(["in"]);
  });

  it("removes no directory at another depth, and never the root", async () => {
    await start();
    expect(await status("DELETE", "/n/", { depth: "0" })).toBe(400);
    expect(await status("DELETE", "/")).toBe(403);
  });
});

describe("MOVE and COPY of the in-process WebDAV server", () => {
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
    ["/no", "/new", {}, 404],
    ["/f", "/no/new", {}, 409],
    ["/f", "/g/new", {}, 409],
    ["/n/", "/new/", {}, 201],
    ["/n/", "/n2/", {}, 204],
    ["/n/", "/n2/", { overwrite: "F" }, 412],
    ["/n/", "/g", {}, 204],
    ["/f", "/n/", {}, 204],
  ];
  it.each(cases)("of %s to %s with %o is answered the same", async (source, target, headers, code) => {
    for (const method of ["COPY", "MOVE"]) {
      await start();
      expect(await status(method, source, { ...headers, ...there(target) }), method).toBe(code);
      if (method === "COPY") await site.server.close();
    }
    const moved = code < 300;
    const root = names("/");
    expect(root.includes(source.replaceAll("/", ""))).toBe(!moved && source !== "/n/x" && source !== "/no");
  });

  it("moves and copies directories whole, and puts them where another was", async () => {
    await start();
    expect(await status("COPY", "/n/", there("/n2/"))).toBe(204);
    expect([names("/n"), names("/n2")]).toEqual([["x"], ["x"]]);
    expect(await status("COPY", "/n/", { depth: "0", ...there("/bare/") })).toBe(201);
    expect(names("/bare")).toEqual([]);
    expect(await status("MOVE", "/n/", { depth: "0", ...there("/q/") })).toBe(400);
    expect(await status("MOVE", "/n/", there("/q/"))).toBe(201);
    expect(content("/q/x")).toBe("content of /n/x");
  });

  it("take a path, and the URL of this server only", async () => {
    await start();
    expect(await status("MOVE", "/f", { destination: "http://elsewhere.example/f" })).toBe(502);
    expect(await status("MOVE", "/f", { destination: "elsewhere" })).toBe(400);
    expect(await status("MOVE", "/f")).toBe(400);
    expect(await status("MOVE", "/f", { destination: "/a%20b%25" })).toBe(201);
    expect(names("/")).toContain("a b%");
  });

  it("say within a 207 what could not be made room for", async () => {
    const tree = await start();
    seedTree(tree, "/d/in/kept");
    tree.setAttributes("/d/in", { mode: 0o555 }, { followLinks: true });
    for (const method of ["COPY", "MOVE"]) {
      const answer = await dav(method, "/n/", { headers: there("/d/") });
      expect([answer.status, answer.text.includes("/d/in/kept")], method).toEqual([207, true]);
    }
    expect(names("/n")).toEqual(["x"]);
  });
});

describe("the in-process WebDAV server is like", () => {
  it("Apache, which wants slashes and whole URLs", async () => {
    await start(webdavServerKinds.apache);
    const answer = await dav("DELETE", "/n?x");
    expect([answer.status, answer.headers.location]).toEqual([301, `${site.server.url}n/`]);
    expect((await dav("MOVE", "/f", { headers: there("/e") })).headers.location).toBe(`${site.server.url}e/`);
    expect(await status("MOVE", "/f", { destination: "/new" })).toBe(400);
    const { text } = await dav("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(text).toContain('<lp1:multistatus xmlns:lp1="DAV:">');
  });

  it("nginx, which wants slashes, too, but says so in another way, and knows no conditions", async () => {
    await start(webdavServerKinds.nginx);
    expect(await status("DELETE", "/n")).toBe(409);
    expect(await status("MKCOL", "/new")).toBe(409);
    expect(await status("PUT", "/f", { "if-none-match": "*" }, "x")).toBe(204);
    expect(await status("PUT", "/no/new", {}, "x")).toBe(500);
    expect(await status("MOVE", "/f", there("/made/new"))).toBe(201);
    const body = '<propfind xmlns="DAV:"><prop><getetag/><getcontentlength/></prop></propfind>';
    const { text } = await dav("PROPFIND", "/g", { headers: { depth: "0" }, body });
    expect(text).not.toMatch(/getetag|404/);
  });

  it("rclone, which does not overwrite unasked, and makes directories twice", async () => {
    await start(webdavServerKinds.rclone);
    expect(await status("MOVE", "/f", there("/g"))).toBe(412);
    expect(await status("COPY", "/f", there("/g"))).toBe(204);
    expect(await status("MKCOL", "/e/")).toBe(201);
    expect(await status("MOVE", "/no", there("/new"))).toBe(403);
  });
});
