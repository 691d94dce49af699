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

async function logIn(options?: FtpServerOptions): Promise<RawFtpClient> {
  const server = await startFtpServer(options);
  servers.push(server);
  const client = await RawFtpClient.connect(server);
  clients.push(client);
  return await client.login();
}

const old = new Date("2001-02-03T04:05:06Z");

/** A directory with one of everything, all of it old. */
function treeOfAll(): FileTree {
  const tree = new FileTree();
  for (const path of ["/all", "/all/dir"]) tree.mkdir(path);
  const file = tree.open("/all/file", { write: true, create: true });
  file.write(0, Buffer.from("hello"));
  file.close();
  tree.open("/all/.hidden", { write: true, create: true }, 0o600).close();
  tree.link("/all/file", "/all/file too");
  tree.symlink("file", "/all/link");
  tree.symlink("no where;", "/all/lost");
  tree.symlink("dir", "/all/to-dir");
  tree.setAttributes("/all/dir", { mode: 0o1777 }, { followLinks: false });
  for (const { name } of tree.readdir("/all"))
    tree.setAttributes(`/all/${name}`, { mtime: old }, { followLinks: false });
  tree.setAttributes("/all", { mtime: old }, { followLinks: false });
  return tree;
}

async function lines(client: RawFtpClient, command: string): Promise<string[]> {
  const { data, replies } = await client.download(command);
  expect(replies.at(-1), command).toMatch(/^226 /);
  const text = data.toString();
  expect(text === "" || text.endsWith("\r\n")).toBe(true);
  return text.split("\r\n").slice(0, -1);
}

