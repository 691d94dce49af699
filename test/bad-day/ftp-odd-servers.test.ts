import { beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";
import type { Script } from "./scripted-ftp-server.ts";
import { forEver, reset } from "./scripted-ftp-server.ts";

async function namesOf(transport: Transport, path = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list(path)) names.push(name);
  return names;
}

const old = ["EPSV", "SIZE", "MDTM", "UTF8", "REST STREAM"];

describe("an FTP server that is odd, and means no harm, at the door", () => {
  const day = ftpDays();

  it("is waited for where it will be ready in some minutes (120)", async () => {
    const { server } = day();
    server.on("greeting", async (session) => {
      await session.reply("120 Ready in 001 minutes.");
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(session.server.received).toEqual([]);
      await session.reply("220-Good day.\n220-This is:\n220 me.");
    });
    const transport = day().transport();
    await transport.connect();
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("may let somebody in without a password (232)", async () => {
    const { server } = day();
    server.on("USER", "232 Your certificate will do.");
    expect(await day().transport().has("x")).toBe(false);
    expect(server.count("PASS")).toBe(0);
  });

  it.each(["500 What?", "502 No.", "530 No.", "211 None.", "211-None:\n211 End."])(
    "may answer FEAT with %j, and is asked for nothing new",
    async (reply) => {
      const { server } = day();
      server.on("FEAT", reply);
      const transport = day().transport();
      await transport.connect();
      await transport.put("file", "content", { atomic: false });
      expect(String(await transport.getBytes("file"))).toBe("content");
      expect([server.count("OPTS"), server.count("MLST"), server.accepted]).toEqual([0, 0, 1]);
    },
  );

  it("may put the code before every line that tells what it knows", async () => {
    const { server } = day();
    server.on("FEAT", "211-I know:\n211-MLST type*;size*;\n211-UTF8\n211 End.");
    const transport = day().transport();
    await transport.connect();
    await day().works(transport);
    expect(await transport.stat("after")).toMatchObject({ type: "file" });
    expect([server.count("MLST") > 0, server.count("OPTS")]).toEqual([true, 1]);
  });

  it("may know endlessly much, which nobody hears to the end", async () => {
    const { server, witness } = day();
    server.on("FEAT", forEver("211-I know:\r\n"));
    await witness.failure(day().transport({ connectTimeoutMs: 20_000 }).stat("x"), {
      code: "protocol-error",
      operation: "stat",
      says: /has no end/,
    });
  });

  it("may have NUL and a CR that ends nothing in what it says", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    server.on("MKD", (session) => session.write("257-\0Made\r250 \rx\r\r\n257 \0\r\r\n"), 1);
    await transport.mkdir("x");
    server.on("MKD", (session) => session.write("553 \0No\r250 Yes\r\n"), 1);
    await witness.failure(transport.mkdir("x"), {
      code: "permission-denied",
      operation: "mkdir",
      says: /553 No 250 Yes/,
    });
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("may know NOOP by another answer", async () => {
    const { server } = day();
    server.on("NOOP", "250 Still here.");
    const transport = day().transport({ keepaliveIntervalMs: 20 });
    await transport.connect();
    await expect.poll(() => server.count("NOOP")).toBeGreaterThan(1);
    expect(server.accepted).toBe(1);
  });

  it("is asked one by one where the connection breaks over what is sent together", async () => {
    const { server } = day();
    server.on("FEAT", reset, 1);
    const transport = day().transport();
    await transport.put("file", "content", { isNew: true });
    await day().works(transport);
    expect(server.accepted).toBe(2);
    expect(server.overlaps).toBe(0);
  });

  it.each([
    ["PASS", "530 Too many login failures.", "authentication-failed"],
    ["PASS", "530 Maximum login attempts exceeded, try again later.", "authentication-failed"],
    ["greeting", "421 Too many failed login attempts.", "connection-failed"],
    ["PASS", "530 You are banned, try again later.", "authentication-failed"],
  ] as const)("that counts attempts says so, and is no full one: %s, %j", async (phase, reply, code) => {
    const { server, witness } = day();
    server.on(phase, reply);
    await witness.failure(day().transport().stat("x"), { code, operation: "stat", says: /login|banned/ });
    expect(server.accepted).toBe(1);
  });

  it.each([
    "530 User joe access denied, limit (2) reached.",
    "530 Sorry, your account is restricted to 2 simultaneous logins.",
    "530 Login failed: too many users.",
    "421 Server is too busy.",
  ])("that is full may say so as %j", async (reply) => {
    const { server } = day();
    server.on("PASS", reply, 1);
    await day().transport({ connectTimeoutMs: 20_000 }).stat("");
    expect(server.accepted).toBe(2);
  });
});

describe("an FTP server that is odd about directories", () => {
  const day = ftpDays();
  const line = "-rw-r--r--   1 joe  users  6 Jan 02  2020 file\r\n";
  beforeEach(() => {
    day().server.features = old;
    day().server.on("STAT", "502 Not here.");
  });

  it.each<[string, Script]>([
    ["refuses with 550", "550 -a /: no such directory."],
    ["refuses with 501", "501 What?"],
    ["answers with nothing", (session) => session.send("")],
    ["answers with a failure for a listing", (session) => session.send("ls: -a: No such file or directory\r\n")],
  ])("is asked for LIST without -a, which it %s, and so from then on", async (_name, script) => {
    const { server } = day();
    server.on("LIST", async (session, argument) => {
      if (argument === "/") await session.send(line);
      else await (typeof script === "string" ? session.reply(script) : script(session, argument));
    });
    const transport = day().transport();
    expect(await namesOf(transport)).toEqual(["file"]);
    expect(await namesOf(transport)).toEqual(["file"]);
    expect(server.received.filter((command) => command.startsWith("LIST"))).toEqual(["LIST -a /", "LIST /", "LIST /"]);
    expect(server.accepted).toBe(1);
  });

  it.each(["450 No files found.", "550 No files found", "550 /: No files found.", "550 No data sets found."])(
    "may say of one that is empty %j",
    async (reply) => {
      day().server.on("LIST", reply);
      expect(await namesOf(day().transport())).toEqual([]);
    },
  );

  it.each(["550 Permission denied.", "450 No files found or permission denied.", "550 No such file or directory."])(
    "is not believed to have an empty one where it says %j",
    async (reply) => {
      const { server, witness } = day();
      server.on("LIST", reply);
      await witness.failure(namesOf(day().transport()), {
        code: "permission-denied",
        operation: "list",
        temporary: reply.startsWith("450"),
        says: /refuses/,
      });
    },
  );

  it.each(["d [R----F--] supervisor            512       Jan 16 18:53    login", "ls: .: Permission denied", "?"])(
    "has no empty one where nothing that it lists is understood: %j",
    async (text) => {
      const { server, witness } = day();
      server.on("LIST", (session) => session.send(`${text}\r\n`));
      const failure = {
        code: "unsupported",
        operation: "list",
        says: /form that is not known; it says:.*Unix.*DOS/,
      } as const;
      await witness.failure(namesOf(day().transport()), failure);
    },
  );

  it("may have promised MLST and MLSD, and is asked for them once", async () => {
    const { server } = day();
    server.features = [...old, "MLST type*;size*;modify*;"];
    server.files.set("/file", Buffer.from("123456"));
    server
      .on("MLST", "502 Not here.")
      .on("MLSD", "500 What?")
      .on("LIST", (session) => session.send(line));
    const transport = day().transport();
    for (let n = 0; n < 2; n++) {
      const mtime = new Date("2026-01-02T03:04:05Z");
      expect(await transport.stat("file")).toMatchObject({ type: "file", sizeBytes: 6, mtime });
      expect(await namesOf(transport)).toEqual(["file"]);
    }
    await expect(transport.stat("missing")).rejects.toMatchObject({ code: "not-found" });
    expect([server.count("MLST"), server.count("MLSD"), server.accepted]).toEqual([1, 1, 1]);
  });

  it("may have a clock that nobody understands", async () => {
    const { server } = day();
    server.files.set("/file", Buffer.from("123456"));
    server.on("LIST", (session) => session.send(line)).on("MDTM", "213 the day before yesterday");
    const stat = await day().transport().stat("file");
    expect(stat).toMatchObject({ type: "file", sizeBytes: 6 });
    expect(stat).not.toHaveProperty("mtime");
  });

  it("may know next to nothing, and files are found all the same", async () => {
    const { server } = day();
    server.on("FEAT", "500 What?").on("OPTS", "500 What?").on("EPSV", "500 What?");
    for (const verb of ["STAT", "SIZE", "MDTM", "REST", "NOOP"]) server.on(verb, "502 Not here.");
    server.on("LIST", (session) =>
      session.send([...session.server.files.keys()].map((path) => line.replace("file", path.slice(1))).join("")),
    );
    const transport = day().transport();
    await transport.put("file", "123456", { atomic: false });
    expect(await transport.stat("file")).toMatchObject({ type: "file", sizeBytes: 6 });
    expect([await transport.has("file"), await transport.has("missing")]).toEqual([true, false]);
    expect(String(await transport.getBytes("file"))).toBe("123456");
    await expect(transport.getBytes("missing")).rejects.toMatchObject({ code: "not-found" });
    await expect(transport.delete("missing")).rejects.toMatchObject({ code: "not-found" });
    await transport.delete("file");
    expect([await transport.has("file"), server.accepted]).toEqual([false, 1]);
  });

  it("may end lines in either way, and have names that no command can hold, which are never sent", async () => {
    const { server } = day();
    server.features = [...old, "MLST type*;size*;modify*;"];
    const names = ["crlf", "lf", "inside\rDELE x", "bell\x07"];
    server.on("MLSD", (session) =>
      session.send(names.map((name, n) => `type=file;size=1; ${name}${n === 0 ? "\r\n" : "\n"}`).join("")),
    );
    const transport = day().transport();
    expect(await namesOf(transport)).toEqual(names);
    const before = server.received.length;
    for (const name of names.slice(2))
      await expect(transport.delete(name)).rejects.toMatchObject({ code: "invalid-path", effect: "none" });
    expect(server.received.length).toBe(before);
  });

  it("may say 521 of one that is there, which has nothing to do with TLS", async () => {
    const { server, witness } = day();
    server.features = [...old, "MLST type*;size*;modify*;"];
    server.files.set("/there", Buffer.alloc(0));
    server.on("MKD", "521-Taking no action:\n521 there.");
    await witness.failure(day().transport().mkdir("there"), {
      code: "already-exists",
      operation: "mkdir",
      says: /already/,
    });
  });
});
