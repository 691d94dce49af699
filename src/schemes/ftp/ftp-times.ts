import type { FtpReply, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal } from "../../drivers/basic-ftp.ts";
import { isTransportError } from "../../errors/transport-error.ts";
import type { RawEntry } from "../../transport/primitives.ts";
import { isSafeName } from "../../transport/verbs/list.ts";
import { parseTime } from "./listing/facts.ts";

/** Questions that are sent together: few enough for the buffers of any server. */
const together = 32;

/** Entries of a listing with the times of files that it left out, which the server is asked for one by one: where it can, many in one round trip. */
export async function withTimes(
  wire: FtpWire,
  directory: string,
  entries: readonly RawEntry[],
): Promise<readonly RawEntry[]> {
  const timed = [...entries];
  // What is no name is refused above, and leads elsewhere.
  const asked = [...entries.entries()].filter(
    ([, { name, stat }]) => stat?.type === "file" && stat.mtime === undefined && isSafeName(name),
  );
  const size = wire.takesSeveral ? together : 1;
  for (let start = 0; start < asked.length; start += size) {
    const part = asked.slice(start, start + size);
    const questions = part.map(([, { name }]) => ({
      command: `MDTM ${directory === "/" ? "" : directory}/${name}`,
      expected: [213],
    }));
    const answers = await Promise.all(wire.requestAll(questions).map((answer) => answer.catch(refusal)));
    for (const [index, answer] of answers.entries()) {
      const [at, { name, stat }] = part[index] as (typeof part)[number];
      const mtime = answer === undefined ? undefined : parseTime(answer.lines[0]?.trim() ?? "");
      if (stat !== undefined && mtime !== undefined) timed[at] = { name, stat: { ...stat, mtime } };
    }
  }
  return timed;
}

/** What is gone by now, has no time, or a name that the wire refuses to say, is left without one. */
function refusal(error: unknown): FtpReply | undefined {
  if (isRefusal(error) || isTransportError(error, "invalid-path")) return undefined;
  throw error;
}
