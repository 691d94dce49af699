import { describe, expect, it } from "vitest";

import { getTransport } from "../../../src/index.ts";
import { afterwards } from "../gateway-site.ts";
import type { MemorySite } from "./dav-site.ts";
import { memorySite, token } from "./dav-site.ts";

const exclusive =
  '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner><D:href>joe</D:href></D:owner></D:lockinfo>';

const start = (): Promise<MemorySite> => memorySite(["/f", "/g", "/n/x", "/n2/y"]);

async function lock(site: MemorySite, target: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await site.ask("LOCK", target, { headers, body: exclusive });
  expect([200, 201]).toContain(answer.status);
  expect(answer.text).toMatch(/<D:owner>joe<\/D:owner><D:timeout>(?:Second-\d+|Infinite)</);
  return String(answer.headers["lock-token"]);
}

describe("LOCK at a gateway", () => {
  it("keeps everybody else from changing a file, and says what is locked", async () => {
    const site = await start();
    const held = await lock(site, "/f", { timeout: "Second-60" });
    for (const [method, headers] of [
      ["PUT", {}],
      ["DELETE", {}],
      ["PROPPATCH", {}],
      ["MOVE", site.there("/new")],
    ] as const) {
      const body =
        method === "PROPPATCH"
          ? '<propertyupdate xmlns="DAV:"><remove><prop><a/></prop></remove></propertyupdate>'
          : "";
      const answer = await site.ask(method, "/f", { headers, body });
      expect(answer.status, method).toBe(423);
      expect(answer.text).toContain("<D:lock-token-submitted><D:href>/f</D:href></D:lock-token-submitted>");
    }
    expect(await site.status("MOVE", "/g", site.there("/f"))).toBe(423);
    expect(await site.status("COPY", "/f", site.there("/new"))).toBe(201);
    expect((await site.ask("GET", "/f")).status).toBe(200);
    expect(await site.status("PUT", "/f", { if: `(${held})` }, "mine")).toBe(204);
    expect(await site.status("PUT", "/f", { if: "(<urn:other>)" }, "x")).toBe(412);
    expect(site.content("/f")).toBe("mine");
  });

  it("stays where its holder puts another file in the place of the one that is locked", async () => {
    const site = await start();
    const held = await lock(site, "/f");
    const headers = { ...site.there("/f"), if: `</f> (${held})` };
    expect(await site.status("MOVE", "/g", headers)).toBe(204);
    expect(await site.status("PUT", "/f", {}, "x")).toBe(423);
    expect(site.content("/f")).toBe("content of /g");
  });

  it("comes to an upload that began before it", async () => {
    const site = await memorySite(["/f"]);
    // The check before the body finds nothing; the lock is taken while the body is on its way.
    const [put] = await Promise.all([site.ask("PUT", "/f", { body: "x".repeat(8 * 1024 * 1024) }), lock(site, "/f")]);
    expect([204, 423]).toContain(put.status);
    expect(site.content("/f").length).toBe(put.status === 423 ? "content of /f".length : 8 * 1024 * 1024);
  });

  it("tells who holds it and until when, and ends then", async () => {
    const site = await start();
    const held = await lock(site, "/f", { timeout: "Extend, Second-1" });
    const { text } = await site.ask("PROPFIND", "/f", { headers: { depth: "0" } });
    expect(text).toContain("<D:owner>joe</D:owner><D:timeout>Second-1</D:timeout>");
    expect(text).toContain(held.slice(1, -1));
    await expect.poll(() => site.status("PUT", "/f", {}, "x")).toBe(204);
  });

  it("is refreshed by who shows it", async () => {
    const site = await start();
    const held = await lock(site, "/f", { timeout: "Second-60" });
    const again = await site.ask("LOCK", "/f", { headers: { if: `(${held})`, timeout: "Infinite" } });
    expect([again.status, again.text.includes("<D:timeout>Infinite</D:timeout>")]).toEqual([200, true]);
    expect(await site.status("LOCK", "/f")).toBe(400);
  });

  it("is refused where there is one, above, there or below", async () => {
    const site = await start();
    await lock(site, "/n/");
    expect((await site.ask("LOCK", "/n/x", { body: exclusive })).text).toContain(
      "<D:no-conflicting-lock><D:href>/n/</D:href>",
    );
    await lock(site, "/n2/y");
    const below = await site.ask("LOCK", "/n2/", { body: exclusive });
    expect(below.status).toBe(207);
    expect(below.text).toContain("<D:href>/n2/y</D:href><D:status>HTTP/1.1 423 Locked<");
  });

  it("on a directory keeps others from making and removing members, and on a member keeps the directory", async () => {
    const site = await start();
    const held = await lock(site, "/n/", { depth: "0" });
    expect(await site.status("PUT", "/n/new", {}, "x")).toBe(423);
    expect(await site.status("MKCOL", "/n/new/")).toBe(423);
    expect(await site.status("DELETE", "/n/x")).toBe(423);
    expect(await site.status("PUT", "/n/new", { if: `</n/> (${held})` }, "x")).toBe(201);
    await lock(site, "/n2/y");
    for (const [method, headers] of [
      ["DELETE", {}],
      ["MOVE", site.there("/q/")],
    ] as const) {
      const answer = await site.ask(method, "/n2/", { headers });
      expect([answer.status, answer.text.includes("<D:href>/n2/y</D:href><D:status>HTTP/1.1 423")]).toEqual([
        207,
        true,
      ]);
    }
    expect(site.names("/n2")).toEqual(["y"]);
  });

  it("makes an empty file where nothing is; only one of many gets it", async () => {
    const site = await start();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => site.status("LOCK", "/new", { timeout: "Infinite" }, exclusive)),
    );
    expect(answers.toSorted((a, b) => a - b)).toEqual([201, ...Array.from({ length: 9 }, () => 423)]);
    expect(site.content("/new")).toBe("");
    expect(await site.status("LOCK", "/no/new", {}, exclusive)).toBe(409);
    expect(await site.status("MKCOL", "/no/")).toBe(201);
    expect(await site.status("PUT", "/no/new", {}, "x"), "what was not made has no lock").toBe(201);
  });

  it("is given back by its token, or by who deletes the file", async () => {
    const site = await start();
    const held = await lock(site, "/f");
    expect(await site.status("UNLOCK", "/g", { "lock-token": held })).toBe(409);
    expect(await site.status("UNLOCK", "/f")).toBe(400);
    expect(await site.status("UNLOCK", "/f", { "lock-token": held })).toBe(204);
    expect(await site.status("PUT", "/f", {}, "x")).toBe(204);
    const again = await lock(site, "/f");
    expect(await site.status("DELETE", "/f", { if: `(${again})` })).toBe(204);
    expect(await site.status("PUT", "/f", {}, "x")).toBe(201);
  });

  it("is refused that is shared, or described in another way", async () => {
    const site = await start();
    expect(await site.status("LOCK", "/f", {}, exclusive.replaceAll("exclusive", "shared"))).toBe(422);
    expect(await site.status("LOCK", "/f", {}, "<lockinfo/>")).toBe(400);
    expect(await site.status("LOCK", "/f", { depth: "1" }, exclusive)).toBe(400);
    expect(await site.status("LOCK", "/f", {}, exclusive.replace("joe", "j".repeat(5_000)))).toBe(400);
  });

  it("is a lock as samewire's own: held until it is given back, telling who holds it", async () => {
    const site = await start();
    const open = (): ReturnType<typeof getTransport> => {
      const transport = getTransport(site.gateway.url.replace("http:", "dav:"), [], { user: "joe", password: token });
      afterwards(() => transport.disconnect());
      return transport;
    };
    const [mine, another] = [open(), open()];
    const held = await mine.lock("f");
    expect(mine.capabilities.lock).toBe("token");
    await mine.put("f", "mine");
    await expect(another.put("f", "another's")).rejects.toMatchObject({ code: "locked" });
    await expect(another.lock("f")).rejects.toMatchObject({ code: "locked", temporary: true });
    await held.release();
    await another.put("f", "another's");
    expect(site.content("/f")).toBe("another's");
  });
});
