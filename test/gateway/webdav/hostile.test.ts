import { once } from "node:events";
import { connect } from "node:net";

import { describe, expect, it } from "vitest";

import { ask } from "../../testing/raw-webdav-client.ts";
import { afterwards, sendRaw } from "../gateway-site.ts";
import { memorySite, token } from "./dav-site.ts";

const xml = { depth: "0", "content-type": "application/xml" };

describe("a gateway that can be written through", () => {
  it.each([
    "/../f",
    "/%2e%2e/f",
    "/d/../f",
    "/d/%2E./f",
    "/d%2f..%2ff",
    "/d%5c..%5cf/../x",
    "//f",
    "/a%00b",
    "/%ff",
    "/d/./f",
  ])("takes nothing out of what is served: %s", async (target) => {
    const site = await memorySite(["/f", "/d/f"]);
    for (const method of ["PUT", "DELETE", "MKCOL", "PROPFIND", "LOCK", "GET"])
      expect(await site.status(method, target, { depth: "0" }, method === "PUT" ? "x" : ""), method).toBe(400);
    for (const method of ["MOVE", "COPY"])
      expect(await site.status(method, "/f", { destination: target }), method).toBe(400);
    expect([site.names("/"), site.names("/d"), site.content("/f")]).toEqual([["f", "d"], ["f"], "content of /f"]);
  });

  it("takes a name in twice-encoded dots for the name that it is", async () => {
    const site = await memorySite();
    expect(await site.status("PUT", "/%252e%252e%252ff", {}, "x")).toBe(201);
    expect(site.names("/")).toEqual(["%2e%2e%2ff"]);
  });

  it("escapes every name, and what a lock's holder says of itself", async () => {
    const site = await memorySite();
    const names = ["<b>&amp;\"'", "]]>", "a\u0001b\u000b", "\u202efdp.exe", "x".repeat(200), "-rf", "%41"];
    for (const name of names) site.tree.mkdir(`/${name}`);
    const { text } = await site.ask("PROPFIND", "/", { headers: { depth: "1" } });
    const hrefs = Array.from(text.matchAll(/<D:href>([^<]*)</g), ([, href = ""]) => decodeURIComponent(href));
    expect(hrefs).toEqual(["/", ...names.map((name) => `/${name}/`)]);
    expect(text).not.toMatch(/<b>|[\u0000-\u0008\u000b]/);
    const owner = "&lt;/D:owner>&amp;&#x3c;b/>\u0085";
    const body = `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>${owner}</owner></lockinfo>`;
    const locked = await site.ask("LOCK", "/new", { body });
    expect(locked.text).toContain("<D:owner>&#60;/D:owner&#62;&#38;&#60;b/&#62;\u0085</D:owner>");
  });

  it.each(
    [
      "<propfind",
      "<propfind/>",
      '<propfind xmlns="DAV:"/>',
      '<propfind xmlns="DAV:"><prop></propfind>',
      '<x:propfind xmlns="DAV:"><prop/></x:propfind>',
      '<propfind xmlns="DAV:"><prop/><allprop/></propfind>',
      '<propfind xmlns="DAV:"><allprop/></propfind><more/>',
      '<propfind xmlns="DAV:"><prop><a"b/></prop></propfind>',
      '<propfind xmlns="DAV:"><prop><a xmlns:x="y"/><x:b/></prop></propfind>',
      '<propfind xmlns="DAV:"><prop><a:b:c xmlns:a="x"/></prop></propfind>',
      '<propfind xmlns="DAV:"><prop><a b="1" b="2"/></prop></propfind>',
      '<propfind xmlns="DAV:"><prop>&constructor;</prop></propfind>',
      '<propfind xmlns="DAV:"><prop>&#9999999;</prop></propfind>',
      '<propfind xmlns="DAV:"><prop>&#xFFFFFF;</prop></propfind>',
      '<!DOCTYPE p SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"><prop/></propfind>',
      '<!DOCTYPE p [<!ENTITY a "b">]><propfind xmlns="DAV:"><prop>&a;</prop></propfind>',
      `<!DOCTYPE l [<!ENTITY a "lol">${Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at} "${"&a;".repeat(10)}">`).join("")}]><propfind xmlns="DAV:"><prop>&l8;</prop></propfind>`,
      `<propfind xmlns="DAV:"><prop>${"<a>".repeat(5_000)}${"</a>".repeat(5_000)}</prop></propfind>`,
      `<propfind xmlns="DAV:"><prop><${"a".repeat(60_000)}`,
      `<propfind xmlns="DAV:"><prop><a ${"b".repeat(60_000)}`,
      `<propfind xmlns="DAV:"><prop><a${' b="'.repeat(15_000)}`,
    ].map((body) => [body.slice(0, 80), body] as const),
  )("says 400 to XML that is none of its own: %s", async (_, body) => {
    const site = await memorySite(["/f"]);
    for (const method of ["PROPFIND", "PROPPATCH", "LOCK"])
      expect(await site.status(method, "/f", xml, body), method).toBe(400);
  });

  it("says 413 to a document that is too long, whatever it says of its length, and to more properties than anybody has", async () => {
    const site = await memorySite(["/f"]);
    const long = `<propfind xmlns="DAV:"><prop>${" ".repeat(70_000)}</prop></propfind>`;
    expect(await site.status("PROPFIND", "/f", xml, long)).toBe(413);
    const chunked = { ...xml, authorization: `Bearer ${token}`, "transfer-encoding": "chunked" };
    expect((await ask(site.gateway.url, "PROPFIND", "/f", { headers: chunked, body: long })).status).toBe(413);
    const many = `<propfind xmlns="DAV:"><prop>${"<a/>".repeat(257)}</prop></propfind>`;
    expect(await site.status("PROPFIND", "/f", xml, many)).toBe(413);
  });

  it("says 413 to names that would make a short question's answer endless, and tells each name once", async () => {
    const site = await memorySite(["/d/f", "/d/g"]);
    const long = `<propfind xmlns="DAV:" xmlns:p='${'"'.repeat(1_000)}'><prop>${"<p:a/>".repeat(20)}</prop></propfind>`;
    expect(await site.status("PROPFIND", "/d/", { ...xml, depth: "1" }, long)).toBe(413);
    const update = long
      .replaceAll("propfind", "propertyupdate")
      .replace("<prop>", "<set><prop>")
      .replace("</prop>", "</prop></set>");
    expect(await site.status("PROPPATCH", "/d/", xml, update)).toBe(413);
    const again = `<propfind xmlns="DAV:"><prop>${"<lockdiscovery/>".repeat(200)}</prop></propfind>`;
    const { text } = await site.ask("PROPFIND", "/d/", { headers: { ...xml, depth: "1" }, body: again });
    expect(text.match(/<D:lockdiscovery>/g)).toHaveLength(3);
  });

  it("cuts whoever goes on and on with a body that nobody wants", async () => {
    const site = await memorySite();
    const head = `PUT /f HTTP/1.1\r\nHost: 127.0.0.1:${site.gateway.port}\r\nContent-Length: 1000000000\r\n\r\n`;
    const socket = connect(site.gateway.port, "127.0.0.1");
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined); // It is reset in the middle of what it sends.
    const answered = once(socket, "data");
    const cut = new Promise((resolve) => socket.once("close", resolve));
    socket.write(head);
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 401 /);
    socket.write(Buffer.alloc(9 * 1024 * 1024));
    await cut;
    expect(site.names("/")).toEqual([]);
  });

  it("asks nobody of HTTP/1.0 for a body that comes by itself, and whoever expects to be asked once", async () => {
    const site = await memorySite();
    const head = (version: string, path: string): string =>
      `PUT ${path} HTTP/${version}\r\nHost: 127.0.0.1:${site.gateway.port}\r\nAuthorization: Bearer ${token}\r\nContent-Length: 3\r\nConnection: close\r\n`;
    const old = await sendRaw(site.gateway, `${head("1.0", "/old")}Expect: 100-continue\r\n\r\nold`);
    expect(old).toMatch(/^HTTP\/1\.1 201 /);
    const socket = connect(site.gateway.port, "127.0.0.1");
    afterwards(() => socket.destroy());
    socket.write(`${head("1.1", "/new")}Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n`);
    expect(String(await once(socket, "data"))).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("new");
    expect(String(await once(socket, "data"))).toMatch(/^HTTP\/1\.1 201 /);
    expect([site.content("/old"), site.content("/new")]).toEqual(["old", "new"]);
  });

  it.each(
    ["(", "<a>", "()", "(<a> <b>", "(Not)", "(<a>) <b>", "x", `(${"<a> ".repeat(2_000)}`, '(["a"])'.repeat(65)].map(
      (one) => [one.slice(0, 30), one],
    ),
  )("says 400 to an If that is none: %s", async (_, header = "") => {
    const site = await memorySite(["/f"]);
    expect(await site.status("PUT", "/f", { if: header }, "x")).toBe(400);
    expect(site.content("/f")).toBe("content of /f");
  });

  it("asks nothing of another server because an If names it", async () => {
    const site = await memorySite(["/f"]);
    expect(await site.status("PUT", "/f", { if: "<http://elsewhere.example/f> (<urn:x>)" }, "x")).toBe(502);
  });
});
