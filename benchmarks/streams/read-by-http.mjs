// Reads one file by HTTP with many slow readers at once, each on a connection of its own, in a process of its own. Its argument is JSON: see `SlowWebReading` in
// gateway.ts, which starts it; the last line of its output is what it saw.
import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { setTimeout } from "node:timers/promises";

const { url, readers, fileBytes, readBytes, stepBytes, pauseMs, heldMs } = JSON.parse(process.argv[2]);
const expected = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(fileBytes));

/** Resolves once every reader has its first bytes. */
let missing = readers;
let complete;
const allBegun = new Promise((resolve) => (complete = resolve));

const firstBytesMs = [];
const endsMs = [];
const begunAt = performance.now();

async function readSlowly(reader) {
  const offset = Math.floor(((fileBytes - readBytes) * reader) / Math.max(1, readers - 1));
  const headers = { range: `bytes=${offset}-${offset + readBytes - 1}` };
  const asked = request(`${url}large`, { headers, agent: false });
  asked.end();
  const [answer] = await once(asked, "response");
  if (answer.statusCode !== 206) throw new Error(`reader ${reader} was answered with ${answer.statusCode}`);
  let [position, rest] = [offset, stepBytes];
  for await (const chunk of answer) {
    if (!chunk.equals(expected.subarray(position, position + chunk.length)))
      throw new Error(`wrong bytes at ${position}`);
    if (position === offset) {
      firstBytesMs.push(performance.now() - begunAt);
      if (--missing === 0) complete();
      // All of them have been begun, and nobody takes anything.
      await allBegun;
      await setTimeout(heldMs);
    }
    position += chunk.length;
    rest -= chunk.length;
    if (rest > 0) continue;
    rest = stepBytes;
    await setTimeout(pauseMs * (0.5 + Math.random()));
  }
  if (position - offset !== readBytes)
    throw new Error(`reader ${reader} got ${position - offset} of ${readBytes} bytes`);
  endsMs.push(performance.now() - begunAt);
}

await Promise.all(Array.from({ length: readers }, (_, reader) => readSlowly(reader)));
process.stdout.write(`${JSON.stringify({ firstBytesMs, lastEndMs: Math.max(...endsMs), completed: endsMs.length })}\n`);
