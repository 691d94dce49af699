import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

import { afterEach, describe, expect, it } from "vitest";

import type { WorkersOptions } from "../../examples/workers/workers.ts";
import { Workers } from "../../examples/workers/workers.ts";

const program = fileURLToPath(new URL("../../examples/workers/worker.mjs", import.meta.url));

describe("worker processes as wires:", () => {
  const open: Workers[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((workers) => workers[Symbol.asyncDispose]()));
  });

  function start(options: Partial<WorkersOptions> = {}): Workers {
    const workers = new Workers({ command: [process.execPath, program], processes: 2, inFlight: 8, ...options });
    open.push(workers);
    return workers;
  }

  function isAlive(pid: unknown): boolean {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  }

  it("hundreds of requests at once are done by as many processes as there may be, each answer its own", async () => {
    const workers = start();
    const texts = Array.from({ length: 300 }, (_, n) => `text ${n}`);
    const digests = await Promise.all(texts.map((text) => workers.call("sha256", { text })));
    expect(digests).toEqual(texts.map((text) => createHash("sha256").update(text).digest("hex")));
    expect(workers.report().wiresOpened).toBeLessThanOrEqual(2);
  });

  it("one process has many requests in flight, and answers the quick one first", async () => {
    const workers = start({ processes: 1 });
    const order: string[] = [];
    await Promise.all([
      workers.call("sleep", { ms: 300 }).then(() => order.push("slow")),
      workers.call("ping").then(() => order.push("quick")),
    ]);
    expect(order).toEqual(["quick", "slow"]);
    expect(workers.report().wiresOpened).toBe(1);
  });

  it("a process that dies is replaced; what it was doing is told, or done again where that was said to be the same", async () => {
    const workers = start({ processes: 1 });
    const first = await workers.call("pid");
    await expect(workers.call("die")).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
    const second = await workers.call("pid");
    expect(second).not.toBe(first);
    await expect(workers.call("die", undefined, { repeatable: true })).rejects.toMatchObject({
      code: "connection-lost",
    });
    expect(workers.report()).toMatchObject({ wiresOpened: 3, wiresLost: 3 });
  });

  it("a process that says nonsense is ended, and the next call has another one", async () => {
    const workers = start({ processes: 1 });
    const pid = await workers.call("pid");
    await expect(workers.call("garble")).rejects.toMatchObject({ code: "protocol-error" });
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await workers.call("ping")).toBe("pong");
  });

  it("a request that is never answered ends by its limit, and the others go on", async () => {
    const workers = start({ processes: 1, limits: { silenceTimeoutMs: 1_500 } });
    const silent = workers.call("silence");
    let isOver = false;
    const chatter = (async () => {
      while (!isOver) expect(await workers.call("sleep", { ms: 30 })).toBeTypeOf("number");
    })();
    await expect(silent).rejects.toMatchObject({ code: "timeout" });
    isOver = true;
    await chatter;
    expect(workers.report().wiresOpened).toBe(1);
  });

  it("what a worker refuses is its own word, and harms nobody", async () => {
    const workers = start();
    await expect(workers.call("fly")).rejects.toMatchObject({ message: expect.stringContaining("no method fly") });
    const hostile = { __proto__: null, text: '\n\u2028"\\' };
    expect(await workers.call("echo", hostile)).toEqual(hostile);
  });

  it("a program that is not there, or that ends at once, is told", async () => {
    for (const command of [["/nowhere/at/all"], [process.execPath, "-e", "process.exit(4)"]] as const)
      await expect(start({ command: [command[0], ...command.slice(1)] }).call("ping")).rejects.toMatchObject({
        code: "connection-lost",
      });
  });

  it("processes end when they are disposed of", async () => {
    const workers = start();
    const pids = await Promise.all([workers.call("sleep", { ms: 50 }), workers.call("pid")]);
    await workers[Symbol.asyncDispose]();
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
    await expect(workers.call("ping")).rejects.toMatchObject({ code: "closed" });
  });
});
