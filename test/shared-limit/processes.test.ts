import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { ensureBuilt } from "../process/built-package.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { RedisServer } from "../servers/redis.ts";
import { startRedis } from "../servers/redis.ts";
import type { VsftpdServer } from "../servers/vsftpd.ts";
import { startVsftpd } from "../servers/vsftpd.ts";

const program = fileURLToPath(new URL("transfer.mjs", import.meta.url));
const most = 4;
const each = 200;

/** One of those who transfer, in a process of its own. */
class Worker {
  readonly there = new Set<number>();
  readonly failures: string[] = [];
  wires: number | undefined;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<unknown>;

  constructor(server: VsftpdServer, redis: RedisServer, files: readonly number[]) {
    const limit = { limit: most, permitMs: 2_000, turnMs: 300 };
    const options = { url: server.url(), password: server.password, redis: redis.url, files, limit };
    this.#child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] });
    this.ended = once(this.#child, "close");
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.failures.push(text));
    createInterface(this.#child.stdout).on("line", (line) => {
      const [word, number] = line.split(" ");
      if (word === "there") this.there.add(Number(number));
      else if (word === "wires") this.wires = Number(number);
      else this.failures.push(line);
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

const servers = hasProgram("vsftpd") && hasProgram("redis");
const title = titleNeeding("vsftpd", titleNeeding("redis", `three processes that share a limit of ${most}`));

describe.runIf(servers)(title, () => {
  let server: VsftpdServer;
  let redis: RedisServer;
  let workers: Worker[];
  let sampling: NodeJS.Timeout;
  let mostSessions: number;
  const figures: string[] = [];

  beforeAll(ensureBuilt, 120_000);
  beforeEach(async () => {
    // The session of who is killed between the command and its data connection is waited for: a minute, unless told otherwise.
    const config = ["accept_timeout=5"];
    [server, redis] = await Promise.all([startVsftpd({ maxClients: most, config }), startRedis()]);
    workers = [];
    mostSessions = 0;
    sampling = setInterval(() => (mostSessions = Math.max(mostSessions, server.openConnections)), 200);
  });
  afterEach(async () => {
    clearInterval(sampling);
    for (const worker of workers) worker.kill();
    await Promise.all([...workers.map(({ ended }) => ended), server.stop(), redis.stop()]);
  });
  afterAll(() => void process.stdout.write(`\nA limit of ${most}, shared\n${figures.join("\n")}\n`));

  const start = (files: readonly number[]): Worker => {
    const worker = new Worker(server, redis, files);
    workers.push(worker);
    return worker;
  };

  const note = (what: string, startedAt: number): void => {
    const wires = workers.map((worker) => worker.wires ?? "killed").join(", ");
    const took = ((performance.now() - startedAt) / 1_000).toFixed(1);
    figures.push(
      `  ${what}: ${server.logins} logins (${wires}), at most ${mostSessions} sessions at once, ${server.refused} refused, ${took} s`,
    );
  };

  function expectAllThere(): void {
    for (const file of numbers(0, 3 * each))
      expect(readFileSync(join(server.root, `file-${file}`), "utf8")).toBe(`content of ${file}\n`.repeat(100));
  }

  const permits = async (): Promise<number> => {
    const [key] = (await redis.ask("KEYS", "*:permits")) as string[];
    return key === undefined ? 0 : ((await redis.ask("ZCARD", key)) as number);
  };

  it(`make ${3 * each} transfers, and none of them hears that there are too many`, async () => {
    const startedAt = performance.now();
    for (const from of [0, each, 2 * each]) start(numbers(from, each));
    await Promise.all(workers.map(({ ended }) => ended));
    note(`${3 * each} transfers of three processes`, startedAt);
    expect(workers.flatMap(({ failures }) => failures)).toEqual([]);
    expect(workers.map(({ there }) => there.size)).toEqual([each, each, each]);
    expectAllThere();
    expect(mostSessions).toBeGreaterThan(0);
    expect(mostSessions).toBeLessThanOrEqual(most);
    // They ended by themselves, their connections and that to Redis open: what they had runs out.
    await expect.poll(permits).toBe(0);
  }, 120_000);

  it("lose nothing when one of them is killed: another one does the rest, when its permits have run out", async () => {
    const startedAt = performance.now();
    for (const from of [0, each, 2 * each]) start(numbers(from, each));
    const [victim, ...others] = workers as [Worker, Worker, Worker];
    await expect.poll(() => victim.there.size, { interval: 2, timeout: 20_000 }).toBeGreaterThan(10);
    victim.kill();
    await victim.ended;
    const rest = numbers(0, each).filter((file) => !victim.there.has(file));
    const heir = start(rest);
    await Promise.all(workers.map(({ ended }) => ended));
    note(`the same, one killed after ${victim.there.size} of its ${each}`, startedAt);
    expect(workers.flatMap(({ failures }) => failures)).toEqual([]);
    expect(victim.there.size + heir.there.size).toBe(each);
    expect(others.map(({ there }) => there.size)).toEqual([each, each]);
    expectAllThere();
    expect(mostSessions).toBeLessThanOrEqual(most);
    await expect.poll(permits).toBe(0);
  }, 120_000);
});
