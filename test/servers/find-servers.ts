import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The real servers and clients that tests run against, by name, with what they are found as. */
export const programs = {
  "openssh-server": ["/usr/sbin/sshd", "sshd"],
  "openssh-client": ["ssh"],
  "openssh-sftp": ["sftp"],
} as const satisfies Record<string, readonly string[]>;

export type ProgramName = keyof typeof programs;

const searched = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Where a program is, or undefined where it is not installed. */
export function findProgram(name: ProgramName): string | undefined {
  for (const candidate of programs[name]) {
    if (candidate.startsWith("/")) {
      if (existsSync(candidate)) return candidate;
      continue;
    }
    const found = searched.map((folder) => join(folder, candidate)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Whether tests against a program run. Where it is missing they are skipped under a title that says so, and the summary at the end of the run
 * names it; where `SAMEWIRE_REQUIRE_SERVERS` names it, or is `all`, they run and fail.
 */
export function hasProgram(name: ProgramName): boolean {
  return findProgram(name) !== undefined || isRequired(name);
}

export function isRequired(name: ProgramName): boolean {
  const required = (process.env["SAMEWIRE_REQUIRE_SERVERS"] ?? "").split(",");
  return required.includes("all") || required.includes(name);
}

/** A title for what needs a program: it says so where the program is missing. */
export function titleNeeding(name: ProgramName, title: string): string {
  return hasProgram(name) ? title : `${title} [skipped: ${name} is not installed]`;
}
