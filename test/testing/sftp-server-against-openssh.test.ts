import { readFile } from "node:fs/promises";

import type { SFTPWrapper } from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SftpServer } from "../../src/testing/servers/sftp-server.ts";
import { startSftpServer } from "../../src/testing/servers/sftp-server.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import { BareClients, call } from "./bare-client.ts";

type Request = (sftp: SFTPWrapper, at: (path: string) => string) => Promise<unknown>;

function request(
  work: (sftp: SFTPWrapper, at: (path: string) => string, done: (error?: unknown, value?: unknown) => void) => void,
): Request {
  return (sftp, at) => call((done) => work(sftp, at, (error, value) => done(error as Error | null, value)));
}

/** Leaves a folder with a file, a full and an empty directory, and links. */
async function prepare(sftp: SFTPWrapper, at: (path: string) => string): Promise<void> {
  for (const name of ["", "full", "empty", "other"]) await call((done) => sftp.mkdir(at(name), done));
  for (const name of ["file", "second", "full/inside"]) await call((done) => sftp.writeFile(at(name), name, done));
  for (const [target, name] of [
    ["file", "link"],
    ["nowhere", "dangling"],
    ["loop", "loop"],
    ["full", "into"],
  ] as const)
    await call((done) => sftp.symlink(target, at(name), done));
}

const long = "x".repeat(255);

const requests: readonly (readonly [title: string, request: Request])[] = [
  ["stat of nothing", request((sftp, at, done) => sftp.stat(at("nothing"), done))],
  ["stat of a dangling link", request((sftp, at, done) => sftp.stat(at("dangling"), done))],
  ["stat of a loop", request((sftp, at, done) => sftp.stat(at("loop"), done))],
  ["stat below a file", request((sftp, at, done) => sftp.stat(at("file/below"), done))],
  ["mkdir over a directory", request((sftp, at, done) => sftp.mkdir(at("full"), done))],
  ["mkdir over a file", request((sftp, at, done) => sftp.mkdir(at("file"), done))],
  ["mkdir in nothing", request((sftp, at, done) => sftp.mkdir(at("nothing/new"), done))],
  ["mkdir below a file", request((sftp, at, done) => sftp.mkdir(at("file/new"), done))],
  ["rmdir of a full directory", request((sftp, at, done) => sftp.rmdir(at("full"), done))],
  ["rmdir of a file", request((sftp, at, done) => sftp.rmdir(at("file"), done))],
  ["rmdir of a link to a directory", request((sftp, at, done) => sftp.rmdir(at("into"), done))],
  ["rmdir of nothing", request((sftp, at, done) => sftp.rmdir(at("nothing"), done))],
  ["remove of a directory", request((sftp, at, done) => sftp.unlink(at("empty"), done))],
  ["remove of nothing", request((sftp, at, done) => sftp.unlink(at("nothing"), done))],
  ["rename of nothing", request((sftp, at, done) => sftp.rename(at("nothing"), at("new"), done))],
  ["rename of a file over a file", request((sftp, at, done) => sftp.rename(at("file"), at("second"), done))],
  ["rename of a file over itself", request((sftp, at, done) => sftp.rename(at("file"), at("file"), done))],
  ["rename of a file over a directory", request((sftp, at, done) => sftp.rename(at("file"), at("empty"), done))],
  ["rename of a directory over an empty one", request((sftp, at, done) => sftp.rename(at("full"), at("empty"), done))],
  ["rename of a directory into itself", request((sftp, at, done) => sftp.rename(at("full"), at("full/new"), done))],
  ["rename into nothing", request((sftp, at, done) => sftp.rename(at("file"), at("nothing/new"), done))],
  ["posix-rename of nothing", request((sftp, at, done) => sftp.ext_openssh_rename(at("nothing"), at("new"), done))],
  [
    "posix-rename of a file over a directory",
    request((sftp, at, done) => sftp.ext_openssh_rename(at("file"), at("empty"), done)),
  ],
  [
    "posix-rename of a directory over a file",
    request((sftp, at, done) => sftp.ext_openssh_rename(at("empty"), at("file"), done)),
  ],
  [
    "posix-rename over a full directory",
    request((sftp, at, done) => sftp.ext_openssh_rename(at("empty"), at("full"), done)),
  ],
  [
    "posix-rename of a directory into itself",
    request((sftp, at, done) => sftp.ext_openssh_rename(at("full"), at("full/new"), done)),
  ],
  [
    "posix-rename of a file over itself",
    request((sftp, at, done) => sftp.ext_openssh_rename(at("file"), at("file"), done)),
  ],
  ["hardlink over a file", request((sftp, at, done) => sftp.ext_openssh_hardlink(at("file"), at("second"), done))],
  ["hardlink of nothing", request((sftp, at, done) => sftp.ext_openssh_hardlink(at("nothing"), at("new"), done))],
  ["hardlink of a directory", request((sftp, at, done) => sftp.ext_openssh_hardlink(at("full"), at("new"), done))],
  ["symlink over a file", request((sftp, at, done) => sftp.symlink("file", at("second"), done))],
  ["symlink to no name", request((sftp, at, done) => sftp.symlink("", at("new"), done))],
  ["readlink of a file", request((sftp, at, done) => sftp.readlink(at("file"), done))],
  ["readlink of nothing", request((sftp, at, done) => sftp.readlink(at("nothing"), done))],
  ["readlink", request((sftp, at, done) => sftp.readlink(at("link"), done))],
  ["realpath in nothing", request((sftp, at, done) => sftp.realpath(at("nothing/new"), done))],
  ["realpath of a loop", request((sftp, at, done) => sftp.realpath(at("loop"), done))],
  ["opendir of nothing", request((sftp, at, done) => sftp.opendir(at("nothing"), done))],
  ["opendir of a file", request((sftp, at, done) => sftp.opendir(at("file"), done))],
  ["open of nothing", request((sftp, at, done) => sftp.open(at("nothing"), "r", done))],
  ["open of a loop", request((sftp, at, done) => sftp.open(at("loop"), "r", done))],
  ["open of a directory to write", request((sftp, at, done) => sftp.open(at("full"), "w", done))],
  ["open of a file that must be new", request((sftp, at, done) => sftp.open(at("file"), "wx", done))],
  ["open of a dangling link that must be new", request((sftp, at, done) => sftp.open(at("dangling"), "wx", done))],
  ["open below a file", request((sftp, at, done) => sftp.open(at("file/below"), "w", done))],
  ["setstat of nothing", request((sftp, at, done) => sftp.chmod(at("nothing"), 0o600, done))],
  ["setstat of a directory's length", request((sftp, at, done) => sftp.setstat(at("full"), { size: 0 }, done))],
  ["statvfs of nothing", request((sftp, at, done) => sftp.ext_openssh_statvfs(at("nothing"), done))],
  [
    "read of no handle",
    request((sftp, _at, done) => sftp.read(Buffer.from([9, 9, 9, 9]), Buffer.alloc(1), 0, 1, 0, done)),
  ],
  ["readdir of no handle", request((sftp, _at, done) => sftp.readdir(Buffer.from([9, 9, 9, 9]), done))],
  ["a name of 255 bytes", request((sftp, at, done) => sftp.mkdir(at(long), done))],
];

