import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { MessageChannel, Worker } from "node:worker_threads";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { ProgramLending, TransportOptions } from "../../src/index.ts";
import { TransportScope, getTransport, lend, lendToPrograms } from "../../src/index.ts";
import type { SftpServer } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";
import type { Outcome } from "../cli/built-command.ts";
import { BuiltCommand, outcomeOf } from "../cli/built-command.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { libraryOf, startLender } from "./lender-process.ts";

/** A busy machine takes its time. */
const patiently = { timeout: 20_000 };

let built: BuiltCommand;
let server: SftpServer;
let scope: TransportScope;
let url: string;
let options: TransportOptions;

beforeAll(async () => {
  built = await BuiltCommand.build();
});

afterAll(() => built[Symbol.dispose]());

beforeEach(async () => {
  built.empty();
  server = await startSftpServer();
  scope = new TransportScope();
  url = `sftp://${server.user}@127.0.0.1:${server.port}/~/`;
  const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
  options = { password: server.password, ssh: { config: null, agent: null, identityFile: null, hostKeyFingerprints } };
  await scope.getTransport(url, options).put("file", "content");
});

afterEach(async () => {
  await scope.close();
  await server.close();
});

/** A program that has the library, and `mine`: the lent directory as it was borrowed. */
function start(text: string, env: NodeJS.ProcessEnv, channel: "pipe" | "ignore" = "ignore"): ChildProcess {
  const program = `
    import { borrow, getTransport } from ${JSON.stringify(libraryOf(built))};
    const borrowed = await borrow();
    const mine = getTransport(${JSON.stringify(url)}, borrowed);
    ${text}
  `;
  return spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env: { ...built.env, ...env },
    stdio: ["ignore", "pipe", "pipe", channel],
    // Far above what ending by itself takes.
    timeout: 25_000,
  });
}

/** The first words of a program. */
async function wordsOf({ stdout }: ChildProcess): Promise<string> {
  for await (const chunk of stdout as AsyncIterable<Buffer>) return String(chunk);
  return "";
}

async function lendHere(): Promise<ProgramLending> {
  return await lendToPrograms(scope.getTransport(url, options));
}

