import { afterEach, describe, expect, it } from "vitest";

import { WebdavSite, exclusive } from "./webdav-site.ts";

const site = new WebdavSite();
const { start, dav, status, there, names, content } = site;
afterEach(() => site.server.close());

describe("LOCK of the in-process WebDAV server", () => {
  async function lock(target: string, headers: Record<string, string> = {}): Promise<string> {
    const answer = await dav("LOCK", target, { headers, body: exclusive });
    expect([200, 201]).toContain(answer.status);
    expect(answer.text).toMatch(/<D:owner>joe<\/D:owner><D:timeout>(?:Second-\d+|Infinite)</);
    return String(answer.headers["lock-token"]);
  }

  it("keeps everybody else from changing a file, and says what is locked", async () => {
    await start();
    const token = await lock("/f", { timeout: "Second-60" });
    for (const [method, headers] of [
      ["PUT", {}],
      ["DELETE", {}],
      ["MOVE", there("/new")],
    ] as const) {
      const answer = await dav(method, "/f", { headers });
      expect(answer.status, method).toBe(423);
      expect(answer.text).toContain("<D:lock-token-submitted><D:href>/f</D:href></D:lock-token-submitted>");
    }
    expect(await status("MOVE", "/g", there("/f"))).toBe(423);
    expect(await status("COPY", "/f", there("/new"))).toBe(201);
    expect((await dav("GET", "/f")).status).toBe(200);
    expect(await status("PUT", "/f", { if: `(${token})` }, "mine")).toBe(204);
    expect(await status("PUT", "/f", { if: "(<urn:other>)" }, "x")).toBe(412);
    expect(content("/f")).toBe("mine");
  });

  it("tells who holds it, and until when", async () => {
    await start();
    const token = await lock("/f", { timeout: "Extend, Second-60" });
    const { text } = await dav("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(text).toContain("<D:owner>joe</D:owner><D:timeout>Second-60</D:timeout>");
    expect(text).toContain(token.slice(1, -1));
    expect(site.server.locks).toMatchObject([{ path: "/f", owner: "joe", timeoutMs: 60_000 }]);
  });

  it("lasts until it is given back, where that is asked for and allowed", async () => {
    await start();
    await lock("/f", { timeout: "Infinite, Second-60" });
    const { text } = await dav("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(text).toContain("<D:timeout>Infinite</D:timeout>");
    await site.server.close();
    await start({ maxLockMs: 60_000 });
    await lock("/f", { timeout: "Infinite" });
    expect(site.server.locks[0]?.timeoutMs).toBe(60_000);
  });

  it("is refused where there is one, above, there or below", async () => {
    await start();
    await lock("/n/");
    expect((await dav("LOCK", "/n/x", { body: exclusive })).text).toContain(
      "<D:no-conflicting-lock><D:href>/n/</D:href>",
    );
    await lock("/n2/y");
    const below = await dav("LOCK", "/n2/", { body: exclusive });
    expect(below.status).toBe(207);
    expect(below.text).toContain("<D:href>/n2/y</D:href><D:status>HTTP/1.1 423 Locked<");
    expect(below.text).toContain("<D:href>/n2/</D:href><D:status>HTTP/1.1 424 Failed Dependency<");
  });

  it("on a directory keeps others from making and removing members", async () => {
    await start();
    const token = await lock("/n/", { depth: "0" });
    expect(await status("PUT", "/n/new", {}, "x")).toBe(423);
    expect(await status("DELETE", "/n/x")).toBe(423);
    expect(await status("PUT", "/n/x", {}, "x")).toBe(204); // Not its members' content: the lock is on the directory alone.
    expect(await status("PUT", "/n/new", { if: `</n/> (${token})` }, "x")).toBe(201);
    expect(await status("DELETE", "/n/")).toBe(423);
  });

  it("on a member keeps a directory, which says so within a 207", async () => {
    await start();
    const token = await lock("/n/x");
    const answer = await dav("DELETE", "/n/");
    expect(answer.status).toBe(207);
    expect(answer.text).toContain("<D:href>/n/x</D:href><D:status>HTTP/1.1 423 Locked<");
    expect(names("/n")).toEqual(["x"]);
    expect(await status("DELETE", "/n/", { if: `</n/x> (${token})` })).toBe(204);
    expect(site.server.locks).toEqual([]);
  });

  it("of what is not there makes an empty file", async () => {
    await start();
    await lock("/new");
    expect(content("/new")).toBe("");
    expect(await status("LOCK", "/no/new", {}, exclusive)).toBe(409);
  });

  it("is refreshed, given back, and over in time", async () => {
    await start({ maxLockMs: 5_000 });
    const token = await lock("/f", { timeout: "Second-4100000000" });
    expect(site.server.locks[0]?.timeoutMs).toBe(5_000);
    expect(await status("LOCK", "/f", { if: `(${token})`, timeout: "Second-1" })).toBe(200);
    expect(site.server.locks[0]?.timeoutMs).toBe(1_000);
    expect(await status("UNLOCK", "/f", { "lock-token": "<urn:other>" })).toBe(409);
    expect(await status("UNLOCK", "/f")).toBe(400);
    expect(await status("UNLOCK", "/f", { "lock-token": token })).toBe(204);
    expect(site.server.locks).toEqual([]);
    await lock("/f", { timeout: "Second-0" });
    expect(await status("PUT", "/f", {}, "x")).toBe(204);
  });

  it("is forgotten with the server's memory, and not refreshed then", async () => {
    await start();
    const token = await lock("/f");
    site.server.forgetLocks();
    expect(await status("LOCK", "/f", { if: `(${token})` })).toBe(412);
    expect(await status("PUT", "/f", { if: `(${token})` }, "x")).toBe(412);
  });

  it("does not travel with what is moved", async () => {
    await start();
    const token = await lock("/f");
    expect(await status("MOVE", "/f", { if: `(${token})`, ...there("/new") })).toBe(201);
    expect(site.server.locks).toEqual([]);
  });

  it.each(["", "()", "(<a>", "<a>", "(Not)", "x", "(<urn:a>) </f> (<urn:b>)"])("says 400 to If: %s", async (header) => {
    await start();
    expect(await status("PUT", "/f", { if: header }, "x")).toBe(400);
  });

  it("evaluates conditions with tags, etags and Not", async () => {
    await start();
    const { etag = "" } = (await dav("GET", "/f")).headers;
    const put = (header: string): Promise<number> => status("PUT", "/g", { if: header }, "x");
    expect(await put(`</f> ([${etag}] Not <urn:none>)`)).toBe(204);
    expect(await put(`</f> (["other"]) (Not <urn:none>)`)).toBe(204);
    expect(await put(`<${site.server.url}f> (["other"])`)).toBe(412);
    expect(await put(`<http://elsewhere.example/f> (["other"])`)).toBe(502);
    const token = await lock("/f");
    expect(await put(`</f> (${token} [${etag}])`)).toBe(204);
  });

  it("of another kind is refused", async () => {
    await start();
    expect(await status("LOCK", "/f", {}, exclusive.replace("exclusive", "shared"))).toBe(422);
    expect(await status("LOCK", "/f", {}, "<a/>")).toBe(400);
    expect(await status("LOCK", "/f", { depth: "1" }, exclusive)).toBe(400);
  });
});
