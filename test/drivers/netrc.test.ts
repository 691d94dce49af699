import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { parseNetrc } from "../../src/drivers/netrc-parser.ts";
import { netrcLogin } from "../../src/drivers/netrc.ts";
import type { TransportError } from "../../src/errors/transport-error.ts";
import type { Logger } from "../../src/log/logger.ts";

const none = { login: undefined, password: undefined, account: undefined };

describe("a netrc file", () => {
  const files: Record<string, [text: string, entries: object[]]> = {
    "in one line": ["machine h login me password pw", [{ ...none, machine: "h", login: "me", password: "pw" }]],
    "in many lines": [
      "machine h\n\tlogin me\r\n  password pw\n account a\nmachine i login you",
      [
        { machine: "h", login: "me", password: "pw", account: "a" },
        { ...none, machine: "i", login: "you" },
      ],
    ],
    "with a default": ["default login d password p", [{ ...none, machine: undefined, login: "d", password: "p" }]],
    "with quotes": [
      String.raw`machine h login "a b" password "c\"d\\e\tf#g machine"`,
      [{ ...none, machine: "h", login: "a b", password: undefined }],
    ],
    "with an escaped quote": [
      String.raw`machine h password "c\"d\\e f#g machine"`,
      [{ ...none, machine: "h", password: 'c"d\\e f#g machine' }],
    ],
    "with comments": [
      "# machine no login no\n  # more\nmachine h login me password #1",
      [{ ...none, machine: "h", login: "me", password: "#1" }],
    ],
    "with a macro": [
      "machine h login me\nmacdef init\ncd /pub\nmachine evil password no\n\npassword pw\nmacdef last\nmachine evil",
      [{ ...none, machine: "h", login: "me", password: "pw" }],
    ],
    "with keywords for values": [
      "machine machine login login password password",
      [{ ...none, machine: "machine", login: "login", password: "password" }],
    ],
    "that is empty": ["", []],
  };
  it.each(Object.entries(files))("%s is read", (_what, [text, entries]) => {
    expect(parseNetrc(text).entries).toEqual(entries);
  });

  const faulty: Record<string, [text: string, problem: RegExp]> = {
    "an unknown keyword, such as the rest of a password": ["machine h\npassword my secret", /no such keyword/],
    "a value that is missing": ["machine h login", /nothing follows login/],
    "a quote that is never closed": ['machine h password "secret', /never closed/],
    "a password before any machine": ["password secret", /before any machine/],
    "NUL in a password": ["machine h password sec\0ret", /control character/],
    "a line end in a password": [String.raw`machine h password "secret\nQUIT"`, /control character/],
  };
  it.each(Object.entries(faulty))("with %s says where, and nothing of what is in it", (_what, [text, problem]) => {
    const { problems } = parseNetrc(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.what).toMatch(problem);
    expect(problems[0]?.line).toBe(text.split("\n").length);
    expect(JSON.stringify(problems)).not.toMatch(/secret|sec.*ret/);
  });

  it("of any bytes is read in one go, and complains in few words", () => {
    const pieces = fc.constantFrom(
      "machine ",
      "login ",
      "password ",
      "macdef ",
      '"',
      "\\",
      "\n",
      "#",
      "x ",
      "default ",
      "\0",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string())), (parts) => {
        expect(parseNetrc(parts.join("")).problems.length).toBeLessThanOrEqual(11);
      }),
    );
    expect(parseNetrc(`machine h password ${"x".repeat(1_000_000)}`).entries[0]?.password).toHaveLength(1_000_000);
    expect(parseNetrc('"'.repeat(1_000_000)).problems).toHaveLength(10);
  });
});

