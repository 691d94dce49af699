import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import type { Reading } from "./http-day.ts";
import { httpDays, reading } from "./http-day.ts";
import type { HttpScript } from "./scripted-http-server.ts";
import { answer, breakAfter, endless } from "./scripted-http-server.ts";

const contents = ["get", "getBytes", "readv"] as const satisfies readonly Reading[];
const ranges = [
  { offset: 0, length: 4 },
  { offset: 50_000, length: 4 },
];

/** An answer in chunks that comes to nothing. */
const chunks = (body: string): Buffer => answer("200 OK", ["Transfer-Encoding: chunked"], body);
/** Everything of an answer, and then the end of the connection. */
const andEnd =
  (bytes: Buffer): HttpScript =>
  (socket) =>
    socket.end(bytes);

describe("a bad day with http: a body that is cut", () => {
  const day = httpDays();

  const faults: readonly [what: string, script: HttpScript, code: "connection-lost" | "timeout" | "protocol-error"][] =
    [
      [
        "shorter than its length, and closed",
        andEnd(answer("200 OK", ["Content-Length: 10"], "0123")),
        "connection-lost",
      ],
      [
        "shorter than its length, and reset",
        (socket) => breakAfter(socket, answer("200 OK", ["Content-Length: 10"], "0123")),
        "connection-lost",
      ],
      ["shorter than its length, and silent", answer("200 OK", ["Content-Length: 10"], "0123"), "timeout"],
      ["empty in spite of its length", andEnd(answer("200 OK", ["Content-Length: 10"])), "connection-lost"],
      ["cut in the length of a chunk", andEnd(chunks("4")), "connection-lost"],
      ["cut in a chunk", andEnd(chunks("4\r\n01")), "connection-lost"],
      ["cut between chunks", andEnd(chunks("4\r\n0123\r\n")), "connection-lost"],
      ["cut in its trailers", andEnd(chunks("4\r\n0123\r\n0\r\nx: y")), "connection-lost"],
      ["silent between chunks", chunks("4\r\n0123\r\n"), "timeout"],
      ["in chunks of no length", chunks("4\r\n0123\r\nxyz\r\n"), "protocol-error"],
      ["in chunks of less than nothing", chunks("-4\r\n0123\r\n"), "protocol-error"],
      ["in chunks longer than anything", chunks("FFFFFFFFFFFFFFFFFF\r\n0123"), "protocol-error"],
      ["in chunks that do not end where they say", chunks("2\r\n0123\r\n0\r\n\r\n"), "protocol-error"],
    ];
  for (const [what, script, code] of faults)
    it(`${what}, is ${code}, and never a shorter file`, async () => {
      day().server.on(script);
      await day().fails(contents, { code, temporary: code !== "protocol-error", says: /./ });
    });

  it("is read once more by getBytes, and nobody sees it", async () => {
    day().server.on(andEnd(answer("200 OK", ["Content-Length: 10"], "0123")), 1);
    expect(String(await day().transport().getBytes("file"))).toBe("content");
    expect(day().server.accepted).toBe(2);
  });
});

