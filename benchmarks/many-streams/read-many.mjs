// Reads one file with many streams at once on one connection, in a process of its own that watches its memory. Its argument is JSON: see `ManyStreams` in
// reading-many.ts, which starts it; the last line of its output is what it saw.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { posix } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

const { client, url, options, streams, fileBytes, readBytes, stepBytes, pauseMs, expectedFile } = JSON.parse(
  process.argv[2],
);

/** Each opens a connection, and gives what opens a stream of a part of the file, and what closes the connection. */
const clients = {
  async samewire() {
    const { TransportScope } = await import("samewire");
    const scope = new TransportScope();
    const transport = scope.getTransport(url, options);
    return { open: (offset, length) => transport.get("large", { offset, length }), close: () => scope.close() };
  },
  /** On a socket without Nagle's delay. */
  async ssh2() {
    const { Client } = await import("ssh2");
    const { hostname, port, username, pathname } = new URL(url);
    const { password, ssh } = options;
    const privateKey = typeof ssh.identityFile === "string" ? await readFile(ssh.identityFile) : undefined;
    const connection = new Client();
    const ready = once(connection, "ready");
    const sock = createConnection({ host: hostname, port: Number(port), noDelay: true });
    connection.connect({ sock, username, password, privateKey });
    await ready;
    const sftp = await promisify(connection.sftp.bind(connection))();
    const path = posix.join(decodeURIComponent(pathname), "large");
    const closed = [];
    return {
      async open(offset, length) {
        const stream = sftp.createReadStream(path, { start: offset, end: offset + length - 1 });
        closed.push(once(stream, "close"));
        return stream;
      },
      async close() {
        await Promise.all(closed);
        connection.end();
      },
    };
  },
};

const expected = await readFile(expectedFile);
const { open, close } = await clients[client]();
const firstBytesMs = [];
const endsMs = [];
let begunAt = 0;

async function read(at) {
  const offset = Math.floor(((fileBytes - readBytes) * at) / Math.max(1, streams - 1));
  let [position, rest] = [offset, stepBytes];
  for await (const chunk of await open(offset, readBytes)) {
    if (position === offset) firstBytesMs.push(performance.now() - begunAt);
    if (!chunk.equals(expected.subarray(position, position + chunk.length)))
      throw new Error(`wrong bytes at ${position}`);
    position += chunk.length;
    rest -= chunk.length;
    if (pauseMs === 0 || rest > 0) continue;
    rest = stepBytes;
    await setTimeout(pauseMs * (0.5 + Math.random()));
  }
  if (position - offset !== readBytes) throw new Error(`stream ${at} gave ${position - offset} of ${readBytes} bytes`);
  endsMs.push(performance.now() - begunAt);
}

// What a first operation loads and compiles is there whoever reads how.
for await (const chunk of await open(0, 1)) if (chunk.length !== 1) throw new Error("one byte was asked for");
const before = process.memoryUsage.rss();
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
begunAt = performance.now();
await Promise.all(Array.from({ length: streams }, (_, at) => read(at)));
clearInterval(watch);
await close();
process.stdout.write(
  `${JSON.stringify({
    beforeBytes: before,
    peakBytes: Math.max(peak, process.memoryUsage.rss()),
    lastFirstByteMs: Math.max(...firstBytesMs),
    firstEndMs: Math.min(...endsMs),
    ms: Math.max(...endsMs),
    completed: endsMs.length,
  })}\n`,
);
