const lineFeed = 10;
const carriageReturn = 13;
/** Telnet's "interrupt" and "synch", which clients send before ABOR (RFC 959, 3.4.2 and 4.1.3). */
const telnetSignals: readonly Buffer[] = [Buffer.from([0xff, 0xf4]), Buffer.from([0xff, 0xf2])];

/** Takes what a client sends apart into lines. */
export class CommandLines {
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that are complete now, without their ends. Throws a `RangeError` where one is too long. */
  push(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: Buffer[] = [];
    let at = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, at)) {
      lines.push(this.#checked(bytes.subarray(at, bytes[end - 1] === carriageReturn && end > at ? end - 1 : end)));
      at = end + 1;
    }
    this.#rest = this.#checked(bytes.subarray(at));
    return lines.map(withoutSignals);
  }

  #checked(line: Buffer): Buffer {
    if (line.length > this.#maxBytes) throw new RangeError(`a line of more than ${this.#maxBytes} bytes`);
    return line;
  }
}

function withoutSignals(line: Buffer): Buffer {
  const isSignal = telnetSignals.some((signal) => line.subarray(0, 2).equals(signal));
  return isSignal ? withoutSignals(line.subarray(2)) : line;
}
