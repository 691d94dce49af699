import fs from "node:fs";
import { dirname, join } from "node:path";

import { isTransportError } from "../../../src/errors/transport-error.ts";
import { FileTree } from "../../../src/schemes/memory/file-tree.ts";
import type { TreeFile } from "../../../src/schemes/memory/tree-file.ts";
import type { OpenFlags, TreeStat } from "../../../src/schemes/memory/tree-types.ts";

/** Something to do with a tree. Files that stay open have slots. */
export type Step =
  | readonly ["mkdir", path: string, mode: number]
  | readonly ["rmdir", path: string]
  | readonly ["unlink", path: string]
  | readonly ["rename", from: string, to: string]
  | readonly ["symlink", target: string, path: string]
  | readonly ["readlink", path: string]
  | readonly ["link", existing: string, path: string]
  | readonly ["readdir", path: string]
  | readonly ["lstat", path: string]
  | readonly ["stat", path: string]
  | readonly ["realpath", path: string]
  | readonly ["chmod", path: string, mode: number]
  | readonly ["resize", path: string, length: number]
  | readonly ["utimes", path: string, seconds: number]
  | readonly ["writeFile", path: string, content: Buffer, mode: number]
  | readonly ["open", slot: number, path: string, flags: Required<OpenFlags>, mode: number]
  | readonly ["write", slot: number, offset: number, content: Buffer]
  | readonly ["read", slot: number, offset: number, length: number]
  | readonly ["truncate", slot: number, length: number]
  | readonly ["fstat", slot: number]
  | readonly ["close", slot: number];

/** What a step came to: a result, or the code of an error. */
type Answer = { readonly result: unknown } | { readonly error: string };

interface Facts {
  readonly type: string;
  readonly mode: number;
  readonly links?: number;
  readonly size?: number;
}

const codes: Readonly<Record<string, string>> = {
  ENOENT: "not-found",
  EEXIST: "already-exists",
  ENOTDIR: "not-a-directory",
  EISDIR: "is-a-directory",
  ENOTEMPTY: "directory-not-empty",
  EPERM: "permission-denied",
  EBADF: "permission-denied",
  EINVAL: "invalid-path",
  ELOOP: "invalid-path",
};

/** Does steps in a folder of the real disk. */
export class DiskTree {
  readonly #root: string;
  readonly #slots = new Map<number, { fd: number; flags: OpenFlags }>();

