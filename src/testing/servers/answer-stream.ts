import type { Duplex } from "node:stream";

/** Answers that are put together are no longer than this; longer ones go as they are, uncopied. */
const gatheredBytes = 32 * 1024;

/**
 * Sends answers. Those of one turn of the event loop travel together: each packet of SSH costs a cipher run and a system call. While the client
 * takes none, no further request is read.
 */
export class AnswerStream {
  readonly #channel: Duplex;
  #waiting: Buffer[] = [];

  constructor(channel: Duplex) {
    this.#channel = channel;
    channel.on("drain", () => channel.resume());
  }

  send(answer: Buffer): void {
    if (this.#waiting.push(answer) === 1) process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    const answers = this.#waiting;
    this.#waiting = [];
    let gathered: Buffer[] = [];
    let length = 0;
    for (const answer of answers) {
      if (length > 0 && length + answer.length > gatheredBytes) {
        this.#write(gathered);
        [gathered, length] = [[], 0];
      }
      gathered.push(answer);
      length += answer.length;
    }
    this.#write(gathered);
    if (this.#channel.writableNeedDrain) this.#channel.pause();
  };

  #write(answers: Buffer[]): void {
    if (!this.#channel.writable) return;
    this.#channel.write(answers.length === 1 ? answers[0] : Buffer.concat(answers));
  }
}
