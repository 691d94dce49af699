/** What redraws the last lines of a terminal: log-update has this shape. */
export interface Redraw {
  (text: string): void;
  clear(): void;
}

/** What a command says on stderr: lines that stay and, on a terminal, below them a text that is drawn anew as things go on. */
export class Messages {
  readonly #write: (text: string) => void;
  #redraw: Redraw | undefined;
  #live = "";
  #drawn = false;
  #suspended = 0;

  constructor(write: (text: string) => void = (text) => void process.stderr.write(text)) {
    this.#write = write;
  }

  /** Lines that stay. */
  say(text: string): void {
    this.#hide();
    this.#write(`${text}\n`);
    this.#draw();
  }

  /** From now on `show` draws. */
  goLive(redraw: Redraw): void {
    this.#redraw = redraw;
  }

  /** What goes on, in place of what was shown before; `""` for nothing. Without `goLive` nothing is drawn. */
  show(text: string): void {
    this.#live = text;
    if (text === "") this.#hide();
    else this.#draw();
  }

  /** Keeps the lower end of the terminal free while somebody is asked. */
  async suspend<T>(work: () => Promise<T>): Promise<T> {
    this.#hide();
    this.#suspended++;
    try {
      return await work();
    } finally {
      this.#suspended--;
      this.#draw();
    }
  }

  #draw(): void {
    if (this.#redraw === undefined || this.#suspended > 0 || this.#live === "") return;
    this.#redraw(this.#live);
    this.#drawn = true;
  }

  #hide(): void {
    if (!this.#drawn) return;
    this.#redraw?.clear();
    this.#drawn = false;
  }
}
