import { posix } from "node:path";

import type { SFTPWrapper, Stats } from "ssh2";

import type { Ssh2Session } from "../sites/ssh2-session.ts";

/** What samewire asks for in its first read of a file: the most that OpenSSH gives in one answer. */
const readBytes = 255 * 1024;

/**
 * The tasks of the overhead benchmark with nothing but ssh2's public calls, written for speed: callbacks inside, one promise for each task, and the
 * same requests that samewire sends, in flight together where they are there.
 */
export class BareSftp {
  readonly #sftp: SFTPWrapper;
  readonly #base: string;
  /** ssh2 reads into a buffer as large as what is asked for: they are used again. */
  readonly #spare: Buffer[] = [];
  #temporaries = 0;

  constructor({ sftp, base }: Ssh2Session) {
    this.#sftp = sftp;
    this.#base = base;
  }

  /** LSTAT. */
  stat(name: string): Promise<Stats> {
    return new Promise((resolve, reject) => {
      this.#sftp.lstat(this.#at(name), (error, stats) => (error ? reject(error) : resolve(stats)));
    });
  }

  /** OPEN; FSTAT and READ; CLOSE, which nobody waits for. */
  get(name: string): Promise<Buffer> {
    const sftp = this.#sftp;
    return new Promise((resolve, reject) => {
      sftp.open(this.#at(name), "r", (failure, handle) => {
        if (failure) return reject(failure);
        const scratch = this.#spare.pop() ?? Buffer.allocUnsafeSlow(readBytes);
        let content: Buffer | undefined;
        let size = -1;
        const arrived = (error: Error | null | undefined): void => {
          if (error) return reject(error);
          if (content === undefined || size < 0) return;
          sftp.close(handle, passOver);
          if (content.length === size) resolve(content);
          else reject(new Error(`${content.length} of ${size} bytes`));
        };
        sftp.fstat(handle, (error, stats) => {
          if (!error) ({ size } = stats);
          arrived(error);
        });
        sftp.read(handle, scratch, 0, readBytes, 0, (error, length) => {
          content = Buffer.from(scratch.subarray(0, length));
          this.#spare.push(scratch);
          arrived(error);
        });
      });
    });
  }

  /** OPEN; WRITE and CLOSE. */
  put(name: string, content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sftp.open(this.#at(name), "w", (failure, handle) => {
        if (failure) return reject(failure);
        this.#fill(handle, content, undefined, (error) => (error ? reject(error) : resolve()));
      });
    });
  }

  /** LSTAT and OPEN of a temporary; FSETSTAT with the old mode, WRITE and CLOSE; RENAME. */
  putAtomically(name: string, content: Buffer): Promise<void> {
    const [sftp, target, temporary] = [this.#sftp, this.#at(name), this.#at(`.${name}.${this.#temporaries++}`)];
    return new Promise((resolve, reject) => {
      const finish = (error: Error | null | undefined): void => (error ? reject(error) : resolve());
      let old: Stats | null | undefined;
      let handle: Buffer | undefined;
      const ready = (): void => {
        if (old === undefined || handle === undefined) return;
        this.#fill(handle, content, old?.mode, (error) => {
          if (error) return reject(error);
          sftp.ext_openssh_rename(temporary, target, finish);
        });
      };
      sftp.lstat(target, (error, stats) => {
        // Whatever the failure is, the file is then taken as new.
        old = error ? null : stats;
        ready();
      });
      sftp.open(temporary, "wx", (error, opened) => {
        if (error) return reject(error);
        handle = opened;
        ready();
      });
    });
  }

  /** Calls back once all of it was answered, or with the first failure. */
  #fill(
    handle: Buffer,
    content: Buffer,
    mode: number | undefined,
    done: (error: Error | null | undefined) => void,
  ): void {
    let awaited = mode === undefined ? 2 : 3;
    const answered = (error: Error | null | undefined): void => {
      if (error) done(error);
      else if (--awaited === 0) done(undefined);
    };
    if (mode !== undefined) this.#sftp.fsetstat(handle, { mode: mode & 0o7777 }, answered);
    this.#sftp.write(handle, content, 0, content.length, 0, answered);
    this.#sftp.close(handle, answered);
  }

  #at(name: string): string {
    return posix.join(this.#base, name);
  }
}

/** For a request whose answer changes nothing. */
function passOver(): void {}
