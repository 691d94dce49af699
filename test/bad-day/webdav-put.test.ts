import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import type { ErrorCode, TransportOptions } from "../../src/index.ts";
import type { UploadFault, WebdavServerOptions } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { password } from "./http-day.ts";
import { files, impatient, webdavDays } from "./webdav-day.ts";

const length = 1_000_000;

/** Content that cannot be read a second time. */
async function* once(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < length; sent += 50_000) {
    await delay(0);
    yield Buffer.alloc(50_000, "new");
  }
}

const identity = await generateTlsIdentity();
const trusting: TransportOptions = { tls: { ca: identity.cert } };

const kinds: Record<string, [server: WebdavServerOptions, client?: TransportOptions]> = {
  "that keeps uploads apart": [{}],
  "that writes uploads in place": [{ uploadsInPlace: true }],
  "over HTTP/2": [{ tls: identity, http2: true }, trusting],
};

describe.each(Object.entries(kinds))("a bad day with dav: writing to a server %s", (_kind, [options, client]) => {
  const day = webdavDays(() => options, client);

  const cuts: readonly [what: string, next: UploadFault["next"], code: ErrorCode][] = [
    ["the connection is cut", "drop", "connection-lost"],
    ["nothing more is taken", "silence", "timeout"],
    ["the server has no space", { status: 507 }, "no-space"],
    ["the server forbids it", { status: 403 }, "permission-denied"],
    ["the server fails", { status: 500 }, "unexpected"],
    [
      "the server wants a password",
      { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } },
      "authentication-failed",
    ],
    ["the server says that it is too large", { status: 413, headers: { connection: "close" } }, "no-space"],
    ["the server closes with its answer", { status: 507, headers: { connection: "close" } }, "no-space"],
  ];
  const stages = [0, 100_000, length - 1];
  it.each(cuts.flatMap(([what, next, code]) => stages.map((takes) => [takes, what, next, code] as const)))(
    "after %i bytes %s: the old content stays, and no temporary",
    { timeout: 20_000 },
    async (takes, _what, next, code) => {
      day().answer("PUT", { takes, next });
      const transport = day().transport(next === "silence" ? impatient : {});
      for (const source of [once(), "new".repeat(length / 3 + 1)]) {
        const error = await day().failure(transport.put("file", source), [code], "put");
        expect(error.effect).not.toBe("done");
        expect(day().content("/file")).toBe(files["/file"]);
      }
      await day().works(transport);
      expect(day().content("/file")).toBe(files["/file"]);
      // Who reads no more does not hear that somebody has gone.
      if (next === "silence") day().server.sever();
    },
  );

  it("the source fails in the middle: that is the failure, and nothing is left", async () => {
    const transport = day().transport();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      await delay(20);
      throw new RangeError("the source broke");
    }
    const error: unknown = await transport.put("file", broken()).catch((reason: unknown) => reason);
    expect([error, (error as Error).cause].some((one) => one instanceof RangeError)).toBe(true);
    expect(day().content("/file")).toBe(files["/file"]);
    await day().works(transport);
  });

  it("the caller gives up in the middle: nothing is left", async () => {
    const transport = day().transport();
    const abort = new AbortController();
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      abort.abort();
      await delay(50);
      yield Buffer.alloc(100_000);
    }
    const put = transport.put("file", slow(), { signal: abort.signal });
    await day().failure(put, ["aborted"], "put");
    expect(day().content("/file")).toBe(files["/file"]);
    await day().works(transport);
  });

  it("a source that has nothing to give for a while is waited for", async () => {
    const transport = day().transport({ silenceTimeoutMs: 500 });
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("one, ");
      await delay(1_000);
      yield Buffer.from("and another");
    }
    await transport.put("file", slow());
    expect(day().content("/file")).toBe("one, and another");
  });

  it("the step that puts the file in its place is cut off when it was done: a look tells that it is the new one", async () => {
    day().answer("MOVE", "drop-after");
    const transport = day().transport();
    expect(await transport.put("file", "new")).toBe(3);
    expect(day().content("/file")).toBe("new");
    await day().works(transport);
    expect(day().content("/file")).toBe("new");
  });

  it.each<[string, "drop" | "silence", ErrorCode]>([
    ["is cut off before it was done", "drop", "connection-lost"],
    ["is not answered", "silence", "timeout"],
  ])(
    "the step that puts the file in its place %s: it is the old file or the new one",
    async (_what, reaction, code) => {
      const { witness } = day();
      day().answer("MOVE", reaction);
      const transport = day().transport(reaction === "silence" ? impatient : {});
      await witness.failure(transport.put("file", "new"), { code, operation: "put", effect: "unknown", says: /\w/ });
      expect([files["/file"], "new"]).toContain(day().content("/file"));
      await day().works(transport);
      expect([files["/file"], "new"]).toContain(day().content("/file"));
    },
  );

  it("a hundred puts at once, each of which is cut off once, leave no temporary", { timeout: 20_000 }, async () => {
    const seen = new Set<string>();
    day().on(({ method, target }) => {
      if (method !== "PUT" || seen.has(target)) return "answer";
      seen.add(target);
      return { takes: 3, next: "drop" };
    });
    const transport = day().transport({ connections: 4, leaseTimeoutMs: 20_000 });
    const puts = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => transport.put(`many-${n}`, `content ${n}`)),
    );
    for (const [n, put] of puts.entries())
      if (put.status === "fulfilled") expect(day().content(`/many-${n}`)).toBe(`content ${n}`);
      else expect(put.reason).toMatchObject({ code: "connection-lost" });
    await day().works(transport);
  });
});

describe("a bad day with dav: who writes", () => {
  const users = { joe: password };

  describe("with Basic", () => {
    const day = webdavDays(() => ({ login: { scheme: "basic", users } }));

    it("is asked in the middle of the first upload: the source is read once, and the file is whole", async () => {
      const transport = day().transport({ user: "joe", password });
      await transport.put("file", once());
      expect(day().content("/file")).toHaveLength(length);
    });

    it("with a wrong password gets no further than that, and nothing is left", async () => {
      const transport = day().transport({ user: "joe", password: "wrong" });
      await day().witness.failure(transport.put("file", once()), {
        code: "authentication-failed",
        operation: "put",
        says: /refuses the user and the password/,
      });
      expect(day().content("/file")).toBe(files["/file"]);
      const before = day().server.requests.length;
      await Promise.allSettled(Array.from({ length: 20 }, () => transport.put("file", "x")));
      const tried = day()
        .server.requests.slice(before)
        .filter(({ headers }) => headers["authorization"] !== undefined);
      expect(tried).toEqual([]);
    });
  });

  describe("with Digest, on a server whose nonces hold for one request", () => {
    const day = webdavDays(() => ({ login: { scheme: "digest", users, usesPerNonce: 1 } }));

    it("puts bytes and streams all the same", async () => {
      const transport = day().transport({ user: "joe", password });
      await transport.put("file", "x".repeat(100_000));
      expect(day().content("/file")).toHaveLength(100_000);
      await transport.mkdir("made");
      expect((await transport.stat("made")).type).toBe("directory");
    });
  });
});

describe("a bad day with dav: a server that never says 100 Continue", () => {
  const day = webdavDays(() => ({ continues: false }));

  it("gets its uploads all the same", async () => {
    await day().transport().put("file", once());
    expect(day().content("/file")).toHaveLength(length);
  });
});
