import { describe, expect, it } from "vitest";

import { httpDays, patient } from "./http-day.ts";
import type { HttpScript } from "./scripted-http-server.ts";
import { answer, endless } from "./scripted-http-server.ts";

describe("a bad day with http: where an answer ends", () => {
  const day = httpDays();

  const lies: readonly [what: string, script: HttpScript, codes: readonly string[]][] = [
    [
      "was packed for the way, which nobody asked for",
      answer("200 OK", ["Transfer-Encoding: gzip, chunked"], "4\r\n\x1f\x8b\x08\x00\r\n0\r\n\r\n"),
      ["protocol-error"],
    ],
    [
      "comes in chunks that are packed again",
      answer("200 OK", ["Transfer-Encoding: chunked, gzip"], "4\r\n0123\r\n0\r\n\r\n"),
      ["protocol-error"],
    ],
    [
      "has chunks with extensions without end",
      (socket) => {
        socket.write(answer("200 OK", ["Transfer-Encoding: chunked"], "4;"));
        endless(socket, "x".repeat(10_000));
      },
      ["protocol-error", "timeout", "connection-lost"],
    ],
    [
      "has trailers without end",
      (socket) => {
        socket.write(answer("200 OK", ["Transfer-Encoding: chunked"], "4\r\n0123\r\n0\r\n"));
        endless(socket, `x: ${"y".repeat(1_000)}\r\n`);
      },
      ["protocol-error", "timeout", "connection-lost"],
    ],
    [
      "has a length among its trailers",
      answer("200 OK", ["Transfer-Encoding: chunked"], "7\r\ncontent\r\n0\r\nContent-Length: 3\r\n\r\n"),
      ["protocol-error"],
    ],
    ["has a length with a sign", answer("200 OK", ["Content-Length: +4"], "0123"), ["protocol-error"]],
    ["has a length in hexadecimal", answer("200 OK", ["Content-Length: 0x4"], "0123"), ["protocol-error"]],
    ["has two lengths in one field", answer("200 OK", ["Content-Length: 4, 5"], "01234"), ["protocol-error"]],
    ["has a line that is folded", answer("200 OK", ["X: a", " b", "Content-Length: 4"], "0123"), ["protocol-error"]],
    ["has a bare carriage return", answer("200 OK", ["X: a\rContent-Length: 1"], "0123"), ["protocol-error"]],
    ["has a space before a colon", answer("200 OK", ["Content-Length : 4"], "0123"), ["protocol-error"]],
  ];
  it.each(lies)("%s: that is no answer", async (_what, script, codes) => {
    const transport = day().transport(codes.includes("timeout") ? {} : patient);
    day().server.on(script);
    const error = await transport.getBytes("file").then(
      (bytes) => expect.unreachable(`it resolved with ${String(bytes)}`),
      (reason: unknown) => reason,
    );
    day().witness.hear(error);
    expect(codes).toContain((error as { code?: unknown }).code);
    expect(error).toMatchObject({ operation: "getBytes", effect: "none" });
    await day().works(transport);
  });

  const truths: readonly [what: string, bytes: Buffer][] = [
    [
      "has extensions of its chunks",
      answer("200 OK", ["Transfer-Encoding: chunked"], "4;a=b\r\ncont\r\n3;c\r\nent\r\n0\r\n\r\n"),
    ],
    [
      "has trailers",
      answer("200 OK", ["Transfer-Encoding: chunked", "Trailer: x"], "7\r\ncontent\r\n0\r\nx: y\r\n\r\n"),
    ],
    ["says how long it is kept", answer("200 OK", ["Keep-Alive: timeout=0, max=1", "Content-Length: 7"], "content")],
    [
      "says that in its own way",
      answer("200 OK", ["Keep-Alive: timeout=-5, max=banana", "Content-Length: 7"], "content"),
    ],
    ["has no words for its status", Buffer.from("HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\ncontent")],
  ];
  it.each(truths)("%s: it is whole, and so is the next one", async (_what, bytes) => {
    const transport = day().transport(patient);
    day().server.on(bytes);
    for (let times = 0; times < 3; times++) expect(String(await transport.getBytes("file"))).toBe("content");
    await day().works(transport);
    expect(transport.connectionReport()?.wiresLost).toBe(0);
  });

  it("is the end of the connection where nothing else says it; that it closes is no loss", async () => {
    const transport = day().transport(patient);
    for (const version of ["1.0", "1.1"]) {
      day().server.on((socket) => socket.end(`HTTP/${version} 200 OK\r\n\r\ncontent`));
      expect(String(await transport.getBytes("file"))).toBe("content");
    }
    await day().works(transport);
    expect(transport.connectionReport()?.wiresLost).toBe(0);
  });

  it("comes before the connection is closed for having waited too long: who asks just then is not told that", async () => {
    const transport = day().transport(patient);
    await transport.getBytes("before");
    day().server.on(
      (socket) => socket.end(answer("408 Request Timeout", ["Connection: close", "Content-Length: 0"])),
      1,
    );
    expect(String(await transport.getBytes("file"))).toBe("content");
    await day().works(transport);
  });
});
