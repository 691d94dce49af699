/** What a name stands for; `other` is a device, a pipe, a socket, or what has no length before it is read. */
export type EntryType = "file" | "directory" | "link" | "other";

/** What is known of a file, directory or link. What a server does not say is absent, never guessed. */
export interface Stat {
  /** Of a link `link`, unless it was followed. */
  readonly type: EntryType;
  /** Length in bytes; 0 for a directory where the server gives none. */
  readonly sizeBytes: number;
  /** When the content was last changed, in the server's own step. */
  readonly mtime?: Date;
  /** When it was last read. */
  readonly atime?: Date;
  /** The twelve POSIX permission bits. */
  readonly mode?: number;
  /** The owner's number on the server. */
  readonly uid?: number;
  /** The group's number on the server. */
  readonly gid?: number;
  /** Changes whenever the content does (HTTP, WebDAV, S3). */
  readonly etag?: string;
}

/** One name in a directory. */
export interface Entry {
  /** Plain text, one segment; never `.` or `..`, never with a slash. */
  readonly name: string;
  /** The name below the transport's base, ready to be handed to any verb. */
  readonly path: string;
  /** Of the entry itself (lstat), where the listing said so. */
  readonly stat?: Stat;
}
