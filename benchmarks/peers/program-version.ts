import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The first line of what a program says of itself, on either stream; undefined where there is no such program. */
export async function programVersion(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args);
    return `${stdout}${stderr}`.trim().split("\n")[0];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
