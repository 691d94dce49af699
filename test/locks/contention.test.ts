import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { ensureBuilt } from "../process/built-package.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { Contenders } from "./contenders.ts";
import type { LockSite } from "./lock-site.ts";
import { lockSubjects } from "./lock-site.ts";

let logs: string;

beforeAll(async () => {
  await ensureBuilt();
  logs = mkdtempSync(join(tmpdir(), "samewire-contention-"));
}, 120_000);

afterAll(() => rmSync(logs, { recursive: true }));

for (const [name, { program, open, processes = 5 }] of Object.entries(lockSubjects)) {
  const runs = program === undefined || hasProgram(program);
  describe.runIf(runs)(program === undefined ? name : titleNeeding(program, name), () => {
    let site: LockSite;
    let transport: Transport;
    let contenders: Contenders;

    beforeAll(async () => {
      site = await open();
      transport = getTransport(site.url, undefined, site.options);
      contenders = new Contenders(site);
    });

    afterAll(async () => {
      await transport?.disconnect();
      await site?.close();
    });

    it(`is one lock for ${processes} processes: never two have it`, async () => {
      const rounds = 2;
      await transport.put("counter", "0");
      const log = join(logs, encodeURIComponent(name));
      await contenders.count(processes, rounds, log);
      expect(Number(await transport.getBytes("counter"))).toBe(processes * rounds);
      const lines = readFileSync(log, "utf8").trimEnd().split("\n");
      expect(lines).toHaveLength(2 * processes * rounds);
      for (let at = 0; at < lines.length; at += 2) {
        expect(lines[at]).toMatch(/^enter /);
        expect(lines[at + 1]).toBe(lines[at]?.replace("enter", "leave"));
      }
      expect(await transport.lockInfo("shared")).toBeUndefined();
    }, 60_000);

    it("names a holder that was killed, to whom only breakLock puts an end", async () => {
      const before = Date.now();
      const pid = await contenders.killedHolder();
      await expect(transport.lock("shared", { waitMs: 300 })).rejects.toMatchObject({
        code: "locked",
        temporary: true,
        message: expect.stringContaining(`process ${pid}`) as string,
        hint: expect.stringContaining("breakLock") as string,
      });
      const info = await transport.lockInfo("shared");
      if (info === undefined) throw new Error("nobody holds it");
      expect(info).toMatchObject({ pid, host: hostname(), program: expect.any(String) as string });
      expect(Math.abs(Number(info.since) - before)).toBeLessThan(30_000);
      await transport.breakLock("shared", info);
      expect(await transport.lockInfo("shared")).toBeUndefined();

      const lock = await transport.lock("shared");
      await expect(transport.breakLock("shared", info)).rejects.toMatchObject({
        code: "locked",
        operation: "breakLock",
      });
      expect(await transport.lockInfo("shared")).toMatchObject({ pid: process.pid });
      await lock.release();
      await expect(transport.breakLock("shared", info)).rejects.toMatchObject({ code: "not-found" });
    });
  });
}

describe("a process that is killed while it takes a lock and gives it back", () => {
  it("leaves it free, or held with its note", async () => {
    const site = await (lockSubjects["file:"] as (typeof lockSubjects)[string]).open();
    const transport = getTransport(site.url);
    try {
      const contenders = new Contenders(site);
      for (const afterMs of [1, 8, 30]) {
        const pid = await contenders.killedLooper(afterMs);
        const info = await transport.lockInfo("shared");
        if (info !== undefined) {
          expect(info.pid).toBe(pid);
          await transport.breakLock("shared", info);
        }
        await (await transport.lock("shared")).release();
      }
    } finally {
      await site.close();
    }
  });
});
