// Reads one file with many slow readers at once, through the built package, in a process of its own that watches its memory. Its argument is JSON: see
// `SlowReading` in slow-reading.ts, which starts it; the last line of its output is what it saw.
import { createCipheriv } from "node:crypto";
import { setTimeout } from "node:timers/promises";

import { TransportScope } from "samewire";

const { url, options, readers, fileBytes, readBytes, stepBytes, pauseMs, atOnce, heldMs, collects } = JSON.parse(
  process.argv[2],
);

const expected = createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(fileBytes));
const scope = new TransportScope();
const transport = scope.getTransport(url, options);

/** Lets those who wait go on once all have come. */
class Gathering {
  #missing = atOnce;
  #complete;
  complete = new Promise((resolve) => (this.#complete = resolve));

  arrive() {
    if (--this.#missing === 0) this.#complete();
    return this.complete;
  }
}

const gathering = new Gathering();
const progress = Array.from({ length: readers }, () => 0);
const firstBytesMs = [];
const finishedMs = [];
let leastAtFirstEnd;
let begunAt;

/** The first byte where a part differs from the file. */
function check(chunk, position) {
  if (!chunk.equals(expected.subarray(position, position + chunk.length)))
    throw new Error(`wrong bytes at ${position}`);
}

async function readSlowly(reader) {
  const offset = Math.floor(((fileBytes - readBytes) * reader) / Math.max(1, readers - 1));
  const stream = await transport.get("large", { offset, length: readBytes });
  let [position, rest] = [offset, stepBytes];
  for await (const chunk of stream) {
    check(chunk, position);
    if (position === offset) {
      firstBytesMs.push(performance.now() - begunAt);
      // All that may be at once hold what was sent ahead of them, and nobody takes anything.
      await gathering.arrive();
      await setTimeout(heldMs);
    }
    position += chunk.length;
    progress[reader] = position - offset;
    rest -= chunk.length;
    if (rest > 0) continue;
    rest = stepBytes;
    await setTimeout(pauseMs * (0.5 + Math.random()));
  }
  if (position - offset !== readBytes)
    throw new Error(`reader ${reader} got ${position - offset} of ${readBytes} bytes`);
  leastAtFirstEnd ??= Math.min(...progress) / readBytes;
  finishedMs.push(performance.now() - begunAt);
}

// What a first operation loads and compiles is there whoever reads how.
await transport.getBytes("large", { offset: 0, length: 1 });
if (collects) globalThis.gc();
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => {
  if (collects) globalThis.gc({ type: "minor" });
  peak = Math.max(peak, process.memoryUsage.rss());
}, 20);
begunAt = performance.now();
await Promise.all(Array.from({ length: readers }, (_, reader) => readSlowly(reader)));
clearInterval(watch);
const { wiresOpened } = transport.connectionReport();
await scope.close();
process.stdout.write(
  `${JSON.stringify({
    beforeBytes: before,
    peakBytes: peak,
    firstByteMs: Math.max(...firstBytesMs),
    firstEndMs: Math.min(...finishedMs),
    lastEndMs: Math.max(...finishedMs),
    leastAtFirstEnd,
    wiresOpened,
    completed: finishedMs.length,
  })}\n`,
);
