/** One way of proving who asks, as a server offers it in `WWW-Authenticate` (RFC 9110, 11.6.1). */
export interface HttpChallenge {
  /** In lower case: `basic`, `digest`, `bearer`. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than this is nobody's challenge. */
const longest = 16 * 1024;

const tokenCharacter = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const blank = /[ \t,]/;

/** The challenges of a server, in its order. What cannot be understood is passed over. */
export function parseChallenges(text: string | undefined): readonly HttpChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  if (text === undefined || text.length > longest) return challenges;
  const reader = new FieldReader(text);
  while (!reader.ended) {
    reader.skip(blank);
    const word = reader.token();
    if (word === "") {
      reader.step(); // Nothing that begins anything.
      continue;
    }
    const last = challenges.at(-1);
    // `name = value` belongs to the challenge before it; a word that no `=` follows begins another one.
    if (reader.takeEquals()) last?.parameters.set(word.toLowerCase(), reader.value());
    else challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
  }
  return challenges;
}

/** Reads a header field from left to right, each character once. */
class FieldReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }

  step(): void {
    this.#at++;
  }

  skip(what: RegExp): void {
    while (!this.ended && what.test(this.#text.charAt(this.#at))) this.#at++;
  }

  token(): string {
    const from = this.#at;
    this.skip(tokenCharacter);
    return this.#text.slice(from, this.#at);
  }

  /** Passes an equals sign with the space around it; false, and nothing passed, where there is none. */
  takeEquals(): boolean {
    let at = this.#at;
    while (this.#text[at] === " " || this.#text[at] === "\t") at++;
    if (this.#text[at] !== "=") return false;
    at++;
    while (this.#text[at] === " " || this.#text[at] === "\t") at++;
    this.#at = at;
    return true;
  }

  /** A token or a quoted string. */
  value(): string {
    if (this.#text[this.#at] !== '"') return this.token();
    let value = "";
    for (this.#at++; !this.ended && this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === "\\") this.#at++;
      value += this.#text.charAt(this.#at);
    }
    this.#at++;
    return value;
  }
}
