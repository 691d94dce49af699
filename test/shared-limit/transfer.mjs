/**
 * A program that puts files, knowing nothing of who else does: `node transfer.mjs OPTIONS`, which is JSON. A line of output for each file that is there, `failed`
 * and why for each that is not, and a last line when it has nothing left to do. It closes nothing.
 */
import { getTransport, sharedWireLimit } from "samewire";

const { url, password, redis, files, limit } = JSON.parse(process.argv[2]);
const wireLimit = sharedWireLimit({ redis, ...limit });
const transport = getTransport(url, [], { password, wireLimit, connections: limit.limit, idleTimeoutMs: 600_000 });

const say = (line) => process.stdout.write(`${line}\n`);

await Promise.all(
  files.map(async (file) => {
    try {
      await transport.put(`file-${file}`, `content of ${file}\n`.repeat(100), { atomic: false });
      say(`there ${file}`);
    } catch (error) {
      say(`failed ${file} ${error.message}`);
    }
  }),
);
say(`wires ${transport.connectionReport().wiresOpened}`);
