import { describe, expect, it } from "vitest";

import { collect } from "../../src/testing/conformance/content.ts";
import { httpDays } from "./http-day.ts";
import { head, responseOf, tail } from "./multistatus.ts";
import { answer, endless } from "./scripted-http-server.ts";
import { webdavDays } from "./webdav-day.ts";

describe("a bad day with dav: a long listing", () => {
  const day = webdavDays();

  it("a hundred thousand entries in bounded memory, as they come", { timeout: 60_000 }, async () => {
    const many = Array.from({ length: 100_000 }, (_, n) => responseOf({ href: `/dir/member-${n}` })).join("");
    const body = Buffer.from(`${head}${responseOf({ href: "/dir/", directory: true })}${many}${tail}`);
    day().on(() => ({ status: 207, headers: { "content-type": "application/xml" }, body }));
    const before = process.memoryUsage().rss;
    let count = 0;
    for await (const { name } of day().transport({ silenceTimeoutMs: 10_000 }).list("dir"))
      if (name !== `member-${count++}`) expect.unreachable(name);
    expect(count).toBe(100_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });
});

describe("a bad day with dav: a listing without end", () => {
  const day = httpDays();

  const first = `${head}${responseOf({ href: "/dir/", directory: true })}`;
  it.each<[string, string, string]>([
    ["of one member", first, "<D:response><D:href>/dir/x</D:href></D:response>".repeat(1_000)],
    ["in one name", `${first}<D:response><D:href>/dir/`, "x".repeat(64 * 1024)],
    ["in one tag", `${first}<D:`, "x".repeat(64 * 1024)],
    ["in one attribute", `${first}<D:x a="`, "x".repeat(64 * 1024)],
    ["in one comment", `${first}<!-- `, "x".repeat(64 * 1024)],
    ["in one CDATA section", `${first}<![CDATA[`, "x".repeat(64 * 1024)],
    ["of attributes", `${first}<D:x `, Array.from({ length: 2_000 }, (_, n) => `a${n}=""`).join(" ")],
    ["of namespaces", `${first}<D:x `, Array.from({ length: 2_000 }, (_, n) => `xmlns:a${n}="u"`).join(" ")],
    ["of elements in elements", first, "<D:x>".repeat(10_000)],
    ["of white space", first, " ".repeat(64 * 1024)],
    [
      "of properties",
      `${first}<D:response><D:href>/dir/x</D:href>`,
      "<D:propstat><D:prop><a/></D:prop></D:propstat>".repeat(1_000),
    ],
    ["in an entity", `${first}<D:response><D:href>&`, "x".repeat(64 * 1024)],
  ])("%s is refused before it has filled the memory", { timeout: 60_000 }, async (_what, begin, piece) => {
    const { server, witness } = day();
    server.on((socket) => {
      socket.write(answer("207 Multi-Status", ["Content-Type: application/xml", "Connection: close"]));
      socket.write(begin);
      endless(socket, piece);
    });
    const url = server.url.replace("http:", "dav:");
    const transport = day().transport({ silenceTimeoutMs: 5_000 }, url);
    const before = process.memoryUsage().rss;
    await witness.failure(collect(transport.list("dir")), { code: "protocol-error", operation: "list", says: /\w/ });
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
    await expect.poll(() => server.open, { message: "the connection is given up" }).toBe(0);
  });

  it("that drips ends with the patience for silence only where nothing comes", async () => {
    const { server, witness } = day();
    server.on((socket) =>
      socket.write(answer("207 Multi-Status", ["Content-Type: application/xml", "Content-Length: 100000"], first)),
    );
    const transport = day().transport({}, server.url.replace("http:", "dav:"));
    await witness.failure(collect(transport.list("dir")), { code: "timeout", operation: "list", says: /said nothing/ });
  });
});
