import { randomUUID } from "node:crypto";

import { afterEach, describe, expect, it } from "vitest";

import type { Transport, TransportError } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { S3Condition, S3Reaction, S3Server, S3ServerRequest } from "../../src/testing.ts";
import { startS3Server } from "../../src/testing.ts";

const bucket = "bucket";

interface Site {
  readonly server: S3Server;
  /** A transport with a connection of its own. */
  readonly open: () => Transport;
  /** From now on requests come to something else. */
  script: (request: S3ServerRequest) => S3Reaction;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function openSite(ignores: readonly S3Condition[] = []): Promise<Site> {
  const server = await startS3Server({ ignores, onRequest: (request) => site.script(request) });
  closing.push(() => server.close());
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const open = (): Transport => {
    const transport = getTransport(`s3://${bucket}/`, [], { s3: { endpoint, region, accessKeyId, secretAccessKey } });
    closing.push(() => transport.disconnect());
    return transport;
  };
  const site: Site = { server, open, script: () => "answer" };
  return site;
}

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  return await work.then(
    () => expect.unreachable("it resolved"),
    (reason: unknown) => reason as TransportError,
  );
}

/** The methods that were used for what was asked for meanwhile. */
async function asked(server: S3Server, work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = server.requests.length;
  await work();
  return server.requests.slice(before).map(({ method }) => method);
}

