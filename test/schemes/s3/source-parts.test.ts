import { describe, expect, it } from "vitest";

import { partBytes, partsOf } from "../../../src/schemes/s3/source-parts.ts";

const mebibyte = 1024 * 1024;
const operation = { name: "put", signal: undefined };

async function parts(
  source: Parameters<typeof partsOf>[0],
): Promise<{ number: number; bytes: Buffer; last: boolean }[]> {
  const found = [];
  for await (const part of partsOf(source, operation)) found.push({ ...part, bytes: Buffer.from(part.bytes) });
  return found;
}

async function* pieces(total: number, size: number): AsyncGenerator<Uint8Array> {
  // One buffer, filled again and again.
  const buffer = Buffer.alloc(size);
  for (let offset = 0, n = 0; offset < total; offset += size, n++) {
    await Promise.resolve();
    buffer.fill(n % 251);
    yield buffer.subarray(0, Math.min(size, total - offset));
  }
}

describe("a source in parts", () => {
  it("reaches the five tebibytes of the largest object within ten thousand parts, and no part is below S3's least", () => {
    let total = 0;
    for (let number = 1; number <= 10_000; number++) {
      expect(partBytes(number)).toBeGreaterThanOrEqual(5 * mebibyte);
      expect(partBytes(number)).toBeLessThanOrEqual(5 * 1024 * mebibyte);
      total += partBytes(number);
    }
    expect(total).toBeGreaterThanOrEqual(5 * 1024 ** 4);
    expect(partBytes(1_000)).toBe(8 * mebibyte);
  });

  it.each([
    [0, [0]],
    [1, [1]],
    [8 * mebibyte, [8 * mebibyte]],
    [8 * mebibyte + 1, [8 * mebibyte, 1]],
    [20 * mebibyte, [8 * mebibyte, 8 * mebibyte, 4 * mebibyte]],
  ])("of %i bytes is cut where parts end, and nowhere else", async (total, lengths) => {
    for (const size of [65_536, 3 * mebibyte + 7, 30 * mebibyte]) {
      const found = await parts(pieces(total, size));
      expect(found.map(({ bytes }) => bytes.length)).toEqual(lengths);
      expect(found.map(({ number }) => number)).toEqual(lengths.map((_, index) => index + 1));
      expect(found.filter(({ last }) => last)).toHaveLength(1);
      expect(found.at(-1)?.last).toBe(true);
      const whole = Buffer.concat(found.map(({ bytes }) => bytes));
      const wanted: Buffer[] = [];
      for await (const piece of pieces(total, size)) wanted.push(Buffer.from(piece));
      expect(whole.equals(Buffer.concat(wanted))).toBe(true);
    }
  });

  it("that is in memory goes as it is, in one part as long as it is not large", async () => {
    expect(await parts("text")).toEqual([{ number: 1, bytes: Buffer.from("text"), last: true }]);
    expect(await parts(Buffer.alloc(64 * mebibyte))).toHaveLength(1);
    expect((await parts(Buffer.alloc(65 * mebibyte))).map(({ bytes }) => bytes.length / mebibyte)).toEqual([
      ...Array.from({ length: 8 }, () => 8),
      1,
    ]);
  });
});
