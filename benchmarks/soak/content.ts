import { randomNumbers } from "../random-numbers.ts";

/** What one write put into a file: who wrote it, which of that one's writes it was, and how many bytes. */
export interface Piece {
  readonly writer: string;
  readonly write: number;
  readonly bytes: number;
}

/** The content of a file: what was written into it, in order. */
export type Content = readonly Piece[];

export const mostPieceBytes: number = 512 * 1024;

/** Bytes in which no two stretches are alike. */
const noise = makeNoise(2 * mostPieceBytes);

/** The bytes of a piece: they begin with a line that says whose they are, so that bytes in the wrong place can be told. */
export function bytesOfPiece({ writer, write, bytes }: Piece): Buffer {
  const from = (Math.imul(write, 7_919) >>> 0) % mostPieceBytes;
  const content = Buffer.from(noise.subarray(from, from + bytes));
  content.write(`\n${writer} write ${write}\n`, "latin1");
  return content;
}

export function bytesOf(content: Content): Buffer {
  return Buffer.concat(content.map(bytesOfPiece));
}

export function lengthOf(content: Content): number {
  return content.reduce((sum, { bytes }) => sum + bytes, 0);
}

function makeNoise(bytes: number): Buffer {
  const random = randomNumbers(1);
  const words = Uint32Array.from({ length: bytes / 4 }, () => random() * 2 ** 32);
  return Buffer.from(words.buffer);
}
