import { describe, expect, it } from "vitest";

import type { Entry, Transport } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { head, multistatus, responseOf, tail } from "./multistatus.ts";
import { webdavDays } from "./webdav-day.ts";

const type = { "content-type": "application/xml; charset=utf-8" };

describe("a bad day with dav: what a listing says", () => {
  const day = webdavDays();

  function told(body: string, headers: Readonly<Record<string, string>> = type, status = 207): Transport {
    day().answer("PROPFIND", { status, headers, body });
    return day().transport();
  }
  const list = (transport: Transport): Promise<Entry[]> => collect(transport.list("dir"));
  const names = async (transport: Transport): Promise<string[]> => (await list(transport)).map(({ name }) => name);

  const self = { href: "/dir/", directory: true };
  const fine = { href: "/dir/fine" };

  const strays: readonly string[] = [
    "../x",
    "/dir/../x",
    "/dir/%2e%2e/x",
    "/dir/..",
    "/dir/%2e%2e",
    "/dir/%2E%2e/",
    "/dir/.",
    "/dir/%2e",
    "/dir/a%2Fb",
    "/dir/a%2f..%2fb",
    "/dir/%2Fetc%2Fpasswd",
    "/dir/a%00b",
    "/dir/%ff%fe",
    "/dir/%zz",
    "/dir/deep/er",
    "/dir/deep/er/",
    "/other/x",
    "/dirx",
    "/di",
    "/",
    "//elsewhere.example/dir/x",
    "http://elsewhere.example/dir/x",
    "http://elsewhere.example:1/dir/",
    "http://joe:secret-of-the-server@HOST/dir/x",
    "ftp://HOST/dir/x",
    "file:///dir/x",
    "javascript:alert(1)",
    "",
    " ",
    "/dir/x?query",
    "/dir/x#fragment",
    "http://[::1/dir/x",
    "/dir/a%0Ab",
  ];
  it.each(strays)("%j is no member: it is left out, and nobody is asked for it", async (href) => {
    day().witness.keepSecret("secret-of-the-server");
    const { port } = day().server;
    const stray = { href: href.replace("HOST", `127.0.0.1:${port}`) };
    expect(await names(told(multistatus([self, stray, fine])))).toEqual(["fine"]);
    expect(day().server.requests.map(({ method }) => method)).toEqual(["PROPFIND"]);
  });

  it.each([
    ["as a path without its slash", { href: "/dir" }],
    ["with the encoding of a letter", { href: "/%64ir/" }],
    ["as a whole URL", { href: "HOST/dir/" }],
    ["as a file, which it is not by now", { href: "/dir/", directory: false }],
  ])("the directory itself is told %s: it is no member", async (_how, { href }) => {
    const own = { directory: true, href: href.replace("HOST", day().server.url.slice(0, -1)) };
    expect(await names(told(multistatus([own, fine])))).toEqual(["fine"]);
  });

  it.each(["HOST/dir/fine", "/%64ir/f%69ne", "/dir/fine", "/dir/fin&#101;", "/dir/<![CDATA[fine]]>", "\n /dir/fine\n"])(
    "%j is a member: it has one name",
    async (href) => {
      const member = { href: href.replace("HOST", day().server.url.slice(0, -1)) };
      expect(await names(told(multistatus([self, member])))).toEqual(["fine"]);
    },
  );

  it("a member that is told twice is told once", async () => {
    expect(await names(told(multistatus([self, fine, fine, { href: "/dir/f%69ne" }])))).toEqual(["fine"]);
  });

  it("the directory itself is not told of: it may be anything, and is not taken for a directory", async () => {
    const transport = told(multistatus([fine]));
    await day().witness.failure(list(transport), {
      code: "protocol-error",
      operation: "list",
      says: /another directory/,
    });
  });

  it("names that would be properties of every object are names", async () => {
    const odd = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const told_ = told(multistatus([self, ...odd.map((name) => ({ href: `/dir/${name}` }))]));
    expect(await names(told_)).toEqual(odd);
  });

  it("nothing is told of what is asked for", async () => {
    const transport = told(multistatus([]));
    await day().witness.failure(transport.stat("dir"), { code: "protocol-error", operation: "stat", says: /\w/ });
    await day().witness.failure(list(transport), { code: "protocol-error", operation: "list", says: /\w/ });
  });

  it("something else is told than what was asked for", async () => {
    const transport = told(multistatus([{ href: "/elsewhere" }, { href: "/elsewhere/else" }]));
    await day().witness.failure(transport.stat("file"), { code: "protocol-error", operation: "stat", says: /\w/ });
  });

  it("a member that is not there any more is left out, and one that may not be told of has its name", async () => {
    const member = (name: string, status: string): string =>
      `<D:response><D:href>/dir/${name}</D:href><D:status>HTTP/1.1 ${status}</D:status></D:response>`;
    const members = [member("gone", "404 Not Found"), member("secret", "403 Forbidden"), responseOf(fine)];
    const entries = await list(told(`${head}${responseOf(self)}${members.join("")}${tail}`));
    expect(entries.map(({ name, stat }) => [name, stat?.type])).toEqual([
      ["secret", undefined],
      ["fine", "file"],
    ]);
  });

  it.each(["-1", "1e3", "99999999999999999999", "0x10", "many", "", "7 7"])("a length of %j is none", async (size) => {
    const body = multistatus([self, fine]).replace(">7<", `>${size}<`);
    const [entry] = await list(told(body));
    expect(entry?.name).toBe("fine");
    expect(entry?.stat?.sizeBytes).toBeUndefined();
  });

  it("the values of what has no 200 are not read", async () => {
    const lie =
      "<D:response><D:href>/dir/fine</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>";
    const [entry] = await list(told(`${head}${responseOf(self)}${lie}${tail}`));
    expect(entry?.stat?.type).not.toBe("directory");
  });

  it("properties of another namespace are not WebDAV's", async () => {
    const body = multistatus([self, fine]).replace(
      "<D:resourcetype/>",
      '<D:resourcetype><collection xmlns="urn:other"/></D:resourcetype>',
    );
    const [entry] = await list(told(body));
    expect(entry?.stat?.type).toBe("file");
  });

  it.each<[string, string, Record<string, string>, number]>([
    ["a web page", "<html><body>Log in</body></html>", { "content-type": "text/html" }, 207],
    ["a web page and 200", "<html><body>Log in</body></html>", { "content-type": "text/html" }, 200],
    ["JSON", "{}", { "content-type": "application/json" }, 207],
    ["nothing", "", {}, 207],
    ["another document", '<?xml version="1.0"?><x xmlns="DAV:"/>', type, 207],
    ["the right document in no namespace", multistatus([self]).replaceAll(/ ?xmlns:D="DAV:"|D:/g, ""), type, 207],
    ["204", "", {}, 204],
  ])("%s instead of a multistatus is an error, and no empty directory", async (_what, body, headers, status) => {
    const transport = told(body, headers, status);
    for (const [operation, work] of [
      ["list", () => list(transport)],
      ["stat", () => transport.stat("dir")],
      ["has", () => transport.has("dir")],
    ] as const)
      await day().failure(work(), ["protocol-error", "unsupported"], operation);
  });

  it(
    "a document that ends anywhere before its end is an error, and no shorter directory",
    { timeout: 30_000 },
    async () => {
      const whole = multistatus([self, fine, { href: "/dir/other" }]).trimEnd();
      let sent = "";
      day().on(() => ({ status: 207, headers: type, body: sent }));
      const transport = day().transport();
      for (let length = 0; length < whole.length; length++) {
        sent = whole.slice(0, length);
        const error: unknown = await list(transport).catch((reason: unknown) => reason);
        expect(error, JSON.stringify(sent.slice(-40))).toMatchObject({ code: "protocol-error", operation: "list" });
      }
      sent = whole;
      expect(await names(transport)).toEqual(["fine", "other"]);
    },
  );

  it.each<[string, (whole: string) => string]>([
    ["two documents", (whole) => whole + whole],
    ["text after its end", (whole) => `${whole}more`],
    ["tags that do not match", (whole) => whole.replace("</D:href>", "</D:hrfe>")],
    ["a prefix of no namespace", (whole) => whole.replace("<D:href>", "<E:href>").replace("</D:href>", "</E:href>")],
    ["an ampersand by itself", (whole) => whole.replace("fine", "a&b")],
    ["an entity of nobody", (whole) => whole.replace("fine", "&nobody;")],
    ["a less-than sign by itself", (whole) => whole.replace("fine", "a<b")],
    ["an attribute without quotes", (whole) => whole.replace("<D:prop>", "<D:prop a=1>")],
    ["a document type", (whole) => whole.replace("?>", '?><!DOCTYPE x SYSTEM "http://elsewhere.example/x.dtd">')],
    ["entities of its own", (whole) => whole.replace("?>", '?><!DOCTYPE x [<!ENTITY e "x">]>').replace("fine", "&e;")],
    [
      "a thousand million laughs",
      (whole) => whole.replace("?>", `?><!DOCTYPE x [<!ENTITY e0 "ha">${laughs(30)}]>`).replace("fine", "&e30;"),
    ],
    [
      "a file of this machine",
      (whole) =>
        whole.replace("?>", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>').replace("fine", "&e;"),
    ],
  ])("%s: an error", async (_what, change) => {
    const transport = told(change(multistatus([self, fine])));
    await day().witness.failure(list(transport), { code: "protocol-error", operation: "list", says: /\w/ });
    expect(day().server.accepted).toBe(1);
  });

  it("a byte that is not UTF-8 makes no other name", async () => {
    const [before = "", after = ""] = multistatus([self, { href: "/dir/a|b" }, fine]).split("|");
    day().on(() => ({
      status: 207,
      headers: type,
      body: Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]),
    }));
    const found = await names(day().transport()).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "protocol-error" });
      return ["fine"];
    });
    expect(found).toEqual(["fine"]);
  });

  it("an encoding that is said in its first line, UTF-16, is read or refused, and not misread", async () => {
    const body = Buffer.from(`\uFEFF${multistatus([self, fine]).replace("utf-8", "utf-16")}`, "utf16le");
    day().on(() => ({ status: 207, headers: { "content-type": "application/xml" }, body }));
    const found = await names(day().transport()).catch((error: unknown) => {
      expect(error).toMatchObject({ code: "protocol-error" });
      return ["fine"];
    });
    expect(found).toEqual(["fine"]);
  });
});

/** Entities, each of which is the one before ten times. */
function laughs(generations: number): string {
  return Array.from({ length: generations }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join("");
}