describe("who logs in", () => {
  let folder: string;
  let file: string;
  const said: string[] = [];
  const write = (fields: object, message: string): void => void said.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };
  const at = (host: string, user?: string): { host: string; typedHost: string; user: string | undefined } => ({
    host,
    typedHost: host,
    user,
  });
  const save = async (text: string | Buffer, mode = 0o600): Promise<void> => {
    await writeFile(file, text);
    await chmod(file, mode);
    // A file is believed for a moment without a look at it.
    await setTimeout(60);
  };
  const failure = (): TransportError => {
    try {
      netrcLogin(at("h"), { file, logger });
    } catch (error) {
      return error as TransportError;
    }
    return expect.unreachable("it is believed");
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "samewire-netrc-"));
    file = join(folder, "netrc");
    said.length = 0;
  });
  afterEach(async () => {
    process.env["NETRC"] = "/dev/null";
    await rm(folder, { recursive: true, force: true });
  });

  it("is the first entry of the host, the user's where one is named, and the default's where there is none", async () => {
    await save(
      "default login d password dp machine H login a password ap machine h login b password bp machine [::1] login six",
    );
    expect(netrcLogin(at("h"), { file })).toMatchObject({ user: "a", password: "ap" });
    expect(netrcLogin(at("h", "b"), { file })).toMatchObject({ user: "b", password: "bp" });
    expect(netrcLogin(at("h", "A"), { file })).toBeUndefined();
    expect(netrcLogin(at("h", "d"), { file })).toMatchObject({ user: "d", password: "dp" });
    expect(netrcLogin(at("other"), { file })).toMatchObject({ user: "d" });
    expect(netrcLogin(at("::1"), { file })).toMatchObject({ user: "six", password: undefined });
  });

  it("is read again when the file changed, and nowhere but where it was said", async () => {
    await save("machine h login a");
    expect(netrcLogin(at("h"), { file })?.user).toBe("a");
    await save("machine h login bb");
    expect(netrcLogin(at("h"), { file })?.user).toBe("bb");
    expect(netrcLogin(at("h"), { file: null })).toBeUndefined();
    expect(netrcLogin(at("h"))).toBeUndefined();
    process.env["NETRC"] = file;
    expect(netrcLogin(at("h"))?.user).toBe("bb");
  });

  it("is nobody where the file that nobody named cannot be believed; where it was named that is an error", async () => {
    process.env["NETRC"] = file;
    expect(netrcLogin(at("h"), { logger })).toBeUndefined();
    expect(said).toEqual([]);
    expect(failure()).toMatchObject({ code: "invalid-path" });
    const distrusted: [content: string | Buffer, mode: number, code: string][] = [
      ["machine h login a password secret", 0o620, "permission-denied"],
      ["machine h login a password secret", 0o602, "permission-denied"],
      [Buffer.from("machine h password \xff", "latin1"), 0o600, "unsupported"],
      [`machine h login a password ${"s".repeat(1024 * 1024)}`, 0o600, "unsupported"],
    ];
    for (const [content, mode, code] of distrusted) {
      await save(content, mode);
      said.length = 0;
      expect(netrcLogin(at("h"), { logger })).toBeUndefined();
      expect(netrcLogin(at("h"), { logger })).toBeUndefined();
      expect(said).toHaveLength(1);
      expect(failure()).toMatchObject({ code, operation: "netrc" });
    }
    await rm(file);
    await mkdir(file);
    await setTimeout(60);
    expect(netrcLogin(at("h"), { logger })).toBeUndefined();
    expect(failure()).toMatchObject({ code: "unsupported" });
  });

  it("is told once of a file that others can read, and of what is wrong in it, without a word from it", async () => {
    await save("machine h login a password secret\nsecret", 0o644);
    for (let times = 0; times < 3; times++) expect(netrcLogin(at("h"), { file, logger })?.password).toBe("secret");
    expect(said).toHaveLength(2);
    expect(said.join()).toMatch(/other users can read it.*line 2/s);
    expect(said.join()).not.toContain("secret");
  });

  it("is nobody that a URL could not name", async () => {
    await save("machine h login -oProxyCommand=x password secret");
    expect(failure()).toMatchObject({ code: "invalid-url" });
    expect(failure().message).not.toContain("secret");
  });
});
