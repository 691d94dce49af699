import type { OnReadOpts, Socket } from "node:net";

/** What Node reads at a time. */
const leastBytes = 64 * 1024;
/** More makes no difference to what a file costs, and a paused reader holds two of these. */
const mostBytes = 512 * 1024;
/** What all sockets together may read at a time beyond the least: a few that are fast need no more, and hundreds are to hold no more. */
const sharedBytes = 4 * 1024 * 1024;
let usedBytes = 0;
/** A reader that took this long to take what was there is slow: there may be hundreds of them, and each holds what it is given. */
const slowMs = 20;

/**
 * Options for a socket that is read in larger pieces the more comes at once: a large file that is taken as fast as it comes costs half of the time that it costs
 * in pieces of 64 KiB. What comes is pushed into the socket, which is a stream like any other.
 */
export function readingMuch(socket: () => Socket): OnReadOpts {
  let wantedBytes = leastBytes;
  let buffer = Buffer.allocUnsafeSlow(wantedBytes);
  let readAt = 0;
  let watched = false;
  const want = (bytes: number): void => {
    if (usedBytes + bytes - wantedBytes > sharedBytes) return;
    usedBytes += bytes - wantedBytes;
    wantedBytes = bytes;
  };
  return {
    buffer: () => buffer,
    callback: (length) => {
      if (!watched) socket().once("close", () => want(leastBytes));
      watched = true;
      const read = buffer.subarray(0, length);
      // Few bytes do not keep a large buffer: it is filled again.
      if (length < buffer.length / 2) return socket().push(Buffer.from(read));
      const now = performance.now();
      if (now - readAt > slowMs) want(leastBytes);
      else if (length === buffer.length) want(Math.min(mostBytes, wantedBytes * 2));
      readAt = now;
      buffer = Buffer.allocUnsafeSlow(wantedBytes);
      return socket().push(read);
    },
  };
}
