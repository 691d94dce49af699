import { describe, expect, it } from "vitest";

import { files, webdavDays } from "./webdav-day.ts";

const lockBody =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>Ann of the third floor</owner></lockinfo>';

describe("a bad day with dav: a lock", () => {
  const day = webdavDays();

  it("that another program holds is not given, and its holder is named", async () => {
    const headers = { "content-type": "application/xml", depth: "0" };
    await fetch(new URL("/file", day().server.url), { method: "LOCK", headers, body: lockBody });
    const error = await day().failure(day().transport().lock("file"), ["locked"], "lock");
    expect(error.message).toContain("Ann of the third floor");
    expect(error).toMatchObject({ temporary: true, effect: "none" });
  });

  it("that the server forgot is not given back, and stands in nobody's way", async () => {
    const transport = day().transport();
    const lock = await transport.lock("file");
    expect(day().server.locks).toHaveLength(1);
    day().server.forgetLocks();
    await day().failure(lock.release(), ["locked"], "lock");
    await transport.put("file", "by who held it");
    expect(day().content("/file")).toBe("by who held it");
    await using again = await transport.lock("file");
    expect(again.path).toBe("file");
  });

  it("that the server forgot keeps its holder from writing as if it were held", async () => {
    const transport = day().transport();
    const lock = await transport.lock("file");
    day().server.forgetLocks();
    await day().failure(transport.put("file", "x"), ["locked"], "put");
    expect(day().content("/file")).toBe(files["/file"]);
    await day().failure(lock.release(), ["locked"], "lock");
    await day().works(transport);
  });

  it("whose answer was lost is not left behind unknown: the server tells that it is held, and by whom", async () => {
    day().answer("LOCK", "drop-after");
    const lock = await day().transport().lock("file");
    expect(day().server.locks).toHaveLength(1);
    await lock.release();
    expect(day().server.locks).toEqual([]);
  });

  it("whose answer was lost on a server that tells nothing more may be held, and who asked is told", async () => {
    let isLocked = false;
    day().on(({ method }) => {
      if (method === "LOCK") isLocked = true;
      return isLocked ? "drop-after" : "answer";
    });
    const error = await day().failure(day().transport().lock("file"), ["connection-lost"], "lock");
    expect(error.effect).toBe("unknown");
  });

  it("that cannot be given back while the server is away is given back later", async () => {
    const transport = day().transport();
    const lock = await transport.lock("file");
    day().on(() => "drop");
    await day().failure(lock.release(), ["connection-lost"], "lock");
    day().behave();
    await lock.release();
    expect(day().server.locks).toEqual([]);
  });

  it("on a file that was not there leaves none behind", async () => {
    const transport = day().transport();
    const lock = await transport.lock("new");
    await lock.release();
    expect(await transport.has("new")).toBe(false);
    expect(day().server.locks).toEqual([]);
  });

  it("of which the server sends no token, or one that fits into no header, is none of its own", async () => {
    for (const token of ["", "<>", "no brackets"]) {
      day().on(({ method }) =>
        method === "LOCK" ? { status: 200, headers: { "lock-token": token }, body: "<x/>" } : "answer",
      );
      await using lock = await day().transport().lock("file");
      expect(lock.path).toBe("file");
    }
  });
});
