import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { canAddAccounts } from "./temporary-account.ts";

interface Program {
  readonly file: string;
  /** Whether the tests can use it as root alone: it serves a user that is added to this machine. Default false. */
  readonly needsRoot?: boolean;
}

/** The real servers and clients that tests run against, by name, with the program that each is known by. */
const programs = {
  "openssh-server": { file: "sshd" },
  "openssh-client": { file: "ssh" },
  "openssh-sftp": { file: "sftp" },
  vsftpd: { file: "vsftpd", needsRoot: true },
  proftpd: { file: "proftpd", needsRoot: true },
  "pure-ftpd": { file: "pure-ftpd", needsRoot: true },
  "pseudo-terminal": { file: "script" },
  curl: { file: "curl" },
  chromium: { file: "chromium" },
  openssl: { file: "openssl" },
  nginx: { file: "nginx" },
  "nginx-dav": { file: "../lib/nginx/modules/ngx_http_dav_ext_module.so" },
  apache: { file: "apache2" },
  rclone: { file: "rclone" },
  redis: { file: "redis-server" },
  python: { file: "python3" },
  tinyproxy: { file: "tinyproxy" },
  microsocks: { file: "microsocks" },
  bash: { file: "bash" },
  zsh: { file: "zsh" },
  fish: { file: "fish" },
  mandoc: { file: "mandoc" },
  swift: { file: "../lib/python3/dist-packages/swift/common/middleware/s3api/s3api.py" },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;

export const programNames = Object.keys(programs) as readonly ProgramName[];

/** Servers live where only root's PATH leads, and modules beside it. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Has a folder for each server that could not be installed, since Debian lets only one of its kind be, and was unpacked instead. */
const unpacked = "/opt/samewire-servers";

/** What `SAMEWIRE_REQUIRE_SERVERS` says must be there: names with commas between them, or `all`. */
const required = (process.env["SAMEWIRE_REQUIRE_SERVERS"] ?? "").split(",").filter((name) => name !== "");

/** Names in `SAMEWIRE_REQUIRE_SERVERS` that nothing has. */
export const unknownNames: readonly string[] = required.filter(
  (name) => name !== "all" && !Object.hasOwn(programs, name),
);

/** Where a program is, or undefined where it is not installed. */
export function findProgram(name: ProgramName): string | undefined {
  const { file } = programs[name];
  return [...folders, join(unpacked, file, "usr/sbin")]
    .map((folder) => join(folder, file))
    .find((path) => existsSync(path));
}

export function isRequired(name: ProgramName): boolean {
  return required.includes("all") || required.includes(name);
}

/** Why tests cannot use a program, in words that follow its name; undefined where they can. */
export function obstacle(name: ProgramName): string | undefined {
  const { needsRoot = false }: Program = programs[name];
  if (findProgram(name) === undefined) return "is not installed";
  return needsRoot && !canAddAccounts ? "needs root" : undefined;
}

/**
 * Whether tests against a program run. Where they cannot they are skipped under a title that says so, and the end of the run names the program and
 * counts them; where it is required they run, and fail.
 */
export function hasProgram(name: ProgramName): boolean {
  return obstacle(name) === undefined || isRequired(name);
}

/** A title for what needs a program: it says so where the program cannot be used. */
export function titleNeeding(name: ProgramName, title: string): string {
  return hasProgram(name) ? title : `${title} (skipped: ${name} ${obstacle(name)})`;
}
