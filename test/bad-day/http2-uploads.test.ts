import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";

import { beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { identity, scope, server, witness } from "./http2-day.ts";
import { hurried, patient } from "./http-day.ts";
import { endHeaders, endStream, field, frame, frameTypes, ok, word } from "./raw-http2-server.ts";

function transport(options = {}): Transport {
  const tls = { ca: identity.cert };
  const { logger } = witness;
  return scope.getTransport(`davs://127.0.0.1:${server.port}/`, { logger, tls, ...hurried, ...patient, ...options });
}

async function works(used: Transport): Promise<void> {
  server.behave();
  expect(String(await used.getBytes("after"))).toBe("content");
}

const large = Buffer.alloc(2_000_000, "samewire ");

/** What cannot be read a second time, and whether its reader let it go. */
class Pieces implements AsyncIterable<Uint8Array> {
  given = 0;
  released = false;
  readonly #left: number;

  constructor(pieces: number) {
    this.#left = pieces;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (; this.given < this.#left; this.given++) {
        await delay(0);
        yield Buffer.alloc(20_000, "new");
      }
    } finally {
      this.released = true;
    }
  }
}

const answered = (stream: number, status: string): Buffer =>
  frame("headers", endHeaders | endStream, stream, field(":status", status));
const reset = (stream: number, code: number): Buffer => frame("rstStream", 0, stream, word(code));
const farewell = (last: number, code = 0): Buffer => frame("goaway", 0, 0, Buffer.concat([word(last), word(code)]));

/** What a server was sent of a request's body. */
interface Taken {
  readonly stream: number;
  bytes: number;
  whole: boolean;
}

/** Takes uploads as they come, and answers those that are whole; `stopsAt` bytes of the first it does something else, once, and takes no more of it. */
function takes(stopsAt: number, then: (socket: TLSSocket, stream: number) => unknown): Taken[] {
  const uploads: Taken[] = [];
  let current: Taken | undefined;
  server.on((_socket, stream) => uploads.push((current = { stream, bytes: 0, whole: false })));
  server.hears((socket, { type, flags, stream, payload }) => {
    if (type !== frameTypes.data || current === undefined) return;
    const before = current.bytes;
    current.bytes += payload.length;
    const isFirst = uploads.length === 1;
    // What is not wanted is in nobody's way all the same.
    if (payload.length > 0) socket.write(frame("windowUpdate", 0, 0, word(payload.length)));
    if (isFirst && before < stopsAt && current.bytes >= stopsAt) return void then(socket, stream);
    if (isFirst && current.bytes >= stopsAt && !goesOn) return;
    if (payload.length > 0) socket.write(frame("windowUpdate", 0, stream, word(payload.length)));
    if ((flags & endStream) === 0) return;
    current.whole = true;
    socket.write(answered(stream, "201"));
  });
  return uploads;
}

/** Whether the first upload is taken to its end all the same. */
let goesOn = false;
beforeEach(() => {
  goesOn = false;
});

function give(socket: TLSSocket, stream: number, bytes: number): void {
  socket.write(
    Buffer.concat([frame("windowUpdate", 0, 0, word(bytes)), frame("windowUpdate", 0, stream, word(bytes))]),
  );
}

describe("a bad day with http/2: a farewell in the middle of an upload", () => {
  it("that says that it was not looked at is no failure: it is sent again, whole, on another connection", async () => {
    for (const source of [large, new Pieces(40)]) {
      const used = transport();
      const accepted = server.accepted;
      const uploads = takes(30_000, (socket) => socket.write(farewell(0)));
      const bytes = source instanceof Pieces ? 800_000 : large.length;
      expect(await used.put("file", source, { atomic: false })).toBe(bytes);
      expect(uploads.map(({ bytes: taken, whole }) => (whole ? taken : "cut"))).toEqual(["cut", bytes]);
      expect(server.accepted - accepted).toBe(source instanceof Pieces ? 1 : 2);
    }
  });

  it("that says so when too much is gone to be sent again changes nothing, and says that", async () => {
    const used = transport();
    const uploads = takes(1_500_000, (socket) => socket.write(farewell(0)));
    const source = new Pieces(200);
    await witness.failure(used.put("file", source, { atomic: false }), {
      code: "too-many-connections",
      operation: "put",
      effect: "none",
      temporary: true,
      says: /no more requests/,
    });
    expect(uploads).toHaveLength(1);
    await expect.poll(() => source.released).toBe(true);
    await works(used);
  });

  it("that is friendly lets it end where it began", async () => {
    goesOn = true;
    for (const last of [1, 0x7fffffff]) {
      const used = transport();
      await used.connect();
      const accepted = server.accepted;
      const uploads = takes(30_000, (socket, stream) => {
        socket.write(farewell(last === 1 ? stream : last));
        give(socket, stream, 60_000);
      });
      expect(await used.put("file", new Pieces(100), { atomic: false })).toBe(2_000_000);
      expect(uploads).toMatchObject([{ bytes: 2_000_000, whole: true }]);
      expect(server.accepted - accepted).toBe(0);
      await works(used);
    }
  });

  it("that is said twice, first for later requests and then for this one, is obeyed twice", async () => {
    const used = transport();
    const uploads = takes(30_000, (socket) => {
      socket.write(farewell(0x7fffffff));
      setTimeout(() => socket.write(farewell(0)), 50);
    });
    expect(await used.put("file", large, { atomic: false })).toBe(large.length);
    expect(uploads).toMatchObject([{ whole: false }, { bytes: large.length, whole: true }]);
    await works(used);
  });

  it("that is angry is a lost connection: content in memory is sent once more, a source is told of", async () => {
    const used = transport();
    let uploads = takes(30_000, (socket) => socket.write(farewell(0, 2)));
    expect(await used.put("file", large, { atomic: false })).toBe(large.length);
    expect(uploads).toHaveLength(2);
    uploads = takes(30_000, (socket) => socket.write(farewell(0, 11)));
    const source = new Pieces(200);
    const error = await witness.failure(used.put("file", source, { atomic: false }), {
      code: "connection-lost",
      operation: "put",
      effect: expect.stringMatching(/^(?:unknown|none)$/) as never,
      says: /closed|lost/,
    });
    expect(error.temporary).toBe(true);
    await expect.poll(() => source.released).toBe(true);
    await works(used);
  });
});