  constructor(folder: string) {
    this.#root = join(folder, "root");
    fs.mkdirSync(this.#root, { recursive: true });
  }

  answer(step: Step): Answer {
    try {
      return { result: this.#do(step) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || codes[code] === undefined) throw error;
      return { error: codes[code] };
    }
  }

  everything(): unknown[] {
    const found: unknown[] = [];
    const visit = (path: string): void => {
      const facts = factsOfDisk(fs.lstatSync(path));
      const content =
        facts.type === "file"
          ? fs.readFileSync(path, "latin1")
          : facts.type === "link"
            ? this.#inside(fs.readlinkSync(path))
            : "";
      found.push([this.#inside(path), facts, content]);
      if (facts.type === "directory") for (const name of fs.readdirSync(path).toSorted()) visit(join(path, name));
    };
    visit(this.#root);
    return found;
  }

  close(): void {
    for (const { fd } of this.#slots.values()) fs.closeSync(fd);
    fs.rmSync(dirname(this.#root), { recursive: true });
  }

  #do(step: Step): unknown {
    switch (step[0]) {
      case "mkdir":
        return void fs.mkdirSync(this.#at(step[1]), step[2]);
      case "rmdir":
        return void fs.rmdirSync(this.#at(step[1]));
      case "unlink":
        return void fs.unlinkSync(this.#at(step[1]));
      case "rename":
        return void fs.renameSync(this.#at(step[1]), this.#at(step[2]));
      case "symlink":
        return void fs.symlinkSync(step[1].startsWith("/") ? this.#at(step[1]) : step[1], this.#at(step[2]));
      case "readlink":
        return this.#inside(fs.readlinkSync(this.#at(step[1])));
      case "link":
        return void fs.linkSync(this.#at(step[1]), this.#at(step[2]));
      case "readdir":
        return fs.readdirSync(this.#at(step[1])).toSorted();
      case "lstat":
        return factsOfDisk(fs.lstatSync(this.#at(step[1])));
      case "stat":
        return factsOfDisk(fs.statSync(this.#at(step[1])));
      case "realpath":
        return this.#inside(fs.realpathSync.native(this.#at(step[1])));
      case "chmod":
        return void fs.chmodSync(this.#at(step[1]), step[2]);
      case "resize":
        return void fs.truncateSync(this.#at(step[1]), step[2]);
      case "utimes":
        fs.utimesSync(this.#at(step[1]), step[2], step[2]);
        return fs.statSync(this.#at(step[1])).mtimeMs;
      case "writeFile":
        return void fs.writeFileSync(this.#at(step[1]), step[2], { mode: step[3] });
      case "open":
        return this.#open(step[1], this.#at(step[2]), step[3], step[4]);
      case "write":
        return this.#in(
          step[1],
          ({ fd, flags }) => void fs.writeSync(fd, step[3], 0, step[3].length, flags.append === true ? null : step[2]),
        );
      case "read":
        return this.#in(step[1], ({ fd }) => {
          const target = Buffer.alloc(step[3]);
          return target.subarray(0, fs.readSync(fd, target, 0, step[3], step[2])).toString("latin1");
        });
      case "truncate":
        return this.#in(step[1], ({ fd, flags }) => {
          if (flags.write !== true) throw Object.assign(new Error("read only"), { code: "EBADF" });
          fs.ftruncateSync(fd, step[2]);
        });
      case "fstat":
        return this.#in(step[1], ({ fd }) => factsOfDisk(fs.fstatSync(fd)));
      case "close":
        return this.#in(step[1], ({ fd }) => {
          fs.closeSync(fd);
          this.#slots.delete(step[1]);
        });
    }
  }

  #open(slot: number, path: string, flags: Required<OpenFlags>, mode: number): void {
    const { constants: c } = fs;
    const { read, write, create, exclusive, truncate, append } = allowed(flags);
    const access = write ? (read ? c.O_RDWR : c.O_WRONLY) : c.O_RDONLY;
    const fd = fs.openSync(
      path,
      access |
        (create ? c.O_CREAT : 0) |
        (exclusive ? c.O_EXCL : 0) |
        (truncate ? c.O_TRUNC : 0) |
        (append ? c.O_APPEND : 0),
      mode,
    );
    if (fs.fstatSync(fd).isDirectory()) {
      fs.closeSync(fd);
      throw Object.assign(new Error("a tree opens no directory"), { code: "EISDIR" });
    }
    const before = this.#slots.get(slot);
    if (before !== undefined) fs.closeSync(before.fd);
    this.#slots.set(slot, { fd, flags: allowed(flags) });
  }

  #in<T>(slot: number, work: (open: { fd: number; flags: OpenFlags }) => T): T | undefined {
    const open = this.#slots.get(slot);
    return open === undefined ? undefined : work(open);
  }

  #at(path: string): string {
    return join(this.#root, path);
  }

  #inside(path: string): string {
    return path.startsWith("/") ? inside(path.slice(dirname(this.#root).length)) : path;
  }
}

/** Does steps in a tree in memory, whose root has a level above it too. */
export class MemoryTree {
  readonly #tree = new FileTree();
  readonly #slots = new Map<number, TreeFile>();

  constructor() {
    this.#tree.mkdir("/root");
  }

  answer(step: Step): Answer {
    try {
      return { result: this.#do(step) };
    } catch (error) {
      if (!isTransportError(error)) throw error;
      return { error: error.code };
    }
  }

  everything(): unknown[] {
    const found: unknown[] = [];
    const visit = (path: string): void => {
      const facts = factsOfTree(this.#tree.lstat(path));
      const content =
        facts.type === "file" ? this.#content(path) : facts.type === "link" ? inside(this.#tree.readlink(path)) : "";
      found.push([inside(path), facts, content]);
      if (facts.type === "directory")
        for (const { name } of this.#tree.readdir(path).toSorted((a, b) => (a.name < b.name ? -1 : 1)))
          visit(`${path}/${name}`);
    };
    visit("/root");
    return found;
  }

  #content(path: string): string {
    const file = this.#tree.open(path, { read: true });
    const content = file.read(0, file.stat().sizeBytes).toString("latin1");
    file.close();
    return content;
  }

  #do(step: Step): unknown {
    const tree = this.#tree;
    switch (step[0]) {
      case "mkdir":
        return tree.mkdir(at(step[1]), step[2]);
      case "rmdir":
        return tree.rmdir(at(step[1]));
      case "unlink":
        return tree.unlink(at(step[1]));
      case "rename":
        return tree.rename(at(step[1]), at(step[2]), { replace: true });
      case "symlink":
        return tree.symlink(step[1].startsWith("/") ? at(step[1]) : step[1], at(step[2]));
      case "readlink":
        return inside(tree.readlink(at(step[1])));
      case "link":
        return tree.link(at(step[1]), at(step[2]));
      case "readdir":
        return tree
          .readdir(at(step[1]))
          .map(({ name }) => name)
          .toSorted();
      case "lstat":
        return factsOfTree(tree.lstat(at(step[1])));
      case "stat":
        return factsOfTree(tree.stat(at(step[1])));
      case "realpath":
        tree.stat(at(step[1])); // That of the disk wants all of the path to be there.
        return inside(tree.realpath(at(step[1])));
      case "chmod":
        return tree.setAttributes(at(step[1]), { mode: step[2] }, { followLinks: true });
      case "resize":
        return tree.setAttributes(at(step[1]), { sizeBytes: step[2] }, { followLinks: true });
      case "utimes": {
        const time = new Date(step[2] * 1000);
        tree.setAttributes(at(step[1]), { mtime: time, atime: time }, { followLinks: true });
        return tree.stat(at(step[1])).mtime.getTime();
      }
      case "writeFile": {
        const file = tree.open(at(step[1]), { write: true, create: true, truncate: true }, step[3]);
        file.write(0, step[2]);
        return file.close();
      }
      case "open": {
        const file = tree.open(at(step[2]), allowed(step[3]), step[4]);
        this.#slots.get(step[1])?.close();
        return void this.#slots.set(step[1], file);
      }
      case "write":
        return this.#slots.get(step[1])?.write(step[2], step[3]);
      case "read":
        return this.#slots.get(step[1])?.read(step[2], step[3]).toString("latin1");
      case "truncate":
        return this.#slots.get(step[1])?.truncate(step[2]);
      case "fstat": {
        const file = this.#slots.get(step[1]);
        return file === undefined ? undefined : factsOfTree(file.stat());
      }
      case "close":
        this.#slots.get(step[1])?.close();
        return void this.#slots.delete(step[1]);
    }
  }
}

/** Opening for nothing is opening to read; O_TRUNC of what is only read, and O_EXCL without O_CREAT, are undefined in POSIX. */
function allowed(flags: Required<OpenFlags>): Required<OpenFlags> {
  const write = flags.write || flags.append;
  return {
    ...flags,
    write,
    read: flags.read || !write,
    truncate: flags.truncate && write,
    exclusive: flags.exclusive && flags.create,
  };
}

function at(path: string): string {
  return `/root${path}`;
}

/** A path as steps name it; one outside of the root begins with dots, and a relative one stays as it is. */
function inside(path: string): string {
  if (path === "/root" || path.startsWith("/root/")) return path.slice("/root".length) || "/";
  return path.startsWith("/") ? `..${path}` : path;
}

function factsOfDisk(stats: fs.Stats): Facts {
  const type = stats.isDirectory() ? "directory" : stats.isSymbolicLink() ? "link" : "file";
  return facts(type, stats.mode & 0o7777, stats.nlink, stats.size);
}

function factsOfTree({ type, mode, links, sizeBytes }: TreeStat): Facts {
  return facts(type, mode, links, sizeBytes);
}

/** Of directories the number of links and the size, of links the size, are the file system's own matter. */
function facts(type: string, mode: number, links: number, size: number): Facts {
  if (type === "directory") return { type, mode };
  return type === "link" ? { type, mode, links } : { type, mode, links, size };
}