describe("the in-process FTP server's listings", () => {
  it("have the Unix form, with links and all twelve bits, and hide names with a dot unless asked", async () => {
    const tree = treeOfAll();
    const client = await logIn({ tree });
    const unix = [
      "drwxrwxrwt    1 0        0               0 Feb 03  2001 dir",
      "-rw-r--r--    2 0        0               5 Feb 03  2001 file",
      "-rw-r--r--    2 0        0               5 Feb 03  2001 file too",
      "lrwxrwxrwx    1 0        0               4 Feb 03  2001 link -> file",
      "lrwxrwxrwx    1 0        0               9 Feb 03  2001 lost -> no where;",
      "lrwxrwxrwx    1 0        0               3 Feb 03  2001 to-dir -> dir",
    ];
    expect(await lines(client, "LIST /all")).toEqual(unix);
    await client.command("CWD /all");
    expect(await lines(client, "LIST -l")).toEqual(unix);
    const all = await lines(client, "LIST -la /all");
    expect(all.slice(0, 2).map((line) => line.slice(-2))).toEqual([" .", ".."]);
    expect(all[4]).toBe("-rw-------    1 0        0               0 Feb 03  2001 .hidden");
    tree.setAttributes("/all/file", { mode: 0o6750 }, { followLinks: true });
    expect((await lines(client, "LIST file"))[0]).toMatch(/^-rwsr-s---/);
    tree.setAttributes("/all/file", { mode: 0o7000 }, { followLinks: true });
    expect((await lines(client, "LIST file"))[0]).toMatch(/^---S--S--T/);
  });

  it("tell the time of day of what is young, and the year of what is old or to come", async () => {
    const client = await logIn({ tree: treeOfAll() });
    const { tree } = client.server;
    const timeOf = async (ageDays: number): Promise<string | undefined> => {
      const mtime = new Date(Date.now() - ageDays * 24 * 60 * 60 * 1000);
      tree.setAttributes("/all/file", { mtime }, { followLinks: true });
      return /\d (\w{3} \d\d .{5}) /.exec((await lines(client, "LIST /all/file"))[0] ?? "")?.[1];
    };
    expect(await timeOf(1)).toMatch(/^\w{3} \d\d \d\d:\d\d$/);
    expect(await timeOf(181)).toMatch(/^\w{3} \d\d \d\d:\d\d$/);
    expect(await timeOf(184)).toMatch(/^\w{3} \d\d {2}\d{4}$/);
    expect(await timeOf(-2)).toMatch(/^\w{3} \d\d {2}\d{4}$/);
  });

  it("have the DOS form where that is wanted", async () => {
    const client = await logIn({ tree: treeOfAll(), listing: "dos" });
    expect(await client.command("SYST")).toBe("215 Windows_NT");
    const expected = [
      "02-03-01  04:05AM       <DIR>          dir",
      "02-03-01  04:05AM                    5 file",
      "02-03-01  04:05AM                    0 .hidden",
      "02-03-01  04:05AM                    5 file too",
      "02-03-01  04:05AM                    4 link",
      "02-03-01  04:05AM                    9 lost",
      "02-03-01  04:05AM                    3 to-dir",
    ];
    expect(await lines(client, "LIST /all")).toEqual(expected);
    expect(await lines(client, "LIST -a /all")).toEqual(expected);
    const times = {
      "2001-02-03T00:07:00Z": "12:07AM",
      "2001-02-03T12:08:00Z": "12:08PM",
      "2001-12-13T23:59Z": "11:59PM",
    };
    for (const [time, told] of Object.entries(times)) {
      client.server.tree.setAttributes("/all/file", { mtime: new Date(time) }, { followLinks: true });
      expect((await lines(client, "LIST /all/file"))[0]).toContain(told);
    }
  });

  it("have facts in MLSD and MLST, of the directory and the one above too", async () => {
    const tree = treeOfAll();
    const client = await logIn({ tree });
    const id = (path: string): string => tree.lstat(path).id.toString(16);
    const modify = "modify=20010203040506;";
    const file = `type=file;size=5;${modify}perm=adfrw;unique=${id("/all/file")};UNIX.mode=0644; `;
    const listing = await lines(client, "MLSD /all");
    expect(listing[0]).toBe(`type=cdir;${modify}perm=cdeflmp;unique=${id("/all")};UNIX.mode=0755; .`);
    expect(listing[1]).toMatch(/^type=pdir;.* \.\.$/);
    expect(listing.slice(2)).toEqual([
      `type=dir;${modify}perm=cdeflmp;unique=${id("/all/dir")};UNIX.mode=01777; dir`,
      `${file}file`,
      `type=file;size=0;${modify}perm=adfrw;unique=${id("/all/.hidden")};UNIX.mode=0600; .hidden`,
      `${file}file too`,
      `type=OS.unix=slink:file;${modify}perm=adfrw;unique=${id("/all/link")};UNIX.mode=0777; link`,
      // A target that would end the fact, or all facts, is left out.
      `type=OS.unix=symlink;${modify}perm=adfrw;unique=${id("/all/lost")};UNIX.mode=0777; lost`,
      `type=OS.unix=slink:dir;${modify}perm=adfrw;unique=${id("/all/to-dir")};UNIX.mode=0777; to-dir`,
    ]);
    expect((await lines(client, "MLSD /all/to-dir")).length).toBe(2);
    expect(await client.command("MLST /all/file")).toBe(`250-Facts:\n ${file}/all/file\n250 End`);
    expect(await client.commands("CWD /all/dir", "MLST")).toEqual([
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^250-Facts:\n type=dir;.* \/all\/dir\n250 End$/),
    ]);
  });

  it("tell the facts that were asked for", async () => {
    const client = await logIn({ tree: treeOfAll() });
    expect(await client.command("OPTS MLST Size;type;colour;")).toBe("200 MLST OPTS type;size;");
    expect(await client.command("FEAT")).toContain("\n MLST type*;size*;modify;perm;unique;UNIX.mode;\n");
    expect((await lines(client, "MLSD /all"))[3]).toBe("type=file;size=5; file");
    expect(await client.command("OPTS MLST")).toBe("200 MLST OPTS ");
    expect((await lines(client, "MLSD /all"))[3]).toBe(" file");
  });

  it("are names alone in NLST, and in the reply in STAT", async () => {
    const client = await logIn({ tree: treeOfAll() });
    const names = ["dir", "file", "file too", "link", "lost", "to-dir"];
    expect(await lines(client, "NLST /all")).toEqual(names);
    expect(await lines(client, "NLST -a /all")).toEqual([".", "..", "dir", "file", ".hidden", ...names.slice(2)]);
    expect(await lines(client, "NLST /all/.hidden")).toEqual(["/all/.hidden"]);
    expect((await client.command("STAT /all/link")).split("\n")).toEqual([
      "213-Status:",
      "lrwxrwxrwx    1 0        0               4 Feb 03  2001 /all/link -> file",
      "213 End",
    ]);
    expect((await client.command("STAT -a /all")).split("\n").length).toBe(2 + 2 + 7);
    expect((await client.command("STAT /all/dir")).split("\n").length).toBe(2);
    expect(await lines(client, "LIST /all/lost")).toHaveLength(1);
  });

  it("are empty for what is not there, where the server is to be like vsftpd", async () => {
    const client = await logIn({ listsMissingAsEmpty: true });
    expect(await lines(client, "LIST /none")).toEqual([]);
    expect(await lines(client, "NLST /none/below")).toEqual([]);
    await client.passive();
    expect(await client.command("MLSD /none")).toMatch(/^550 /);
    expect(await client.command("STAT /none")).toMatch(/^450 /);
  });

  it("are whole with thousands of names", async () => {
    const tree = new FileTree();
    const names = Array.from({ length: 5000 }, (_, at) => `${at} ü`);
    for (const name of names) tree.mkdir(`/${name}`);
    const client = await logIn({ tree, home: "/" });
    expect(await lines(client, "NLST")).toEqual(names);
    expect((await lines(client, "MLSD")).length).toBe(5002);
    expect(client.server.dataConnections).toBe(2);
  });
});
