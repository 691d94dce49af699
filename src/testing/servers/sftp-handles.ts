import { TransportError } from "../../errors/transport-error.ts";
import type { TreeFile } from "../../schemes/memory/tree-file.ts";
import type { NamedStat } from "./sftp-answers.ts";

export interface OpenFile {
  readonly path: string;
  readonly file: TreeFile;
}

export interface OpenDirectory {
  readonly path: string;
  /** Those that were not told yet. */
  readonly entries: NamedStat[];
}

/** The files and directories that one session has open, by what it was told to call them. */
export class SftpHandles {
  /** At a time; 0 for any number. */
  readonly most: number;
  readonly #open = new Map<number, OpenFile | OpenDirectory>();
  #last = 0;

  constructor(most: number) {
    this.most = most;
  }

  add(opened: OpenFile | OpenDirectory): number {
    if (this.most > 0 && this.#open.size >= this.most) {
      if ("file" in opened) opened.file.close();
      throw new TransportError("unexpected", "Failure");
    }
    this.#open.set(++this.#last, opened);
    return this.#last;
  }

  get(handle: Buffer): OpenFile | OpenDirectory | undefined {
    return handle.length === 4 ? this.#open.get(handle.readUInt32BE(0)) : undefined;
  }

  file(handle: Buffer): TreeFile {
    const opened = this.get(handle);
    if (opened === undefined || !("file" in opened)) throw noHandle();
    return opened.file;
  }

  directory(handle: Buffer): OpenDirectory {
    const opened = this.get(handle);
    if (opened === undefined || !("entries" in opened)) throw noHandle();
    return opened;
  }

  close(handle: Buffer): void {
    const opened = this.get(handle);
    if (opened === undefined) throw noHandle();
    this.#open.delete(handle.readUInt32BE(0));
    if ("file" in opened) opened.file.close();
  }

  closeAll(): void {
    for (const opened of this.#open.values()) if ("file" in opened) opened.file.close();
    this.#open.clear();
  }
}

function noHandle(): TransportError {
  return new TransportError("unexpected", "there is no such handle");
}
