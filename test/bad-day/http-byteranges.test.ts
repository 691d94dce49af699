import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { collect } from "../../src/testing/conformance/content.ts";
import { httpDays } from "./http-day.ts";
import { answer, endless } from "./scripted-http-server.ts";

const ranges = [
  { offset: 0, length: 4 },
  { offset: 50_000, length: 4 },
];
const part = (range: string, bytes: string): string => `--b\r\nContent-Range: bytes ${range}\r\n\r\n${bytes}\r\n`;
const first = part("0-3/90000", "0123");
const second = part("50000-50003/90000", "4567");
const end = "--b--\r\n";

/** An answer to several ranges. */
function parts(body: string, type = "multipart/byteranges; boundary=b"): Buffer {
  return answer("206 Partial Content", [`Content-Type: ${type}`, `Content-Length: ${Buffer.byteLength(body)}`], body);
}

const read = (transport: Transport): Promise<Buffer[]> => collect(transport.readv("file", ranges));

describe("a bad day with http: an answer to several ranges", () => {
  const day = httpDays();

  it.each([
    ["parts in another order", second + first + end],
    ["a part that nobody asked for", first + part("700-703/90000", "evil") + second + end],
    ["a part twice", first + first + second + end],
    ["a part that reaches further than was asked for", part("0-7/90000", "0123evil") + second + end],
    ["parts that overlap", first + part("2-5/90000", "23xx") + second + end],
    ["words before, between the lines and behind", `words\r\n${first}${second}${end}more words`],
    ["parts of a file of unknown length", (first + second + end).replaceAll("/90000", "/*")],
    [
      "headers in any case, and others beside",
      (first + second + end).replaceAll("Content-Range", "X: y\r\ncONTENT-rANGE"),
    ],
  ])("with %s is understood", async (_what, body) => {
    const transport = day().transport();
    day().server.on(parts(body), 1);
    expect((await read(transport)).map(String)).toEqual(["0123", "4567"]);
    await day().works(transport);
    expect(day().server.accepted).toBe(1);
  });

  it.each([
    ["a part of another place", part("1-4/90000", "0123") + second + end],
    ["half a part", part("0-1/90000", "01") + second + end],
    ["a part in two", part("0-1/90000", "01") + part("2-3/90000", "23") + second + end],
    ["no parts", end],
    ["no end", first + second],
    ["another boundary than it says", (first + second + end).replaceAll("--b", "--c")],
    ["a boundary in the middle of a part", first.slice(0, -4) + second + end],
    ["a part that says less than it has", part("0-3/90000", "0123456") + second + end],
    ["a part that says more than there is", first + part("50000-89999/90000", "4567") + end],
    ["a part that ends before it begins", part("3-0/90000", "0123") + second + end],
    ["a part behind the end of the file", part("0-3/2", "0123") + second + end],
    ["a part in other units", part("0-3/90000", "0123").replace("bytes", "lines") + second + end],
    ["a part that says nothing of its place", `--b\r\nX: y\r\n\r\n0123\r\n${second}${end}`],
    ["a part without a head", `--b\r\n0123\r\n${second}${end}`],
    [
      "parts within a part",
      `--b\r\nContent-Type: multipart/byteranges; boundary=b\r\n\r\n${first}${second}${end}${end}`,
    ],
  ])("with %s is a protocol-error, and no byte of it is taken", async (_what, body) => {
    const transport = day().transport();
    day().server.on(parts(body));
    await day().witness.failure(read(transport), {
      code: "protocol-error",
      operation: "readv",
      path: "file",
      says: /part|ranges/,
    });
    await day().works(transport);
  });

  it("with parts of files of two lengths is no file at all", async () => {
    const transport = day().transport();
    day().server.on(parts(first + second.replace("/90000", "/90001") + end));
    await day().witness.failure(read(transport), {
      code: "unexpected",
      operation: "readv",
      temporary: true,
      says: /changed/,
    });
    await day().works(transport);
  });

  it("without end is given up", async () => {
    const transport = day().transport();
    day().server.on((socket) => {
      socket.write(answer("206 Partial Content", ["Content-Type: multipart/byteranges; boundary=b"]));
      endless(socket, first.repeat(1_000));
    });
    await day().witness.failure(read(transport), { code: "protocol-error", operation: "readv", says: /more than/ });
    await day().works(transport);
  });

  it("whose server goes on to send other pieces each time ends, with an error or with the parts", async () => {
    const transport = day().transport();
    let requests = 0;
    // First one part of several, then several where one was asked for, then all of it.
    day().server.on((socket) => {
      const turn = ++requests % 3;
      if (turn === 1) socket.write(answer("206 Part", ["Content-Range: bytes 0-3/90000", "Content-Length: 4"], "0123"));
      else if (turn === 2) socket.write(parts(first + end));
      else socket.write(answer("200 OK", ["Content-Length: 3"], "abc"));
    });
    await day().witness.failure(read(transport), { code: "protocol-error", operation: "readv", says: /part/ });
    expect(requests).toBeLessThan(10);
    await day().works(transport);
  });
});
