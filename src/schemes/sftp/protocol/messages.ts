/** Numbers of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02, and OpenSSH's PROTOCOL for its extensions). */

export const version = 3;

export const request = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  extended: 200,
} as const;

export const reply = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 201,
} as const;

/** Flags of OPEN. */
export const openFlag = {
  read: 0x01,
  write: 0x02,
  append: 0x04,
  create: 0x08,
  truncate: 0x10,
  exclusive: 0x20,
} as const;

/** Which attributes follow. */
export const attributeFlag = {
  size: 0x01,
  owner: 0x02,
  permissions: 0x04,
  times: 0x08,
  extended: 0x8000_0000,
} as const;

/** Extensions that are used, by the name that a server announces them with. */
export const extension = {
  posixRename: "posix-rename@openssh.com",
  hardlink: "hardlink@openssh.com",
  fsync: "fsync@openssh.com",
  limits: "limits@openssh.com",
  statvfs: "statvfs@openssh.com",
  copyData: "copy-data",
} as const;

/** The part of a file's permissions that says what it is (POSIX S_IFMT). */
export const fileType = { mask: 0o170000, directory: 0o040000, regular: 0o100000, link: 0o120000 } as const;
