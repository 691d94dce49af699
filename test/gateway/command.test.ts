import type { ChildProcess } from "node:child_process";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { get as startGet } from "node:http";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { noise } from "../../benchmarks/readv/scattered.ts";
import type { Outcome } from "../cli/built-command.ts";
import { BuiltCommand, outcomeOf } from "../cli/built-command.ts";
import { findProgram, hasProgram, titleNeeding } from "../servers/find-servers.ts";

const content = noise(300_000);
let command: BuiltCommand;
const running: ChildProcess[] = [];

beforeAll(async () => {
  command = await BuiltCommand.build();
});

afterAll(() => {
  command[Symbol.dispose]();
});

beforeEach(() => {
  command.empty();
  mkdirSync(command.file("site/a"), { recursive: true });
  writeFileSync(command.file("site/file.txt"), content);
  utimesSync(command.file("site/file.txt"), new Date("2021-03-04T05:06:07Z"), new Date("2021-03-04T05:06:07Z"));
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
});

interface Serving {
  readonly child: ChildProcess;
  /** As it was printed. */
  readonly url: string;
  /** All that it printed on stdout so far. */
  readonly lines: readonly string[];
  readonly outcome: ReturnType<typeof outcomeOf>;
}

async function serve(...args: readonly string[]): Promise<Serving> {
  const child = command.start(["serve", "--port", "0", ...args]);
  running.push(child);
  const printed = createInterface(child.stdout as Readable);
  const lines: string[] = [];
  printed.on("line", (line) => lines.push(line));
  await once(printed, "line");
  return { child, url: lines[0] as string, lines, outcome: outcomeOf(child) };
}

describe("samewire serve", () => {
  it("prints where it is, serves, and ends by Ctrl-C as other commands do", async () => {
    const { child, url, outcome } = await serve("-v", "site");
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(`${url}file.txt`);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    child.kill("SIGINT");
    const { code, stderr } = await outcome;
    expect(code).toBe(130);
    expect(stderr).toContain(`serving ${command.file("site")} at ${url}`);
    expect(stderr).toContain("GET /file.txt 200\n");
  });

  it("lets an answer end that is under way when it is to end", async () => {
    writeFileSync(command.file("site/large"), noise(16 * 2 ** 20));
    const { child, url, outcome } = await serve("site");
    const [response] = await once(startGet(`${url}large`), "response");
    child.kill("SIGTERM");
    // It listens no more, and the answer comes nevertheless.
    await expect(stopsListening(url)).resolves.toBe(true);
    expect((await buffer(response)).equals(readFileSync(command.file("site/large")))).toBe(true);
    expect((await outcome).code).toBe(143);
  });

  it("ends at once by a second signal, of whatever kind", async () => {
    writeFileSync(command.file("site/large"), noise(16 * 2 ** 20));
    const { child, url } = await serve("site");
    const [response] = await once(startGet(`${url}large`), "response");
    response.on("error", () => undefined);
    child.kill("SIGINT");
    await stopsListening(url);
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exited).toEqual([null, "SIGTERM"]);
  });

  it("says what is the matter with a file, a missing directory, a taken port, a port that is none", async () => {
    const { url } = await serve("--json", "site").then(({ url: line }) => JSON.parse(line) as { url: string });
    const { port } = new URL(url);
    const rows: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
      [["site/file.txt"], 1, /this is a file.*\[not-a-directory\]/],
      [["missing"], 1, /\[not-found\]/],
      [["--port", port, "site"], 1, /somebody listens there already.*\[already-exists\].*--port/],
      [["--port", "70000", "site"], 2, /--port 70000 is not a port/],
      [["--private", "site"], 2, /go with --writable/],
      [["--writable", "--token-file", "missing", "site"], 2, /--token-file cannot be read/],
      [["--writable", "--token-file", "site/file.txt", "site"], 2, /is no token/],
    ];
    const outcomes = await Promise.all(rows.map(([args]) => command.run(["serve", ...args])));
    for (const [at, [args, code, says]] of rows.entries()) {
      const outcome = outcomes[at] as Outcome;
      expect([args, outcome.code]).toEqual([args, code]);
      expect(outcome.stderr).toMatch(says);
    }
  });

  it("with --writable lets those write who show the token, which it prints or is given in a file", async () => {
    const made = await serve("--json", "--writable", "--private", "-v", "site");
    const { url, token } = JSON.parse(made.url) as { readonly url: string; readonly token: string };
    const put = async (at: string, shown: string): Promise<number> =>
      (await fetch(`${at}new`, { method: "PUT", body: "new", headers: { authorization: `Bearer ${shown}` } })).status;
    expect([await put(url, "another-token-than-that"), await put(url, token)]).toEqual([401, 201]);
    expect((await fetch(`${url}new`)).status).toBe(401);
    expect(readFileSync(command.file("site/new"), "utf8")).toBe("new");
    made.child.kill("SIGINT");
    expect((await made.outcome).stderr).not.toContain(token);
    writeFileSync(command.file("token"), "a token of our own".replaceAll(" ", "-").concat("\n"));
    const given = await serve("--writable", "--token-file", "token", "site");
    expect(await put(given.url, "a-token-of-our-own")).toBe(204);
    given.child.kill("SIGINT");
    await given.outcome;
    expect(given.lines).toEqual([given.url]);
  });

  it("with chroot+ serves no link that leads out", async () => {
    writeFileSync(command.file("secret"), "secret");
    symlinkSync("../secret", command.file("site/out"));
    symlinkSync("file.txt", command.file("site/in"));
    const { url } = await serve(`chroot+file://${command.file("site")}/`);
    expect((await fetch(`${url}out`)).status).toBe(403);
    expect((await fetch(`${url}in`)).status).toBe(200);
  });
});

