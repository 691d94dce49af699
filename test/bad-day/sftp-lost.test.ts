import { expect, it } from "vitest";

import { hurried, onSftpServers } from "./sftp-day.ts";

const mebibyte = 1024 * 1024;

onSftpServers("an sftp server that is lost", (day) => {
  it.each(["reset", "close"] as const)(
    "a server that goes for good in the middle of a get (%s) ends it with an error, never as a short success",
    async (ending) => {
      const size = 24 * mebibyte;
      await day.site.seed("large", Buffer.alloc(size, "x"));
      const transport = day.transportWith();
      const stream = await transport.get("large");
      let received = 0;
      const reading = (async () => {
        for await (const chunk of stream) {
          if (received === 0) {
            await day.site.door.shut();
            day.site.tap.sever(ending);
          }
          received += (chunk as Buffer).length;
        }
      })();
      await day.witness.failure(reading, {
        code: "connection-lost",
        operation: "get",
        temporary: true,
        says: /connection/,
      });
      expect(received).toBeLessThan(size);
      // Repeated once, and then there is nobody to ask.
      await day.witness.failure(transport.getBytes("large"), {
        code: "connection-failed",
        operation: "getBytes",
        says: /nothing listens there/,
      });
      await day.site.door.open();
      expect((await transport.getBytes("large")).length).toBe(size);
    },
  );

  it("a server that goes for good in the middle of getBytes and of readv is an error for each", async () => {
    await day.site.seed("large", Buffer.alloc(8 * mebibyte, "x"));
    const transport = day.transportWith();
    await transport.stat("large");
    day.site.tap.severAfter(mebibyte, "down");
    const shutting = expect.poll(() => day.site.tap.open, { interval: 1 }).toBe(0);
    await day.site.door.shut();
    const ranges = [{ offset: 0, length: 8 * mebibyte }];
    const reading = transport.readv("large", ranges)[Symbol.asyncIterator]().next();
    const failure = { operation: "getBytes", temporary: true, says: /./ } as const;
    const [whole, parts] = await Promise.allSettled([transport.getBytes("large"), reading]);
    await shutting;
    day.witness.testifyTo((whole as PromiseRejectedResult).reason, { ...failure, code: "connection-failed" });
    day.witness.testifyTo((parts as PromiseRejectedResult).reason, {
      ...failure,
      code: "connection-lost",
      operation: "readv",
    });
    await day.site.door.open();
    await day.works(transport);
  });

  it.each([1, 60_000, 700_000, 1_900_000])(
    "a server that goes %i bytes into an atomic put, and comes back later, has the old content and no temporary",
    async (bytes) => {
      await day.site.seed("file", "the old content");
      const transport = day.transportWith();
      await transport.stat("file");
      day.site.tap.severAfter(bytes, "up");
      await day.site.door.shut();
      const failure = await day.witness.failure(transport.put("file", slowly(Buffer.alloc(2_000_000, "new"))), {
        code: "connection-lost",
        operation: "put",
        temporary: true,
        path: "file",
        says: /connection/,
      });
      expect(failure.url).toBe(`${day.site.url}file`);
      expect(await day.site.reread("file")).toBe("the old content");
      await day.site.door.open();
      expect(String(await transport.getBytes("file"))).toBe("the old content");
      expect(await day.site.names()).toEqual(["file"]);
    },
  );

  it("a put that was cut off leaves no temporary, though nothing but a connect() comes after it", async () => {
    await day.site.seed("file", "the old content");
    const transport = day.transportWith();
    await transport.stat("file");
    day.site.tap.severAfter(300_000, "up");
    await day.site.door.shut();
    await expect(transport.put("file", slowly(Buffer.alloc(600_000)))).rejects.toMatchObject({
      code: "connection-lost",
    });
    await day.site.door.open();
    await transport.connect();
    await transport.disconnect();
    expect(await day.site.names()).toEqual(["file"]);
  });

  it("silence in the middle of the login is timeout, and works once the server speaks", async () => {
    const transport = day.transportWith(hurried);
    day.site.door.welcome = "through";
    day.site.tap.stall();
    await day.witness.failure(transport.copy("a", "b"), {
      code: "timeout",
      operation: "connect",
      temporary: true,
      says: /no connection within 1000 ms.*connectTimeoutMs/,
    });
    day.site.tap.stall(false);
    await day.works(transport);
  });

  it("silence in the middle of verbs is timeout within the limit, and says which of them may have taken effect", async () => {
    await day.site.seed("file", "content");
    const transport = day.transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    await transport.stat("file");
    day.site.tap.stall();
    const says = /said nothing for 600 ms.*silenceTimeoutMs/;
    const failures = [
      day.witness.failure(transport.stat("file"), { code: "timeout", operation: "stat", temporary: true, says }),
      day.witness.failure(transport.getBytes("file"), {
        code: "timeout",
        operation: "getBytes",
        temporary: true,
        says,
      }),
      day.witness.failure(transport.mkdir("made"), { code: "timeout", operation: "mkdir", effect: "unknown", says }),
    ];
    await Promise.all(failures);
    day.site.tap.stall(false);
    await day.works(transport);
  });

  it("silence in the middle of a get is timeout, never a short success, and works once the server speaks", async () => {
    const size = 24 * mebibyte;
    await day.site.seed("large", Buffer.alloc(size, "x"));
    const transport = day.transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    const stream = await transport.get("large");
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stream) {
        if (received === 0) day.site.tap.stall(true, "down");
        received += (chunk as Buffer).length;
      }
    })();
    await day.witness.failure(reading, {
      code: "timeout",
      operation: "get",
      temporary: true,
      says: /said nothing for 600 ms.*silenceTimeoutMs/,
    });
    expect(received).toBeLessThan(size);
    day.site.tap.stall(false);
    await day.works(transport);
  });

  it("silence in the middle of an atomic put is timeout, the old content is there, and no temporary once the server speaks", async () => {
    await day.site.seed("file", "the old content");
    const transport = day.transportWith({ ...hurried, connectTimeoutMs: 10_000 });
    await transport.stat("file");
    const content = (async function* () {
      yield Buffer.alloc(300_000);
      day.site.tap.stall();
      yield Buffer.alloc(300_000);
    })();
    await day.witness.failure(transport.put("file", content), {
      code: "timeout",
      operation: "put",
      path: "file",
      says: /said nothing for 600 ms/,
    });
    day.site.tap.stall(false);
    expect(String(await transport.getBytes("file"))).toBe("the old content");
    await expect.poll(() => day.site.names()).toEqual(["file"]);
  });

  it("a scope that closes while the server is silent settles, and tells every waiter", async () => {
    const transport = day.transportWith({ connectTimeoutMs: 20_000, drainTimeoutMs: 100 });
    day.site.tap.stall();
    const waiting = Array.from({ length: 20 }, (_, n) =>
      day.witness.failure(transport.has(`${n}`), { code: "closed", operation: "has", says: /get a new transport/ }),
    );
    await expect.poll(() => day.site.tap.accepted).toBe(1);
    await day.scope.close();
    await Promise.all(waiting);
  });
});

/** Content that cannot be read a second time, a part at a time. */
async function* slowly(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000) {
    await new Promise((resolve) => setImmediate(resolve));
    yield content.subarray(at, at + 100_000);
  }
}
