import type { FtpReply, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import type { DigestAlgorithm } from "../../transport/verb-options.ts";

interface Names {
  /** Commands that no standard has. They take the part of a file behind its name, so that a name with a space says something else. */
  readonly commands: readonly string[];
  /** For HASH (draft-bryan-ftpext-hash-02), which is told the algorithm before. */
  readonly hash: string;
  readonly length: number;
}

const namesOf: Readonly<Record<DigestAlgorithm, Names>> = {
  sha256: { commands: ["XSHA256"], hash: "SHA-256", length: 64 },
  sha1: { commands: ["XSHA1", "XSHA"], hash: "SHA-1", length: 40 },
  md5: { commands: ["XMD5"], hash: "MD5", length: 32 },
};

/** A digest of a file as the server computes it; undefined where it knows none, or refuses: whoever then reads the file is told why. */
export async function digestOf(wire: FtpWire, path: string, algorithm: DigestAlgorithm): Promise<string | undefined> {
  const { commands, hash, length } = namesOf[algorithm];
  const command = path.includes(" ") ? undefined : commands.find((name) => wire.has(name));
  try {
    if (command !== undefined) return wordOf(await wire.request(`${command} ${path}`, [200, 213, 250]), "", length);
    if (!wire.has("HASH")) return undefined;
    // Asked for each time: nothing is relied on that another operation may have set.
    await wire.request(`OPTS HASH ${hash}`, [200]);
    return wordOf(await wire.request(`HASH ${path}`, [213]), `${hash} [0-9]+-[0-9]+ `, length);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/** `250 9B74…`, or `213 SHA-256 0-49 9b74… name`, often behind a line that says that it is being computed. */
function wordOf({ lines }: FtpReply, before: string, length: number): string | undefined {
  return new RegExp(`^${before}([0-9a-fA-F]{${length}})(?: |$)`).exec(lines.at(-1) ?? "")?.[1];
}
