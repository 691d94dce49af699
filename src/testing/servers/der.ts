/** What of ASN.1's distinguished encoding (X.690) a certificate needs. */
const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value under any tag. */
export function tagged(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number]), lengthOf(content), content]);
}

export function sequence(...parts: Buffer[]): Buffer {
  return tagged(tag.sequence, Buffer.concat(parts));
}

export function setOf(part: Buffer): Buffer {
  return tagged(tag.set, part);
}

/** A positive number, as its bytes. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes[0] ?? 0;
  return tagged(tag.integer, first < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]));
}

export function boolean(value: boolean): Buffer {
  return tagged(tag.boolean, Buffer.from([value ? 0xff : 0]));
}

export function bitString(bytes: Buffer): Buffer {
  return tagged(tag.bitString, Buffer.concat([Buffer.from([0]), bytes]));
}

export function octetString(bytes: Buffer): Buffer {
  return tagged(tag.octetString, bytes);
}

export function utf8String(text: string): Buffer {
  return tagged(tag.utf8, Buffer.from(text));
}

/** An object identifier as it is written: `2.5.4.3`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(tag.objectId, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

/** A time to the second: in the form for years before 2050, or in the other (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-T:]|\..*/g, "");
  const early = date.getUTCFullYear() < 2050;
  return tagged(early ? tag.utcTime : tag.generalizedTime, Buffer.from(`${early ? digits.slice(2) : digits}Z`));
}

function base128(number: number): number[] {
  const high = Math.floor(number / 128);
  return [...(high === 0 ? [] : base128(high).map((digit) => digit | 0x80)), number % 128];
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.from(length.toString(16).padStart(length < 0x100 ? 2 : length < 0x1_0000 ? 4 : 6, "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}
