import { describe, expect, it } from "vitest";

import type { Lock } from "../../src/index.ts";
import { isTransportError } from "../../src/index.ts";
import { embeddedDavSite } from "./embedded-dav.ts";
import { embeddedFtpSite } from "./embedded-ftp.ts";
import { embeddedS3Site } from "./embedded-s3.ts";
import { embeddedSftpSite } from "./embedded-sftp.ts";
import type { RepetitionSite, Step, When } from "./repetition-site.ts";

const never = (): Promise<boolean> => Promise.resolve(false);
const moments = ["before", "after"] as const satisfies readonly When[];

async function at(open: () => Promise<RepetitionSite>, test: (site: RepetitionSite) => Promise<void>): Promise<void> {
  const site = await open();
  try {
    await test(site);
  } finally {
    await site.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => expect.unreachable("it resolved"),
    (reason: unknown) => reason,
  );
}

const directories = { sftp: () => embeddedSftpSite(), ftp: embeddedFtpSite };
describe.each(Object.entries(directories))("a lock that is a directory, over %s", (_scheme, open) => {
  const lock = (site: RepetitionSite, step: Step, when: When) =>
    site.cut(step, when, () => site.transport.lock("file"), never);

  it.each(moments)("is held whose note was cut off %s it was written, and is given back", async (when) => {
    await at(open, async (site) => {
      const held = await lock(site, "note", when);
      await expect(site.transport.lock("file")).rejects.toMatchObject({ code: "locked" });
      await held.release();
      expect(await site.names()).toEqual([]);
    });
  });

  it.each(moments)("is held where it was cut off %s it was taken, once, and is given back", async (when) => {
    await at(open, async (site) => {
      const held = await lock(site, "lock", when);
      expect(await site.names()).toEqual(["file.lock", expect.stringMatching(/^file\.lock\/holder-[0-9a-f-]+\.json$/)]);
      await expect(site.transport.lock("file")).rejects.toMatchObject({ code: "locked" });
      await held.release();
      expect(await site.names()).toEqual([]);
    });
  });

  it("is somebody else's where it has a note in it", async () => {
    await at(open, async (site) => {
      await site.seedDirectory("file.lock");
      await site.seed("file.lock/holder.json", '{"user":"ann","host":"there","pid":7,"since":"today","id":"x"}');
      await expect(lock(site, "list", "before")).rejects.toMatchObject({
        code: "locked",
        effect: "none",
        message: expect.stringMatching(/ann/) as string,
      });
      expect(await site.names()).toEqual(["file.lock", "file.lock/holder.json"]);
    });
  });

  it.each(moments)("is given back where that was cut off %s it was done", async (when) => {
    await at(open, async (site) => {
      for (const step of ["remove the note", "unlock"] as const) {
        const held = await site.transport.lock("file");
        await site.cut(step, when, () => held.release(), never);
        expect(await site.names()).toEqual([]);
      }
    });
  });

  it.each(moments)("is broken where that was cut off %s it was done", async (when) => {
    await at(open, async (site) => {
      const held = await site.transport.lock("file");
      const info = await site.cut("list", "before", () => site.transport.lockInfo("file"), never);
      if (info === undefined) throw new Error("nobody holds it");
      await site.cut("remove the note", when, () => site.transport.breakLock("file", info), never);
      expect(await site.names()).toEqual([]);
      await expect(held.release()).rejects.toMatchObject({ code: "locked", operation: "lock" });
    });
  });
});

describe("a lock that the server keeps, over dav", () => {
  it.each(moments)("is held where it was cut off %s it was taken, once, and is given back", async (when) => {
    await at(embeddedDavSite, async (site) => {
      await site.seed("file", "content");
      const held = await site.cut("lock", when, () => site.transport.lock("file"), never);
      expect(site.count("lock")).toBe(when === "after" ? 1 : 2);
      await expect(site.transport.lock("file")).rejects.toMatchObject({ code: "locked" });
      await held.release();
      await using again = await site.transport.lock("file");
      expect(again.path).toBe("file");
    });
  });

  it.each(moments)("is given back where that was cut off %s it was done", async (when) => {
    await at(embeddedDavSite, async (site) => {
      await site.seed("file", "content");
      const held = await site.transport.lock("file");
      const unlocks = site.count("unlock") ?? 0;
      await site.cut("unlock", when, () => held.release(), never);
      expect((site.count("unlock") ?? 0) - unlocks).toBe(when === "after" ? 1 : 2);
      await using again = await site.transport.lock("file");
      expect(again.path).toBe("file");
    });
  });

  it("is not ours where somebody else has it", async () => {
    await at(embeddedDavSite, async (site) => {
      await site.seed("file", "content");
      await using held = await site.transport.lock("file");
      const error = await failureOf(site.cut("lock", "before", () => site.transport.clone().lock("file"), never));
      if (!isTransportError(error)) throw error;
      expect(error).toMatchObject({ code: "locked", operation: "lock" });
      await held.release();
    });
  });
});

const endings = {
  deleted: { open: () => embeddedS3Site(), end: "unlock", left: [] },
  replaced: { open: () => embeddedS3Site(["DeleteObject If-Match"]), end: "lock", left: ["file.lock"] },
} as const;
describe.each(Object.entries(endings))(
  "a lock that is an object over s3, %s in the end",
  (_how, { open, end, left }) => {
    const sent = async (site: RepetitionSite, step: Step, work: () => Promise<unknown>): Promise<number> => {
      const before = site.count(step) ?? 0;
      await work();
      return (site.count(step) ?? 0) - before;
    };

    it.each(moments)("is held where it was cut off %s it was taken, once, and is given back", async (when) => {
      await at(open, async (site) => {
        await (await site.transport.lock("other")).release();
        let held: Lock | undefined;
        const requests = await sent(site, "lock", async () => {
          held = await site.cut("lock", when, () => site.transport.lock("file"), never);
        });
        expect(requests).toBe(when === "after" ? 1 : 2);
        await expect(site.transport.lock("file")).rejects.toMatchObject({ code: "locked" });
        await held?.release();
        expect((await site.names()).filter((name) => name !== "other.lock")).toEqual(left);
        await using again = await site.transport.lock("file");
        expect(again.path).toBe("file");
      });
    });

    it.each(moments)("is given back where that was cut off %s it was done", async (when) => {
      await at(open, async (site) => {
        const held = await site.transport.lock("file");
        const requests = await sent(site, end, () => site.cut(end, when, () => held.release(), never));
        expect(requests).toBe(when === "after" ? 1 : 2);
        expect(await site.names()).toEqual(left);
        expect(await site.transport.lockInfo("file")).toBeUndefined();
      });
    });

    it.each(moments)("is broken where that was cut off %s it was done", async (when) => {
      await at(open, async (site) => {
        const held = await site.transport.lock("file");
        const info = await site.cut("see the lock", "before", () => site.transport.lockInfo("file"), never);
        if (info === undefined) throw new Error("nobody holds it");
        await site.cut(end, when, () => site.transport.breakLock("file", info), never);
        expect(await site.names()).toEqual(left);
        await expect(held.release()).rejects.toMatchObject({ code: "locked", operation: "lock" });
      });
    });

    it("is not ours where somebody else has it", async () => {
      await at(open, async (site) => {
        await using held = await site.transport.lock("file");
        const failed = site.cut("lock", "before", () => site.transport.clone().lock("file"), never);
        expect(await failureOf(failed)).toMatchObject({ code: "locked", operation: "lock", effect: "none" });
        await held.release();
      });
    });
  },
);
