import { describe, expect, it } from "vitest";

import { getTransport } from "../../src/index.ts";
import { altered, ask, longAgo, start, storeWith } from "./gateway-site.ts";

const before = new Date(longAgo.getTime() - 1_000).toUTCString();
const at = longAgo.toUTCString();
const after = new Date(longAgo.getTime() + 1_000).toUTCString();
const rfc850 = "Thursday, 04-Mar-21 05:06:07 GMT";
const asctime = "Thu Mar  4 05:06:07 2021";

/** RFC 9110, 13.1 and 13.2.2. `ETAG` stands for the file's own, which is strong. */
const rows: readonly (readonly [headers: Readonly<Record<string, string>>, status: number, says: string])[] = [
  [{}, 200, "nothing is asked"],
  [{ "if-none-match": "ETAG" }, 304, "the client has it"],
  [{ "if-none-match": "W/ETAG" }, 304, "If-None-Match compares weakly"],
  [{ "if-none-match": '"other", ETAG' }, 304, "one of several"],
  [{ "if-none-match": '"other"' }, 200, "another one"],
  [{ "if-none-match": "*" }, 304, "anything is there"],
  [{ "if-none-match": "garbage" }, 200, "what is no tag matches nothing"],
  [{ "if-none-match": '"other"', "if-modified-since": after }, 200, "tags win over dates"],
  [{ "if-modified-since": at }, 304, "not modified since"],
  [{ "if-modified-since": after }, 304, "not modified since a later time"],
  [{ "if-modified-since": before }, 200, "modified since"],
  [{ "if-modified-since": rfc850 }, 304, "the form of RFC 850"],
  [{ "if-modified-since": asctime }, 304, "the form of asctime, in UTC"],
  [{ "if-modified-since": "2021-03-04" }, 200, "what is no date is ignored"],
  [{ "if-match": "ETAG" }, 200, "the very one"],
  [{ "if-match": "W/ETAG" }, 412, "If-Match compares strongly"],
  [{ "if-match": "*" }, 200, "anything is there"],
  [{ "if-match": '"other"' }, 412, "another one"],
  [{ "if-match": '"a" "b"' }, 412, "what is no list matches nothing"],
  [{ "if-match": "ETAG", "if-unmodified-since": before }, 200, "tags win over dates"],
  [{ "if-unmodified-since": at }, 200, "not modified since"],
  [{ "if-unmodified-since": before }, 412, "modified since"],
  [{ "if-unmodified-since": "yesterday" }, 200, "what is no date is ignored"],
  [{ "if-match": "ETAG", "if-none-match": "ETAG" }, 304, "If-Match first, then If-None-Match"],
  [{ "if-match": '"other"', "if-none-match": "ETAG" }, 412, "If-Match first"],
];

describe("preconditions", () => {
  for (const method of ["GET", "HEAD"])
    it.each(rows)(`of ${method} %j: %i, %s`, async (headers, status) => {
      const gateway = await start(await storeWith({ file: "content" }));
      const { headers: facts } = await ask(gateway, "/file", { method: "HEAD" });
      const etag = facts.etag as string;
      expect(etag).toMatch(/^"[\da-f]+-7"$/);
      const given = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, value.replaceAll("ETAG", etag)]),
      );
      const answer = await ask(gateway, "/file", { method, headers: given });
      expect(answer.status).toBe(status);
      if (status === 200) expect(answer.body.toString()).toBe(method === "HEAD" ? "" : "content");
      if (status === 304)
        expect(answer).toMatchObject({ headers: { etag, "last-modified": at }, body: Buffer.alloc(0) });
    });

  it("of a file that may change once more within a step of the clock have a weak tag, which If-Match and If-Range do not take", async () => {
    const transport = getTransport("memory:///");
    await transport.put("fresh", "content");
    const gateway = await start(transport);
    const { etag = "", "last-modified": modified = "" } = (await ask(gateway, "/fresh")).headers;
    expect(etag).toMatch(/^W\/"/);
    expect((await ask(gateway, "/fresh", { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await ask(gateway, "/fresh", { headers: { "if-match": etag } })).status).toBe(412);
    for (const validator of [etag, modified])
      expect((await ask(gateway, "/fresh", { headers: { range: "bytes=0-1", "if-range": validator } })).status).toBe(
        200,
      );
  });

  it("that a client's copy meets leave it under the policy that it came with", async () => {
    const gateway = await start(await storeWith({ "picture.png": "", "page.html": "", "book.pdf": "" }));
    for (const path of ["/picture.png", "/page.html", "/book.pdf"]) {
      const whole = await ask(gateway, path);
      const unchanged = await ask(gateway, path, { headers: { "if-none-match": whole.headers.etag as string } });
      expect(unchanged.status).toBe(304);
      // What a 304 says takes the place of what the copy came with: RFC 9111, 3.2 and 4.3.4.
      for (const [name, value] of Object.entries(unchanged.headers))
        if (name !== "date") expect(value, `${path}: ${name}`).toBe(whole.headers[name]);
    }
  });

  it("use the server's own tag where it has one, and no tag that would end a header", async () => {
    const store = await storeWith({ own: "content", garbled: "content" });
    const tags: Record<string, string> = { own: '"v1"', garbled: '"v1\r\nset-cookie: a=b"' };
    const tagged = altered(store, {
      stat: async (path, options) => ({ ...(await store.stat(path, options)), etag: tags[path] as string }),
    });
    const gateway = await start(tagged);
    expect((await ask(gateway, "/own")).headers.etag).toBe('"v1"');
    expect((await ask(gateway, "/own", { headers: { "if-match": '"v1"' } })).status).toBe(200);
    const { headers } = await ask(gateway, "/garbled");
    expect(headers.etag).toMatch(/^"[\da-f]+-7"$/);
    expect(headers["set-cookie"]).toBeUndefined();
  });
});
