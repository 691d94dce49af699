import { Readable } from "node:stream";
import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { getTransport, newGatewayToken, serve } from "../../../src/index.ts";
import { TokenDoor } from "../../../src/gateway/webdav/token-door.ts";
import { ask } from "../../testing/raw-webdav-client.ts";
import { afterwards, start, storeWith } from "../gateway-site.ts";
import { memorySite, token } from "./dav-site.ts";

const changes = ["PUT", "DELETE", "MKCOL", "MOVE", "COPY", "PROPPATCH", "LOCK", "UNLOCK"];

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("whoever changes something through a gateway", () => {
  it.each(changes)("shows the token, or is refused: %s", async (method) => {
    const site = await memorySite(["/f"]);
    for (const authorization of [
      "",
      "Bearer",
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Digest ${token}`,
      token,
      basic("joe", "wrong"),
      basic(token, ""),
      "Basic !!!",
    ]) {
      const answer = await site.ask(method, "/f", { headers: { authorization, ...site.there("/new") } });
      expect(answer.status, authorization).toBe(401);
      expect(answer.headers["www-authenticate"]).toMatch(/^Basic realm=.*, Bearer realm=/);
    }
    expect(site.names("/")).toEqual(["f"]);
    expect(site.content("/f")).toBe("content of /f");
  });

  it("shows it as a bearer token, or as the password of any user", async () => {
    const site = await memorySite();
    for (const authorization of [`Bearer ${token}`, `bearer  ${token}`, basic("", token), basic("joe", token)])
      expect(await site.status("PUT", "/f", { authorization }, "x"), authorization).toBeLessThan(300);
  });

  it("is told so before the body is asked for", async () => {
    const site = await memorySite();
    const headers = { authorization: "", expect: "100-continue", "content-length": "1000000000" };
    // The body never comes: who would wait for it would never answer.
    const answer = await ask(site.gateway.url, "PUT", "/f", { headers });
    expect([answer.status, answer.headers.connection]).toEqual([401, "close"]);
  });
});

describe("reading through a gateway that can be written through", () => {
  const reading = ["GET", "HEAD"];

  it("needs no token, unless that is wanted", async () => {
    const site = await memorySite(["/f"]);
    for (const method of reading)
      expect(await site.status(method, "/f", { authorization: "" }), method).toBeLessThan(300);
  });

  it("needs it by WebDAV, so that nobody is asked for it in the middle of an upload", async () => {
    const site = await memorySite(["/f"]);
    expect(await site.status("PROPFIND", "/f", { authorization: "", depth: "0" })).toBe(401);
    const transport = getTransport(site.gateway.url.replace("http:", "dav:"), [], { user: "joe", password: token });
    afterwards(() => transport.disconnect());
    const content = Buffer.alloc(4 * 1024 * 1024, "content ");
    await transport.put("large", Readable.from([content]));
    expect(site.content("/large")).toBe(String(content));
  });

  it("needs it where it is private", async () => {
    const site = await memorySite(["/f"], { writable: { private: true } });
    for (const method of reading) {
      expect(await site.status(method, "/f", { authorization: "" }), method).toBe(401);
      expect(await site.status(method, "/f"), method).toBeLessThan(300);
    }
  });
});

describe("a gateway that cannot be written through", () => {
  it("refuses every change, with whatever token, and can be read by WebDAV", async () => {
    const gateway = await start(await storeWith({ "d/f": "content" }));
    const headers = { authorization: `Bearer ${token}` };
    for (const method of changes) {
      const answer = await ask(gateway.url, method, "/d/f", { headers });
      expect([answer.status, answer.headers.allow], method).toEqual([405, "GET, HEAD, OPTIONS, PROPFIND"]);
    }
    expect((await ask(gateway.url, "OPTIONS", "/")).headers["dav"]).toBe("1");
    const { text } = await ask(gateway.url, "PROPFIND", "/d/", { headers: { depth: "1" } });
    expect(text).toContain("<D:href>/d/f</D:href>");
    expect(text).not.toContain("lock");
  });
});

describe("a token", () => {
  it("that is made up is another each time, and is one", () => {
    const made = Array.from({ length: 100 }, () => newGatewayToken());
    expect(new Set(made).size).toBe(100);
    for (const one of made) expect(one).toMatch(/^[\w-]{32}$/);
  });

  it.each(["", "short", "has a space in the middle", "a".repeat(16).concat("\n"), "\u00e4".repeat(20)])(
    "is refused that is none: %j",
    async (unfit) => {
      const refused = serve(getTransport("memory:///"), { writable: { token: unfit } });
      await expect(refused).rejects.toMatchObject({ code: "unsupported" });
    },
  );

  it("is in nothing that is shown of the gateway, and in no answer", async () => {
    const lines: unknown[] = [];
    const say = (...words: unknown[]): void => void lines.push(words);
    const logger = { trace: say, debug: say, info: say, warn: say, error: say };
    const site = await memorySite(["/f"], { logger });
    const answers = [
      await site.ask("PUT", "/f", { headers: { authorization: `Bearer ${token}x` } }),
      await site.ask("PUT", "/no/f", { body: "x" }),
      await site.ask("MOVE", "/f", { headers: site.there("/f") }),
      await site.ask("GET", "/%ff"),
    ];
    const shown = inspect([site.gateway, new TokenDoor(token), lines, answers], { depth: 20, showHidden: true });
    expect(shown).not.toContain(token);
    expect(lines.length).toBeGreaterThan(0);
  });
});