describe("a program that borrows", () => {
  it("uses the lender's wire, as do all others, and ends by itself", async () => {
    await using lending = await lendHere();
    const text = `console.log(String(await mine.getBytes("file")));`;
    const outcomes = await Promise.all([1, 2, 3].map(() => outcomeOf(start(text, lending.env))));
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ code: 0, stdout: "content\n", stderr: "" })));
    expect(server.accepted).toBe(1);
    await expect.poll(() => lending.reports(), patiently).toEqual([]);
  });

  it("ends by itself with a stream that it does not read, and with a lock that it holds, which is given back", async () => {
    await scope.getTransport(url, options).put("large", Buffer.alloc(8 * 1024 * 1024));
    await using lending = await lendHere();
    const text = `await mine.get("large"); await mine.openWriteStream("new"); await mine.lock("file"); console.log("done");`;
    expect(await outcomeOf(start(text, lending.env))).toEqual({ code: 0, stdout: "done\n", stderr: "" });
    await expect.poll(() => lending.reports(), patiently).toEqual([]);
    await (await scope.getTransport(url, options).lock("file")).release();
    expect(server.tree.openFiles).toBe(0);
  });

  it("is told, and can end, when its lender is gone", async () => {
    const lending = await lendHere();
    await using _held = await scope.getTransport(url, options).lock("held");
    const child = start(
      `
        const pending = [mine.lock("held", { waitMs: 1e9 }), mine.put("new", (async function* () {
          yield Buffer.from("begun");
          console.log("begun");
          await new Promise(() => setTimeout(() => undefined, 1e9).unref());
        })())];
        for (const { reason } of await Promise.allSettled(pending)) console.log(reason.code, reason.effect);
        console.log((await mine.stat("file").catch((error) => error)).code);
      `,
      lending.env,
    );
    const outcome = outcomeOf(child);
    await expect.poll(() => lending.reports().map(({ bytesWritten }) => bytesWritten), patiently).toEqual([5]);
    await lending.close();
    expect(await outcome).toMatchObject({
      code: 0,
      stdout: "begun\nconnection-lost unknown\nconnection-lost unknown\nconnection-lost\n",
    });
    expect(existsSync(dirname(lending.env.SAMEWIRE_LENT))).toBe(process.platform === "win32");
    expect(await scope.getTransport(url, options).has("new")).toBe(false);
  });

  it("that is killed in the middle of a put leaves the old content and no temporary", async () => {
    await using lending = await lendHere();
    const child = start(
      `
        await mine.put("file", (async function* () {
          yield Buffer.alloc(100_000);
          console.log("begun");
          setInterval(() => undefined, 1_000);
          await new Promise(() => undefined);
        })());
      `,
      lending.env,
    );
    expect(await wordsOf(child)).toBe("begun\n");
    child.kill("SIGKILL");
    await expect.poll(() => lending.reports(), patiently).toEqual([]);
    const transport = scope.getTransport(url, options);
    expect(String(await transport.getBytes("file"))).toBe("content");
    const names: string[] = [];
    for await (const { name } of transport.list()) names.push(name);
    expect(names).toEqual(["file"]);
    expect(server.accepted).toBe(1);
  });

  it("may have a pipe of its own for it", async () => {
    const child = start(
      `console.log(String(await mine.getBytes("file")), process.env.SAMEWIRE_LENT);`,
      { SAMEWIRE_LENT: "fd:3" },
      "pipe",
    );
    const lending = lend(scope.getTransport(url, options), child.stdio[3] as Duplex);
    expect(await outcomeOf(child)).toEqual({ code: 0, stdout: "content undefined\n", stderr: "" });
    await lending.ended;
  });

  it("may be a thread, and is gone when that is ended", async () => {
    const { port1, port2 } = new MessageChannel();
    const lending = lend(scope.getTransport(url, options), port1);
    const text = `
      const { parentPort, workerData } = require("node:worker_threads");
      import(${JSON.stringify(libraryOf(built))}).then(async ({ borrow, getTransport }) => {
        const mine = getTransport(${JSON.stringify(url)}, await borrow(workerData));
        const lock = await mine.lock("file");
        parentPort.postMessage([String(await mine.getBytes("file")), lock.path]);
        setInterval(() => undefined, 1_000);
      });
    `;
    const worker = new Worker(text, { eval: true, workerData: port2, transferList: [port2] });
    const [answer] = (await once(worker, "message")) as [unknown];
    expect(answer).toEqual(["content", "file"]);
    await worker.terminate();
    await lending.ended;
    expect(lending.report()).toMatchObject({ open: 0, ended: { code: "connection-lost" } });
    await (await scope.getTransport(url, options).lock("file")).release();
    expect(server.accepted).toBe(1);
  });

  it("says what is missing where nobody lends anything", async () => {
    const outcome = await outcomeOf(start("", {}));
    expect(outcome.stderr).toMatch(/\[connection-failed\] nothing is lent to this process.*samewire lend/);
    const gone = await outcomeOf(start("", { SAMEWIRE_LENT: built.file("gone") }));
    expect(gone.stderr).toMatch(/\[connection-failed\] the lender is gone/);
  });
});

describe("a borrower", () => {
  it("is told at once, of everything, when its lender is killed", async () => {
    const lender = await startLender(built, { url, options });
    const mine = getTransport(url, lender.borrowed);
    await mine.put("large", Buffer.alloc(8 * 1024 * 1024));
    const stream = await mine.get("large");
    const writer = await mine.openWriteStream("other");
    const failures = [stream, writer].map((one) => new Promise((resolve) => one.once("error", resolve)));
    await using _held = await scope.getTransport(url, options).lock("held");
    const calls = Promise.allSettled([mine.lock("held", { waitMs: 1e9 }), mine.getBytes("large")]);
    lender.child.kill("SIGKILL");
    const settled = (await calls).map((result) => (result.status === "rejected" ? (result.reason as object) : result));
    expect(settled).toMatchObject([
      { code: "connection-lost", effect: "unknown", operation: "lock" },
      { code: "connection-lost", effect: "none", operation: "getBytes" },
    ]);
    expect(await Promise.all(failures)).toMatchObject([
      { code: "connection-lost", effect: "none" },
      { code: "connection-lost", effect: "unknown" },
    ]);
    await expect(mine.stat("")).rejects.toMatchObject({ code: "connection-lost", effect: "none" });
  });
});

