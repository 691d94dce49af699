import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The real servers and clients that tests run against, by name, with the program that each is known by. */
const programs = {
  "openssh-server": "sshd",
  "openssh-client": "ssh",
  "openssh-sftp": "sftp",
  "pseudo-terminal": "script",
  curl: "curl",
  openssl: "openssl",
  nginx: "nginx",
  "nginx-dav": "../lib/nginx/modules/ngx_http_dav_ext_module.so",
  apache: "apache2",
  rclone: "rclone",
  python: "python3",
  tinyproxy: "tinyproxy",
  microsocks: "microsocks",
  swift: "../lib/python3/dist-packages/swift/common/middleware/s3api/s3api.py",
} as const;

export type ProgramName = keyof typeof programs;

export const programNames = Object.keys(programs) as readonly ProgramName[];

/** Servers live where only root's PATH leads, and modules beside it. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];

/** What `SAMEWIRE_REQUIRE_SERVERS` says must be there: names with commas between them, or `all`. */
const required = (process.env["SAMEWIRE_REQUIRE_SERVERS"] ?? "").split(",").filter((name) => name !== "");

/** Names in `SAMEWIRE_REQUIRE_SERVERS` that nothing has. */
export const unknownNames: readonly string[] = required.filter(
  (name) => name !== "all" && !Object.hasOwn(programs, name),
);

/** Where a program is, or undefined where it is not installed. */
export function findProgram(name: ProgramName): string | undefined {
  return folders.map((folder) => join(folder, programs[name])).find((path) => existsSync(path));
}

export function isRequired(name: ProgramName): boolean {
  return required.includes("all") || required.includes(name);
}

/**
 * Whether tests against a program run. Where it is missing they are skipped under a title that says so, and the end of the run names it and
 * counts them; where it is required they run, and fail.
 */
export function hasProgram(name: ProgramName): boolean {
  return findProgram(name) !== undefined || isRequired(name);
}

/** A title for what needs a program: it says so where the program is missing. */
export function titleNeeding(name: ProgramName, title: string): string {
  return hasProgram(name) ? title : `${title} (skipped: ${name} is not installed)`;
}