function answered(status: number, code: string): S3Reaction {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>It is so.</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

const isConditional = ({ headers }: S3ServerRequest): boolean =>
  headers["if-match"] !== undefined || headers["if-none-match"] !== undefined;

const create = "PutObject If-None-Match";
const replace = "PutObject If-Match";
const remove = "DeleteObject If-Match";

describe("a service that cannot keep a lock", () => {
  it.each<[what: string, ignores: readonly S3Condition[]]>([
    ["ignores that nothing is to be there", [create]],
    ["ignores which version is to be replaced or deleted", [replace, remove]],
    ["ignores every condition", [create, replace, remove]],
    ["refuses conditions", []],
  ])("because it %s has no holder at all, and what others keep there stays", async (_what, ignores) => {
    const site = await openSite(ignores);
    if (ignores.length === 0)
      site.script = (request) => (isConditional(request) ? answered(501, "NotImplemented") : "answer");
    const { server } = site;
    await server.write(bucket, "file.lock", "of another program");
    const [one, other] = [site.open(), site.open()];
    const wanted = [one, one, other].flatMap((transport) => [transport.lock("file"), transport.lock("free")]);
    for (const failure of await Promise.all(wanted.map(failureOf)))
      expect(failure).toMatchObject({
        code: "unsupported",
        operation: "lock",
        effect: "none",
        hint: expect.stringContaining("If-None-Match") as string,
      });
    expect(server.keys(bucket)).toEqual(["file.lock"]);
    expect(String(await server.read(bucket, "file.lock"))).toBe("of another program");
    expect(server.requests.filter(({ target }) => /\/(?:file|free)\.lock/.test(target))).toEqual([]);
  });

  it("is asked once on a connection, and known then", async () => {
    const { server, open } = await openSite([create]);
    const transport = open();
    expect(transport.capabilities.lock).toBe("condition");
    await failureOf(transport.lock("file"));
    expect(transport.capabilities.lock).toBe("none");
    const again = ["lock", "lockInfo"] as const;
    for (const verb of again)
      expect(await asked(server, () => failureOf(transport.clone("dir")[verb]("file")))).toEqual([]);
  });
});

describe("a lock that is an object", () => {
  it("costs two requests, and two to give back, once it is known that the service can keep it", async () => {
    const { server, open } = await openSite();
    const transport = open();
    const first = await asked(server, async () => await (await transport.lock("file")).release());
    // Its place; the proof on an object that nobody knows; then the lock.
    expect(first).toEqual(["GET", "PUT", "PUT", "DELETE", "HEAD", "DELETE", "HEAD", "PUT", "GET", "DELETE"]);
    const second = await asked(server, async () => await (await transport.lock("other")).release());
    expect(second).toEqual(["GET", "PUT", "GET", "DELETE"]);
    expect(server.keys(bucket)).toEqual([]);
  });

  it("is one for many first ones at the same time", async () => {
    const { server, open } = await openSite();
    const transport = open();
    const names = Array.from({ length: 10 }, (_, n) => `file ${n}`);
    const locks = await Promise.all(names.map((name) => transport.lock(name)));
    expect(server.requests.filter(({ method }) => method === "PUT")).toHaveLength(2 + names.length);
    await Promise.all(locks.map((lock) => lock.release()));
    expect(server.keys(bucket)).toEqual([]);
  });

  it("is nobody's where it was given back and could not be deleted, and the next one's then", async () => {
    const { server, open } = await openSite([remove]);
    const [one, other] = [open(), open()];
    const first = await one.lock("file");
    await first.release();
    const left = String(await server.read(bucket, "file.lock"));
    expect(Object.keys(JSON.parse(left) as object)).toEqual(["released"]);
    expect(await other.lockInfo("file")).toBeUndefined();
    const results = await Promise.allSettled([one.lock("file"), other.lock("file"), one.clone().lock("file")]);
    const held = results.filter((result) => result.status === "fulfilled");
    expect(held).toHaveLength(1);
    await first.release();
    await expect(other.lock("file")).rejects.toMatchObject({ code: "locked" });
    await held[0]?.value.release();
    expect(await one.lockInfo("file")).toBeUndefined();
    expect(server.keys(bucket)).toEqual(["file.lock"]);
  });

  it("that is nobody's is taken where it could have been deleted, and is gone after that", async () => {
    const { server, open } = await openSite();
    await server.write(bucket, "file.lock", `{"released":"${randomUUID()}"}\n`);
    await (await open().lock("file")).release();
    expect(server.keys(bucket)).toEqual([]);
  });

  it.each([
    ["words", "of another program", "of another program"],
    ["nothing", "", "unknown holder"],
    ["more than a note is", "x".repeat(5_000), "unknown holder"],
    ["a note without an id", '{"user":"ann"}', "ann@"],
  ])("is held by whoever has %s there, which nothing here touches", async (_what, content, holder) => {
    const { server, open } = await openSite();
    await server.write(bucket, "file.lock", content);
    const transport = open();
    const info = await transport.lockInfo("file");
    expect(info).toMatchObject({ id: "", holder: expect.stringContaining(holder) as string });
    const hint = expect.stringContaining("delete s3://bucket/file.lock") as string;
    await expect(transport.lock("file")).rejects.toMatchObject({ code: "locked", temporary: true, hint });
    if (info === undefined) return;
    await expect(transport.breakLock("file", info)).rejects.toMatchObject({ code: "locked", hint });
    expect(String(await server.read(bucket, "file.lock"))).toBe(content);
  });

  it("is held by whoever has a directory there", async () => {
    const { server, open } = await openSite();
    await server.write(bucket, "file.lock/member", "content");
    const transport = open();
    expect(await transport.lockInfo("file")).toMatchObject({ id: "", holder: expect.stringContaining("directory") });
    await expect(transport.lock("file")).rejects.toMatchObject({ code: "locked" });
    expect(server.keys(bucket)).toEqual(["file.lock/member"]);
  });

  it("of the transport's own directory lies beside it, and one in a directory leaves that there", async () => {
    const { server, open } = await openSite();
    await server.write(bucket, "dir/sub/file", "content");
    const directory = open().clone("dir/sub");
    const lock = await directory.lock("");
    expect(server.keys(bucket)).toEqual(["dir/sub.lock", "dir/sub/file"]);
    await lock.release();
    const inside = await directory.lock("file");
    await directory.delete("file");
    await inside.release();
    expect(server.keys(bucket)).toEqual(["dir/sub/"]);
    await expect(directory.lock("missing/file")).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    [409, "ConditionalRequestConflict"],
    [503, "SlowDown"],
  ])("is taken and given back by another request where one was refused with %i %s", async (status, code) => {
    const site = await openSite();
    const transport = site.open();
    await (await transport.lock("file")).release();
    const conflicts = new Set(["PutObject", "DeleteObject"]);
    site.script = ({ operation = "", key }) =>
      key === "file.lock" && conflicts.delete(operation) ? answered(status, code) : "answer";
    await (await transport.lock("file")).release();
    expect(conflicts.size).toBe(0);
    expect(site.server.keys(bucket)).toEqual([]);
  });

  it("is taken, refused and given back where who may not list is not told that something is missing", async () => {
    const site = await openSite();
    const { server } = site;
    site.script = ({ method, key = "" }) =>
      (method === "GET" || method === "HEAD") && !server.keys(bucket).includes(key)
        ? answered(403, "AccessDenied")
        : "answer";
    const [one, other] = [site.open(), site.open()];
    const lock = await one.lock("file");
    await expect(other.lock("file")).rejects.toMatchObject({ code: "locked" });
    await lock.release();
    expect(await failureOf(other.lockInfo("file"))).toMatchObject({ code: "permission-denied" });
    await (await other.lock("file")).release();
    expect(server.keys(bucket)).toEqual([]);
  });

  it("that the service failed to take is nobody's", async () => {
    const site = await openSite();
    const transport = site.open();
    site.script = ({ key, method }) =>
      key === "file.lock" && method === "PUT" ? answered(500, "InternalError") : "answer";
    expect(await failureOf(transport.lock("file"))).toMatchObject({ code: "unexpected", effect: "none" });
    site.script = () => "answer";
    expect(await transport.lockInfo("file")).toBeUndefined();
    await (await transport.lock("file")).release();
  });

  it("that was given up while it was taken is nobody's, or it is said that it may be ours", async () => {
    const site = await openSite();
    const transport = site.open();
    const enough = new AbortController();
    site.script = ({ key, method }) => {
      if (key === "file.lock" && method === "PUT") enough.abort();
      return "answer";
    };
    const { code, effect } = await failureOf(transport.lock("file", { signal: enough.signal }));
    expect(code).toBe("aborted");
    const info = await transport.lockInfo("file");
    if (effect === "none") expect(info).toBeUndefined();
    else expect(effect).toBe("unknown");
    if (info !== undefined) await transport.breakLock("file", info);
    await (await transport.lock("file")).release();
  });
});

describe.each<[how: string, ignores: readonly S3Condition[]]>([
  ["deleted", []],
  ["replaced", [remove]],
])("a lock that is %s when it is given back", (_how, ignores) => {
  it.each(["drop", "drop-after"] as const)(
    "is one holder's whichever of its requests is lost: %s",
    async (reaction) => {
      const cycle = async (site: Site): Promise<number> => {
        const { server } = site;
        const [transport, other] = [site.open(), site.open()];
        const lock = await transport.lock("dir/file");
        expect(server.keys(bucket)).toEqual(["dir/", "dir/file.lock"]);
        const info = await transport.lockInfo("dir/file");
        expect(info?.pid).toBe(process.pid);
        await lock.release();
        const requests = server.requests.length;
        expect(await other.lockInfo("dir/file")).toBeUndefined();
        await using next = await other.lock("dir/file");
        await expect(transport.lock(next.path)).rejects.toMatchObject({ code: "locked" });
        return requests;
      };
      const whole = await openSite(ignores);
      await whole.server.write(bucket, "dir/", "");
      const steps = await cycle(whole);
      expect(steps).toBeGreaterThan(10);
      for (let step = 0; step < steps; step++) {
        const site = await openSite(ignores);
        await site.server.write(bucket, "dir/", "");
        let seen = 0;
        site.script = () => (seen++ === step ? reaction : "answer");
        await cycle(site);
        expect(seen).toBeGreaterThan(step);
      }
    },
    60_000,
  );
});