describe("samewire lend", () => {
  const node = process.execPath;

  function lendArgs(...rest: string[]): string[] {
    const location = url.replace("@", `:${server.password}@`);
    const [fingerprint = ""] = server.hostKeys.map((key) => fingerprintOf(key.public));
    return ["lend", "-q", "-F", "none", "--host-key", fingerprint, location, ...rest];
  }

  async function samewire(...args: string[]): Promise<Outcome> {
    return await built.run(args, { env: { AWS_SECRET_ACCESS_KEY: "hush", SSH_AUTH_SOCK: "/no/agent", KEPT: "kept" } });
  }

  it("lets commands use its connection that know no password", async () => {
    const before = server.accepted;
    const script = `"$0" "$1" cat ${url}file && echo more | "$0" "$1" put ${url}dir/new -p && "$0" "$1" ls ${url} & "$0" "$1" cp -r ${url}file ${url}copy; wait`;
    const outcome = await samewire(...lendArgs("--", "sh", "-c", script, node, built.main));
    expect(outcome).toEqual({ code: 0, stderr: "", stdout: expect.stringMatching(/^content(?:copy\n)?dir\nfile\n$/) });
    expect(server.accepted - before).toBe(1);
    expect(String(await scope.getTransport(url, options).getBytes("copy"))).toBe("content");
  });

  it("gives its program neither passwords nor the agent, and all else of the environment", async () => {
    const outcome = await samewire(...lendArgs("--", node, "-p", "JSON.stringify(process.env)"));
    const env = JSON.parse(outcome.stdout) as NodeJS.ProcessEnv;
    expect(env).toMatchObject({ KEPT: "kept", SAMEWIRE_LENT: expect.any(String) });
    expect(Object.keys(env)).not.toContain("AWS_SECRET_ACCESS_KEY");
    expect(Object.keys(env)).not.toContain("SSH_AUTH_SOCK");
    expect(outcome.stdout).not.toContain(server.password);
  });

  it("lends for reading, and over the program's own stdio, where that is asked for", async () => {
    const program = `
      import { borrow, getTransport } from ${JSON.stringify(libraryOf(built))};
      const mine = getTransport(${JSON.stringify(url)}, await borrow());
      const failure = await mine.delete("file").catch((error) => error);
      console.error(String(await mine.getBytes("file")), failure.code);
    `;
    const args = ["--readonly", "--stdio", "--", node, "--input-type=module", "--eval", program];
    expect(await samewire(...lendArgs(...args))).toEqual({ code: 0, stdout: "", stderr: "content read-only\n" });
  });

  it("ends as its program does", async () => {
    expect((await samewire("lend", ".", "--", "sh", "-c", "exit 7")).code).toBe(7);
    expect((await samewire("lend", ".", "--", "sh", "-c", "kill -KILL $$")).code).toBe(137);
    const missing = await samewire("lend", ".", "--", "no-such-program");
    expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining("no-such-program") });
    expect((await samewire("lend", ".")).stderr).toMatch(/no program behind --/);
    expect((await samewire("lend", "missing", "--", "sh")).code).toBe(1);
  });

  it("passes signals on, and leaves nothing behind", async () => {
    const text = `process.on("SIGTERM", () => process.exit(9)); console.log(process.env.SAMEWIRE_LENT); setInterval(() => {}, 1e6);`;
    const child = built.start(["lend", ".", "--", node, "-e", text]);
    const socket = (await wordsOf(child)).trim();
    expect(existsSync(dirname(socket))).toBe(true);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(9);
    expect(existsSync(dirname(socket))).toBe(false);
  });
});