describe("a bad day with http/2: an answer before the upload is whole", () => {
  const endings: Record<string, (stream: number) => Buffer> = {
    "and the rest unwanted": (stream) => Buffer.concat([answered(stream, "413"), reset(stream, 0)]),
    "and nothing more": (stream) => answered(stream, "413"),
  };
  it.each(Object.entries(endings))(
    "that refuses it, %s, is the answer; the connection is used again",
    async (_how, ending) => {
      const used = transport();
      for (const source of [large, new Pieces(100_000)]) {
        takes(30_000, (socket, stream) => socket.write(ending(stream)));
        await witness.failure(used.put("file", source, { atomic: false }), {
          code: "no-space",
          operation: "put",
          says: /as large as that/,
        });
        if (source instanceof Pieces) await expect.poll(() => source.released).toBe(true);
        await works(used);
      }
      expect(server.accepted).toBe(1);
    },
  );

  it("that says that it is stored is not believed: what was not sent is not there", async () => {
    const used = transport();
    for (const source of [large, new Pieces(100)]) {
      takes(30_000, (socket, stream) => socket.write(Buffer.concat([answered(stream, "201"), reset(stream, 0)])));
      await witness.failure(used.put("file", source, { atomic: false }), {
        code: "protocol-error",
        operation: "put",
        effect: "unknown",
        says: /before it had all/,
      });
      await works(used);
    }
  });

  it("that is a reset of the stream alone harms no other request on the connection", async () => {
    const used = transport();
    const harmless = used.getBytes("before");
    await harmless;
    for (const code of [2, 8, 11]) {
      takes(30_000, (socket, stream) => socket.write(reset(stream, code)));
      await witness.failure(used.put("file", new Pieces(100), { atomic: false }), {
        code: "connection-lost",
        operation: "put",
        effect: "unknown",
        says: /./,
      });
      await works(used);
    }
    expect(server.accepted).toBe(1);
  });

  it("of hints, however many, is none; the answer behind them counts", async () => {
    goesOn = true;
    const used = transport();
    const hint = (stream: number): Buffer => frame("headers", endHeaders, stream, field(":status", "103"));
    const uploads = takes(30_000, (socket, stream) => {
      for (let n = 0; n < 200; n++) socket.write(hint(stream));
      give(socket, stream, 60_000);
    });
    expect(await used.put("file", new Pieces(50), { atomic: false })).toBe(1_000_000);
    expect(uploads).toMatchObject([{ whole: true }]);
    await works(used);
  });
});

describe("a bad day with http/2: a server that takes nothing", () => {
  const slow = { silenceTimeoutMs: 700 };

  it("because it opens no window is given up within the limit, and harms no other request", async () => {
    const used = transport(slow);
    await used.getBytes("before");
    server.on(() => undefined);
    server.hears((socket, { type, stream }) => {
      // Of the first bytes on, nothing is given back; other requests need no window.
      if (type === frameTypes.headers && stream > 3)
        socket.write(Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "x")]));
    });
    const put = used.put("file", large, { atomic: false });
    const failing = witness.failure(put, {
      code: "timeout",
      operation: "put",
      effect: "unknown",
      says: /said nothing/,
    });
    const asking = setInterval(() => void used.getBytes("file").catch((error: unknown) => witness.hear(error)), 50);
    await failing;
    clearInterval(asking);
    expect(server.accepted).toBe(1);
    await works(used);
  });

  it("because it shrinks its windows below nothing is given up within the limit", async () => {
    const used = transport(slow);
    takes(30_000, (socket) => socket.write(frame("settings", 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]))));
    const put = used.put("file", large, { atomic: false });
    await witness.failure(put, { code: "timeout", operation: "put", effect: "unknown", says: /said nothing/ });
    await works(used);
  });

  it("because it allows no requests at all, for now, is waited for within the limit, and asked once it does", async () => {
    const streams = (most: number): Buffer => frame("settings", 0, 0, Buffer.from([0, 3, 0, 0, 0, most]));
    const used = transport(slow);
    let socketOfClient: TLSSocket | undefined;
    server.on((socket, stream) => {
      socketOfClient = socket;
      socket.write(
        Buffer.concat([frame("headers", endHeaders, stream, ok), frame("data", endStream, stream, "x"), streams(0)]),
      );
    });
    await used.getBytes("before");
    await witness.failure(used.stat("file"), {
      code: "timeout",
      operation: "stat",
      temporary: true,
      says: /said nothing/,
    });
    server.behave();
    if (socketOfClient?.destroyed === false) socketOfClient.write(streams(100));
    await works(used);
  });
});