/** What becomes of the modes and lengths that clients ask for. */
const results: Request = async (sftp, at) => {
  await call((done) => sftp.open(at("made"), "w", 0o777, done));
  await call((done) => sftp.mkdir(at("made-dir"), { mode: 0o777 }, done));
  await call((done) => sftp.setstat(at("second"), { size: 3, mode: 0o4751, atime: 5, mtime: 6 }, done));
  const facts: unknown[] = [];
  for (const name of ["", "full", "file", "second", "link", "dangling", "made", "made-dir"]) {
    const { mode, size, mtime } = await call<{ mode: number; size: number; mtime: number }>((done) =>
      sftp.lstat(at(name), done),
    );
    facts.push([name, mode.toString(8), (mode & 0o170_000) === 0o040_000 ? "" : size, name === "second" ? mtime : ""]);
  }
  return facts;
};

describe.runIf(hasProgram("openssh-server"))(
  titleNeeding("openssh-server", "the in-process SFTP server answers as OpenSSH does"),
  () => {
    const clients = new BareClients();
    let embedded: SftpServer;
    let openSsh: OpenSshServer;
    let sides: readonly [sftp: SFTPWrapper, root: string][];

    beforeAll(async () => {
      [embedded, openSsh] = await Promise.all([startSftpServer(), startOpenSsh()]);
      const privateKey = await readFile(openSsh.identityFile);
      const { port, user: username } = openSsh;
      sides = [
        [await clients.openSftp(embedded), "/home/joe"],
        [await clients.openSftp({ host: "127.0.0.1", port }, { username, privateKey }), openSsh.root],
      ];
    });

    afterAll(async () => {
      clients.close();
      await Promise.all([embedded.close(), openSsh.stop()]);
    });

    /** What a request comes to on both servers, each in a fresh folder: a status, or a result. */
    async function onBoth(run: Request): Promise<unknown[]> {
      const folder = `case-${++cases}`;
      return await Promise.all(
        sides.map(async ([sftp, root]) => {
          const at = (path: string): string => `${root}/${folder}${path === "" ? "" : `/${path}`}`;
          await prepare(sftp, at);
          try {
            return await run(sftp, at);
          } catch (error) {
            return { status: (error as { code?: number }).code };
          }
        }),
      );
    }
    let cases = 0;

    it.each(requests)("to %s", async (_title, run) => {
      const [ours, theirs] = await onBoth(run);
      expect(ours).toEqual(theirs);
    });

    it("in the modes and lengths that come of what was asked for", async () => {
      const [ours, theirs] = await onBoth(results);
      expect(ours).toEqual(theirs);
    });
  },
);
