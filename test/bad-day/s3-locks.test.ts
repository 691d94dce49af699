import { describe, expect, it } from "vitest";

import type { S3OperationName } from "../../src/testing.ts";
import { bucket, refusal, s3Days } from "./s3-day.ts";

describe("a bad day with s3: a lock", () => {
  const day = s3Days();
  const keys = (): readonly string[] => day().server.keys(bucket);

  /** Once an operation is asked for it comes to a refusal, after whatever is done before that. */
  function failsOnce(operation: S3OperationName, status: 500 | 503, first: () => Promise<unknown> = nothing): void {
    day().on(operation, async () => {
      day().on(operation, undefined);
      await first();
      return refusal(status, status === 500 ? "InternalError" : "SlowDown");
    });
  }

  it.each(["PutObject", "HeadObject", "DeleteObject"] as const)(
    "whose proof fails at %s is not taken, leaves nothing, and is proven the next time",
    async (operation) => {
      const transport = day().transport();
      failsOnce(operation, 500);
      await day().witness.failure(transport.lock("file"), {
        code: "unexpected",
        operation: "lock",
        temporary: true,
        says: /failed/,
      });
      expect(keys()).toEqual([]);
      await (await transport.lock("file")).release();
      expect(keys()).toEqual([]);
    },
  );

  it.each(["PutObject", "HeadObject", "GetObject", "DeleteObject"] as const)(
    "is taken and given back where the service is busy at %s",
    async (operation) => {
      const transport = day().transport();
      failsOnce(operation, 503);
      const lock = await transport.lock("file");
      expect(keys()).toEqual(["file.lock"]);
      failsOnce(operation, 503);
      await lock.release();
      expect(keys()).toEqual([]);
    },
  );

  it("at which the service fails is not taken", async () => {
    const transport = day().transport();
    await (await transport.lock("other")).release();
    failsOnce("PutObject", 500);
    await day().witness.failure(transport.lock("file"), { code: "unexpected", operation: "lock", says: /failed/ });
    expect(keys()).toEqual([]);
    await (await transport.lock("file")).release();
  });

  it.each([
    ["GetObject", "none"],
    ["DeleteObject", "unknown"],
  ] as const)(
    "that could not be given back, because the service failed at %s, is given back the next time",
    async (operation, effect) => {
      const lock = await day().transport().lock("file");
      failsOnce(operation, 500);
      await day().witness.failure(lock.release(), { code: "unexpected", operation: "lock", effect, says: /failed/ });
      expect(keys()).toEqual(["file.lock"]);
      await lock.release();
      expect(keys()).toEqual([]);
    },
  );

  it("that was given back although the service says that it failed was not broken by anybody", async () => {
    // By the time that it is answered it was done, on another connection.
    const transport = day().transport({ connections: 2 });
    const lock = await transport.lock("file");
    failsOnce("DeleteObject", 500, () => transport.delete("file.lock"));
    const expected = { code: "unexpected", operation: "lock", effect: "unknown", says: /failed/ } as const;
    await day().witness.failure(lock.release(), expected);
    expect(keys()).toEqual([]);
    await lock.release();
  });

  it("that cannot be broken while the service fails is broken later, and lets itself be looked at", async () => {
    const transport = day().transport();
    await transport.lock("file");
    failsOnce("GetObject", 500);
    await day().witness.failure(transport.lockInfo("file"), {
      code: "unexpected",
      operation: "lockInfo",
      says: /failed/,
    });
    const info = (await transport.lockInfo("file")) ?? expect.unreachable("nobody holds it");
    failsOnce("DeleteObject", 500);
    await day().witness.failure(transport.breakLock("file", info), {
      code: "unexpected",
      operation: "breakLock",
      effect: "unknown",
      says: /failed/,
    });
    await transport.breakLock("file", info);
    expect(keys()).toEqual([]);
  });
});

async function nothing(): Promise<void> {
  await Promise.resolve();
}