describe("a bad day with http: a body that is longer", () => {
  const day = httpDays();
  const long = "x".repeat(64 * 1024);

  it("than its length says gives its length, and costs the connection", async () => {
    for (const verb of contents) {
      day().server.on((socket) => {
        socket.write(answer("200 OK", ["Content-Length: 7"], "as long"));
        endless(socket, long);
      }, 1);
      expect(String(await reading[verb](day().transport(), "file")), verb).toBe("as long");
      await day().works(day().transport());
    }
    await expect.poll(() => day().server.open).toBe(1);
  });

  it("than anybody wants is not held in memory, and not waited for", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    const script: HttpScript = (socket) => {
      socket.write(answer("200 OK", []));
      endless(socket, long);
    };
    server.on(script);
    await witness.failure(transport.getBytes("file", { maxBytes: 100_000 }), {
      code: "no-space",
      operation: "getBytes",
      says: /maxBytes/,
    });
    expect(await transport.getBytes("file", { offset: 100, length: 50 })).toHaveLength(50);
    for await (const chunk of (await transport.get("file")) as AsyncIterable<Buffer>) if (chunk.length > 0) break;
    expect((await collect(transport.readv("file", ranges))).map(String)).toEqual(["xxxx", "xxxx"]);
    expect(await transport.stat("file")).toMatchObject({ type: "other" });
    await day().works(transport);
  });

  const unwanted: readonly [what: string, status: string, fields: readonly string[], code: string][] = [
    ["an error", "500 Oh", [], "unexpected"],
    ["a redirect", "302 Found", ["Location: /elsewhere"], ""],
    ["a refused range", "416 No", ["Content-Range: bytes */5"], ""],
    ["a question for a password", "401 Who", ['WWW-Authenticate: Basic realm="r"'], "authentication-failed"],
    ["a part that is another one", "206 Part", ["Content-Range: bytes 5-6/7"], "protocol-error"],
  ];
  for (const how of ["without end", "that drips"] as const)
    it.each(unwanted)(`${how}, of %s, is not waited for`, async (_what, status, fields, code) => {
      const { server } = day();
      const transport = day().transport();
      server.on((socket) => {
        socket.write(answer(status, [...fields, "Content-Length: 200000"]));
        if (how === "without end") return endless(socket, long);
        const timer = setInterval(() => socket.write("x"), 100);
        socket.once("close", () => clearInterval(timer));
      }, 1);
      const work = transport.getBytes("file", { offset: 10, length: 5 });
      if (code === "") await work;
      else expect(await work.catch((error: unknown) => error)).toMatchObject({ code, operation: "getBytes" });
      await day().works(transport);
    });

  it.each(["HEAD", "204", "304"])("where there must be none (%s), is nobody's answer", async (kind) => {
    const { server } = day();
    const transport = day().transport();
    const evil = answer("200 OK", ["Content-Length: 4"], "evil");
    if (kind === "HEAD") {
      server.on(Buffer.concat([answer("200 OK", [`Content-Length: ${evil.length}`]), evil]), 1);
      expect(await transport.stat("file")).toMatchObject({ sizeBytes: evil.length });
    } else {
      server.on(Buffer.concat([answer(`${kind} No`, [`Content-Length: ${evil.length}`]), evil]), 1);
      await day().witness.failure(transport.getBytes("file"), {
        code: "protocol-error",
        operation: "getBytes",
        says: /./,
      });
    }
    await day().works(transport);
  });
});

