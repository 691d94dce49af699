import { afterEach, describe, expect, it } from "vitest";

import { FileTree } from "../../src/schemes/memory/file-tree.ts";
import type { FtpServer, FtpServerOptions } from "../../src/testing/servers/ftp-server.ts";
import { startFtpServer } from "../../src/testing/servers/ftp-server.ts";
import { RawFtpClient } from "./raw-ftp-client.ts";

const clients: RawFtpClient[] = [];
const servers: FtpServer[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: FtpServerOptions): Promise<FtpServer> {
  const server = await startFtpServer(options);
  servers.push(server);
  return server;
}

async function logIn(server: FtpServer): Promise<RawFtpClient> {
  const client = await RawFtpClient.connect(server);
  clients.push(client);
  return await client.login();
}

function contentOf(tree: FileTree, path: string): string {
  const file = tree.open(path, { read: true });
  const content = file.read(0, file.stat().sizeBytes).toString();
  file.close();
  return content;
}

function write(tree: FileTree, path: string, content: string): void {
  const file = tree.open(path, { write: true, create: true });
  file.write(0, Buffer.from(content));
  file.close();
}

describe("the in-process FTP server", () => {
  it("closes twice, also at once, with everything open, and leaves nothing that keeps a process alive", async () => {
    const held = (): string[] => process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|Timeout)/.test(kind));
    const settled = async (): Promise<string[]> => {
      while (held().some((kind) => kind.startsWith("TCP"))) await new Promise((resolve) => setImmediate(resolve));
      return held();
    };
    const before = await settled(); // This test is the first one, so that nothing of another ends meanwhile.
    const server = await startFtpServer();
    write(server.tree, "/home/joe/file", "x".repeat(50_000_000));
    const [idle, awaited, sending] = [await logIn(server), await logIn(server), await logIn(server)];
    await awaited.passive();
    const stalled = await sending.passive();
    stalled.pause();
    expect(await sending.command("RETR file")).toMatch(/^150 /);
    await Promise.all([server.close(), server.close()]);
    await server.close();
    expect(await Promise.all([idle, awaited, sending].map((client) => client.reply()))).toEqual(["", "", ""]);
    expect([server.open, server.tree.openFiles]).toEqual([0, 0]);
    for (const client of clients.splice(0)) client.close();
    expect((await settled()).length).toBeLessThanOrEqual(before.length);
  });

  it("says where it is, and counts connections, data connections, logins and commands", async () => {
    const server = await start();
    expect(server.url).toBe(`ftp://joe@127.0.0.1:${server.port}/~/`);
    const client = await logIn(server);
    const other = await RawFtpClient.connect(server);
    await other.reply();
    await client.upload("STOR a", "hello");
    await client.download("RETR a");
    await client.commands("noop", "NOOP", "WHAT");
    expect([server.accepted, server.open, server.dataConnections]).toEqual([2, 2, 2]);
    expect(server.counts).toMatchObject({ accepted: 2, maxOpen: 2, logins: 1, refusedLogins: 0, dataConnections: 2 });
    expect(Object.fromEntries(server.commands)).toEqual({
      USER: 1,
      PASS: 1,
      EPSV: 2,
      STOR: 1,
      RETR: 1,
      NOOP: 2,
      WHAT: 1,
    });
    other.close();
    while (server.open > 1) await new Promise((resolve) => setImmediate(resolve));
    expect([server.accepted, server.counts.maxOpen]).toEqual([2, 2]);
  });

  it("answers commands that were sent ahead in their order, however many, and after the client has said its last word", async () => {
    const client = await logIn(await start());
    const sent = Array.from({ length: 1000 }, (_, at) => `MKD ${at}`);
    client.send(sent.map((line) => `${line}\r\n`).join(""));
    client.raw.end("QUIT\n");
    for (let at = 0; at < sent.length; at++) expect(await client.reply()).toBe(`257 "/home/joe/${at}" is made.`);
    expect(await client.reply()).toMatch(/^221 /);
  });

  it("is closed at the end of its scope", async () => {
    let server: FtpServer;
    {
      await using scoped = await startFtpServer();
      server = scoped;
    }
    await expect(RawFtpClient.connect(server)).rejects.toThrow(/ECONNREFUSED/);
  });

  it("stores, extends, gives back and continues files", async () => {
    const server = await start();
    const client = await logIn(server);
    expect(await client.upload("STOR a b", "hello world")).toEqual([
      expect.stringMatching(/^150 /),
      expect.stringMatching(/^226 /),
    ]);
    expect(server.tree.stat("/home/joe/a b").mode).toBe(0o644);
    await client.upload("APPE a b", "!");
    expect((await client.download("RETR a b")).data.toString()).toBe("hello world!");
    expect(await client.command("REST 6")).toMatch(/^350 /);
    expect((await client.download("RETR a b")).data.toString()).toBe("world!");
    expect((await client.download("RETR a b")).data.toString()).toBe("hello world!"); // It is forgotten afterwards.
    await client.command("REST 6");
    await client.upload("STOR a b", "there");
    expect(contentOf(server.tree, "/home/joe/a b")).toBe("hello there!");
    await client.upload("STOR a b", "new");
    expect(contentOf(server.tree, "/home/joe/a b")).toBe("new");
    await client.command("REST 100");
    expect((await client.download("RETR a b")).data.length).toBe(0);
    await client.upload("APPE /c", "made");
    expect(contentOf(server.tree, "/c")).toBe("made");
    expect(server.tree.openFiles).toBe(0);
  });

  it("makes, enters, renames and removes, and says so with the codes of RFC 959", async () => {
    const server = await start();
    const client = await logIn(server);
    expect(await client.commands('MKD a "b"', 'CWD a "b"', "PWD", "CDUP", "PWD", "XMKD x")).toEqual([
      '257 "/home/joe/a ""b""" is made.',
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^257 "\/home\/joe\/a ""b""" /),
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^257 "\/home\/joe" /),
      expect.stringMatching(/^500 /),
    ]);
    write(server.tree, "/home/joe/one", "1");
    write(server.tree, "/home/joe/two", "2");
    expect(await client.commands("RNFR one", "RNTO two", "DELE two", 'RMD a "b"')).toEqual([
      expect.stringMatching(/^350 /),
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^250 /),
    ]);
    expect(server.tree.readdir("/home/joe")).toEqual([]);
  });

  it("wants RNTO right after RNFR", async () => {
    const server = await start();
    const client = await logIn(server);
    write(server.tree, "/home/joe/a", "");
    expect(await client.commands("RNTO b", "RNFR a", "NOOP", "RNTO b")).toEqual([
      expect.stringMatching(/^503 /),
      expect.stringMatching(/^350 /),
      expect.stringMatching(/^200 /),
      expect.stringMatching(/^503 /),
    ]);
  });

  it("tells and sets size, time and mode", async () => {
    const server = await start();
    const client = await logIn(server);
    const { tree } = server;
    write(tree, "/home/joe/a", "hello");
    tree.symlink("a", "/home/joe/link");
    expect(await client.commands("MFMT 20200102030405 a", "MDTM a", "MDTM 20210102030405 link", "MDTM link")).toEqual([
      "213 Modify=20200102030405; a",
      "213 20200102030405",
      expect.stringMatching(/^213 /),
      "213 20210102030405",
    ]);
    expect(await client.commands("SIZE a", "SIZE link", "SITE CHMOD 4751 a", "site help")).toEqual([
      "213 5",
      "213 5",
      expect.stringMatching(/^200 /),
      "214 CHMOD HELP",
    ]);
    expect(tree.stat("/home/joe/a")).toMatchObject({ mode: 0o4751, mtime: new Date("2021-01-02T03:04:05Z") });
    const refused = ["MFMT 20201302030405 a", "MFMT a", "SITE CHMOD 9 a", "SITE CHMOD 644", "REST x", "REST -1"];
    for (const line of refused) expect(await client.command(line), line).toMatch(/^501 /);
    for (const line of ["SIZE .", "MDTM .", "MDTM none"]) expect(await client.command(line), line).toMatch(/^550 /);
  });

  it("has codes without reasons where a command fails, or reasons where that is wanted", async () => {
    const failing: Record<string, { readonly code: string; readonly reason: string }> = {
      "CWD none": { code: "550", reason: "No such file or directory" },
      "CWD file": { code: "550", reason: "" },
      "RETR none": { code: "550", reason: "No such file or directory" },
      "RETR dir": { code: "550", reason: "Is a directory" },
      "STOR dir": { code: "553", reason: "Is a directory" },
      "STOR none/a": { code: "553", reason: "No such file or directory" },
      "APPE dir": { code: "553", reason: "Is a directory" },
      "STOR file/a": { code: "553", reason: "Not a directory" },
      "MKD dir": { code: "550", reason: "File exists" },
      "MKD file": { code: "550", reason: "File exists" },
      "MKD none/a": { code: "550", reason: "No such file or directory" },
      "RMD full": { code: "550", reason: "Directory not empty" },
      "RMD file": { code: "550", reason: "Not a directory" },
      "RMD none": { code: "550", reason: "No such file or directory" },
      "DELE dir": { code: "550", reason: "Is a directory" },
      "DELE none": { code: "550", reason: "No such file or directory" },
      "RNFR none": { code: "550", reason: "No such file or directory" },
      "MLST none": { code: "550", reason: "No such file or directory" },
      "MFMT 20200102030405 none": { code: "550", reason: "No such file or directory" },
      "SITE CHMOD 644 none": { code: "550", reason: "No such file or directory" },
      "LIST none": { code: "450", reason: "No such file or directory" },
      "NLST none": { code: "450", reason: "No such file or directory" },
      "STAT none": { code: "450", reason: "No such file or directory" },
      "MLSD none": { code: "550", reason: "No such file or directory" },
      "MLSD file": { code: "501", reason: "" },
      "RETR a\0b": { code: "550", reason: "Invalid argument" },
    };
    for (const tellsReasons of [false, true]) {
      const server = await start({ tellsReasons });
      const client = await logIn(server);
      const { tree } = server;
      for (const path of ["dir", "full", "full/dir"]) tree.mkdir(`/home/joe/${path}`);
      write(tree, "/home/joe/file", "");
      for (const [line, { code, reason }] of Object.entries(failing)) {
        if (/^(RETR|STOR|APPE|LIST|NLST|MLSD)/.test(line)) await client.passive();
        const reply = await client.command(line);
        expect(reply.slice(0, 4), line).toBe(`${code} `);
        if (reason !== "") expect(reply.endsWith(`: ${reason}`), `${line} -> ${reply}`).toBe(tellsReasons);
      }
      expect(await client.commands("RNFR dir", "RNTO full")).toEqual([
        expect.stringMatching(/^350 /),
        expect.stringMatching(tellsReasons ? /^550 full: Directory not empty$/ : /^550 /),
      ]);
      expect(tree.openFiles).toBe(0);
    }
  });

  it("answers 452 where the store is full, 552 where the file alone is too large, and goes on", async () => {
    const tree = new FileTree({ maxBytes: 1000 });
    const server = await start({ tree });
    const client = await logIn(server);
    await client.upload("STOR a", "x".repeat(900));
    expect((await client.upload("STOR b", "x".repeat(500)))[1]).toMatch(/^452 /);
    expect((await client.upload("STOR b", "x".repeat(2000)))[1]).toMatch(/^552 /);
    expect((await client.upload("STOR b", "x".repeat(100)))[1]).toMatch(/^226 /);
    expect([tree.usedBytes, tree.openFiles]).toEqual([1000, 0]);
  });

  it("knows what it is told to know, and announces that", async () => {
    const all = await logIn(await start());
    const none = await logIn(await start({ features: [] }));
    expect(await all.command("FEAT")).toBe(
      [
        "211-Features:",
        " EPSV",
        " MDTM",
        " MFMT",
        " MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;",
        " PASV",
        " REST STREAM",
        " SIZE",
        " TVFS",
        " UTF8",
        "211 End",
      ].join("\n"),
    );
    expect(await none.command("FEAT")).toBe("211-Features:\n PASV\n TVFS\n211 End");
    await none.commands("MKD dir", "CWD dir");
    const unknown = ["EPSV", "MDTM a", "MFMT 20200102030405 a", "MLST", "MLSD", "REST 1", "SIZE a", "APPE a"];
    for (const line of [...unknown, "SITE CHMOD 644 ."]) expect(await none.command(line), line).toMatch(/^500 /);
    for (const line of ["OPTS UTF8 ON", "OPTS MLST type;"]) expect(await none.command(line), line).toMatch(/^501 /);
    expect(await none.command("PASV")).toMatch(/^227 /);
    const likeVsftpd = await logIn(await start({ features: ["MDTM"] }));
    write(likeVsftpd.server.tree, "/home/joe/20200102030405 a", "");
    expect(await likeVsftpd.command("MDTM 20200102030405 a")).not.toBe("213 20200102030405");
    expect(await likeVsftpd.command("MDTM 20200102030405 b")).toMatch(/^550 /);
  });

  it("answers the small commands as clients expect them", async () => {
    const client = await logIn(await start());
    const codes: Record<string, string> = {
      SYST: "215 UNIX Type: L8",
      "TYPE I": "200",
      "TYPE A N": "200",
      "type l 8": "200",
      "TYPE E": "504",
      "MODE S": "200",
      "MODE B": "504",
      "STRU F": "200",
      "STRU R": "504",
      "OPTS UTF8 ON": "200",
      "OPTS HASH": "501",
      "ALLO 5": "202",
      STOU: "502",
      "PORT 127,0,0,1,4,1": "502",
      "EPRT |1|127.0.0.1|1025|": "502",
      ABOR: "225",
      ACCT: "202",
      "USER joe": "503",
      "PASS x": "503",
      HELP: "214",
      STAT: "211",
      CWD: "501",
      RETR: "425",
      "AUTH TLS": "500",
      "PBSZ 0": "503",
      "PROT P": "503",
      CCC: "503",
      "": "500",
      QUIT: "221",
    };
    for (const [line, reply] of Object.entries(codes)) expect(await client.command(line), line).toContain(reply);
    expect(await client.reply()).toBe("");
  });

  it("keeps the names that bytes can be: spaces at both ends, control characters, any Unicode", async () => {
    const server = await start();
    const client = await logIn(server);
    const names = [" a ", "-l", "tab\tbell\x07", "naïve ☃ 𝒳", 'quo"te', "semi;colon", "\u00ff"];
    for (const name of names) expect((await client.upload(`STOR ${name}`, name))[1], name).toMatch(/^226 /);
    expect(server.tree.readdir("/home/joe").map(({ name }) => name)).toEqual(names);
    const { data } = await client.download("NLST -a");
    expect(data.toString().split("\r\n").slice(2, -1)).toEqual(names);
    expect(await client.command(Buffer.from([...Buffer.from("SIZE "), 0xe9]))).toMatch(/^501 /);
  });

  it("has names in Latin-1 where that is wanted", async () => {
    const server = await start({ encoding: "latin1" });
    const client = await logIn(server);
    await client.command(Buffer.concat([Buffer.from("MKD caf"), Buffer.from([0xe9])]));
    expect(server.tree.readdir("/home/joe").map(({ name }) => name)).toEqual(["café"]);
    const { data } = await client.download("NLST");
    expect(data).toEqual(Buffer.from([99, 97, 102, 0xe9, 13, 10]));
    expect(await client.command("FEAT")).not.toContain("UTF8");
  });

  it("takes data connections by EPSV and PASV, on IPv4 and IPv6, and refuses what does not fit", async () => {
    const client = await logIn(await start());
    const [epsv, pasv, six] = await client.commands("EPSV 1", "PASV", "EPSV 2");
    expect(epsv).toMatch(/^229 .*\(\|\|\|\d+\|\)$/);
    expect(pasv).toMatch(/^227 .*\(127,0,0,1,\d+,\d+\)\.$/);
    expect(six).toMatch(/^522 .*\(1\)/);
    expect(await client.commands("EPSV ALL", "PASV")).toEqual([
      expect.stringMatching(/^200 /),
      expect.stringMatching(/^522 /),
    ]);
    const server = await start({ host: "::1" });
    expect(server.url).toBe(`ftp://joe@[::1]:${server.port}/~/`);
    const onSix = await logIn(server);
    expect(await onSix.command("PASV")).toMatch(/^425 /);
    await onSix.upload("STOR a", "six");
    expect((await onSix.download("RETR a")).data.toString()).toBe("six");
  });
});