/** True once nobody can connect any more. */
async function stopsListening(url: string): Promise<boolean> {
  for (;;) {
    try {
      await (await fetch(url, { headers: { connection: "close" } })).arrayBuffer();
    } catch {
      return true;
    }
  }
}

describe.runIf(hasProgram("curl"))(titleNeeding("curl", "curl against samewire serve"), () => {
  async function curl(...args: readonly string[]): Promise<string> {
    const program = findProgram("curl") ?? "curl";
    const { stdout } = await promisify(execFile)(program, ["-sS", ...args], {
      cwd: command.folder,
      maxBuffer: 2 ** 24,
    });
    return stdout;
  }

  it("downloads, goes on where it stopped, asks only for what is new, and climbs nowhere", async () => {
    const { url } = await serve("site");
    const file = `${url}file.txt`;
    const saved = (): Buffer => readFileSync(command.file("saved"));
    await curl("-o", "saved", file);
    expect(saved().equals(content)).toBe(true);
    writeFileSync(command.file("saved"), content.subarray(0, 100_000));
    await curl("-C", "-", "-o", "saved", file);
    expect(saved().equals(content)).toBe(true);
    await curl("-r", "10-19", "-o", "saved", file);
    expect(saved().equals(content.subarray(10, 20))).toBe(true);
    const status = ["-o", "saved", "-w", "%{http_code}"];
    await curl("--etag-save", "etag", ...status, file);
    expect(await curl("--etag-compare", "etag", ...status, file)).toBe("304");
    expect(await curl("-z", "1 Jan 2022", ...status, file)).toBe("304");
    expect(await curl("-z", "1 Jan 2020", ...status, file)).toBe("200");
    expect(await curl("-r", "400000-", ...status, file)).toBe("416");
    expect(await curl("--path-as-is", ...status, `${url}../file.txt`)).toBe("400");
    expect(await curl("-H", "Host: evil.example", ...status, url)).toBe("421");
    expect(await curl("-T", "saved", ...status, `${url}new`)).toBe("405");
    expect(await curl("-L", ...status, `${url}a`)).toBe("200");
    expect(await curl("-I", file)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*^content-length: 300000\r$/im);
    expect(await curl("-r", "0-9,20-29", file)).toMatch(
      /content-range: bytes 0-9\/300000\r\n[^]*content-range: bytes 20-29\/300000/,
    );
  });
});