describe("a bad day with http: what is not what was asked for", () => {
  const day = httpDays();

  async function expectRefused(transport: Transport, work: Promise<unknown>, operation: string): Promise<void> {
    await day().witness.failure(work, { code: "protocol-error", operation, says: /./ });
    await day().works(transport);
  }

  it("a part of a file is not taken for all of it", async () => {
    for (const verb of ["get", "getBytes"] as const) {
      day().server.on(answer("206 Partial Content", ["Content-Range: bytes 0-3/10", "Content-Length: 4"], "0123"), 1);
      await expectRefused(day().transport(), reading[verb](day().transport(), "file"), verb);
    }
  });

  it.each([
    ["another one", "bytes 1-4/10"],
    ["none at all", undefined],
    ["one without an end", "bytes 0-/10"],
    ["one behind the end", "bytes 0-3/2"],
    ["one of no known number", "bytes 0-99999999999999999999/*"],
    ["one in other units", "pages 0-3/10"],
    ["two", "bytes 0-3/10, bytes 0-3/10"],
  ])("a part that says it is %s is not taken for the one that was asked for", async (_what, range) => {
    const fields = range === undefined ? [] : [`Content-Range: ${range}`];
    const part = answer("206 Partial Content", [...fields, "Content-Length: 4"], "0123");
    const transport = day().transport();
    day().server.on(part, 1);
    await expectRefused(transport, transport.getBytes("file", { offset: 0, length: 4 }), "getBytes");
    day().server.on(part, 1);
    await expectRefused(transport, collect(transport.readv("file", ranges.slice(0, 1))), "readv");
  });

  it("a part whose body is not as long as it says is no part", async () => {
    const transport = day().transport();
    for (const body of ["01", "0123456"]) {
      day().server.on(
        answer("206 Partial Content", ["Content-Range: bytes 0-3/10", `Content-Length: ${body.length}`], body),
        2,
      );
      const expected = body.length < 4 ? "connection-lost" : "protocol-error";
      await day().witness.failure(collect(transport.readv("file", ranges.slice(0, 1))), {
        code: expected,
        operation: "readv",
        says: /./,
      });
      day().server.behave();
    }
    await day().works(transport);
  });

  it("what was compressed all the same is given as it came, byte for byte, and as long as it is", async () => {
    const packed = gzipSync("content of the file");
    const transport = day().transport();
    const script: HttpScript = (socket, { method }) => {
      const head = ["Content-Encoding: gzip", `Content-Length: ${packed.length}`];
      socket.write(answer("200 OK", head, method === "HEAD" ? "" : packed));
    };
    day().server.on(script);
    expect(packed.equals(await transport.getBytes("file"))).toBe(true);
    expect(await transport.stat("file")).toMatchObject({ sizeBytes: packed.length });
    expect(new Set(day().server.requests.map(({ headers }) => headers.get("accept-encoding")))).toEqual(
      new Set(["identity"]),
    );
    await day().works(transport);
  });

  it("an answer for another file than before is not mixed with it: tag, date or length differ", async () => {
    for (const [first, second] of [
      [['ETag: "1"'], ['ETag: "2"']],
      [['ETag: W/"1"'], ['ETag: W/"2"']],
      [
        ['ETag: W/"1"', "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"],
        ['ETag: W/"1"', "Last-Modified: Tue, 02 Jan 2024 00:00:00 GMT"],
      ],
      [["Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"], ["Last-Modified: Tue, 02 Jan 2024 00:00:00 GMT"]],
      [[], ["Content-Range: bytes 50000-50003/60001"]],
    ] as const) {
      const transport = day().transport();
      let parts = 0;
      day().server.on((socket, { headers }) => {
        const [, from = "0", to = "3"] = /bytes=(\d+)-(\d+)(?:,|$)/.exec(headers.get("range") ?? "") ?? [];
        const facts: readonly string[] = ++parts === 1 ? first : second;
        const range = facts.some((fact) => fact.startsWith("Content-Range"))
          ? []
          : [`Content-Range: bytes ${from}-${to}/60000`];
        socket.write(answer("206 Partial Content", [...range, ...facts, "Content-Length: 4"], "abcd"));
      });
      await day().witness.failure(collect(transport.readv("file", ranges)), {
        code: "unexpected",
        operation: "readv",
        temporary: true,
        says: /changed/,
      });
      await day().works(transport);
    }
  });

  it("a file that ends before a part is a short read, whatever the answer does not say of the file", async () => {
    const transport = day().transport();
    day().server.on((socket, { headers }) => {
      if (headers.get("range")?.includes("50000") === true)
        return socket.write(answer("416 No", ["Content-Length: 0"]));
      const facts = [
        "Content-Range: bytes 0-3/10",
        "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
        "Content-Length: 4",
      ];
      return socket.write(answer("206 Partial Content", facts, "0123"));
    });
    expect((await collect(transport.readv("file", ranges.slice(0, 1)))).map(String)).toEqual(["0123"]);
    await day().witness.failure(collect(transport.readv("file", ranges.slice(1))), {
      code: "short-read",
      operation: "readv",
      says: /ends before/,
    });
    await day().works(transport);
  });
});
