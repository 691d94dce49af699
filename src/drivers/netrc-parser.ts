/** What a netrc file says of a host. */
export interface NetrcEntry {
  /** As it was written; undefined for `default`, which stands for every host. */
  readonly machine: string | undefined;
  readonly login: string | undefined;
  readonly password: string | undefined;
  readonly account: string | undefined;
}

/** What could not be understood, and where. Nothing of the file is in it: it may be a password. */
export interface NetrcProblem {
  /** From 1. */
  readonly line: number;
  readonly what: string;
}

export interface Netrc {
  readonly entries: readonly NetrcEntry[];
  readonly problems: readonly NetrcProblem[];
}

const keywords = ["login", "password", "account"] as const;
type Keyword = (typeof keywords)[number];
const isKeyword = (word: string): word is Keyword => (keywords as readonly string[]).includes(word);

const controlCharacter = /[\u0000-\u001f\u007f]/;

/** More would only be read by nobody. */
const maxProblems = 10;

/**
 * The entries of a netrc file, in its order, as ftp(1) and curl read them: words with white space between them, also in double quotes, in which a backslash
 * stands before a quote, a backslash, `n`, `r` or `t`; `macdef` up to the next empty line and lines that begin with `#` are passed over.
 */
export function parseNetrc(text: string): Netrc {
  const entries: { -readonly [Field in keyof NetrcEntry]: NetrcEntry[Field] }[] = [];
  const problems: NetrcProblem[] = [];
  const words = new WordReader(text);
  const complain = (what: string): void => {
    if (problems.length < maxProblems) problems.push({ line: words.line, what });
  };
  const valueOf = (keyword: string): string | undefined => {
    const value = words.next();
    if (value === undefined) complain(`nothing follows ${keyword}`);
    else if (!controlCharacter.test(value)) return value;
    else complain(`what follows ${keyword} has a control character`);
    return undefined;
  };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    const entry = entries.at(-1);
    if (word === "machine" || word === "default") {
      const machine = word === "machine" ? valueOf(word) : undefined;
      if (word === "machine" && machine === undefined) continue;
      entries.push({ machine, login: undefined, password: undefined, account: undefined });
    } else if (word === "macdef") {
      words.skipMacro();
    } else if (!isKeyword(word)) {
      complain("there is no such keyword; a value with a space in it stands in double quotes");
    } else {
      const value = valueOf(word);
      if (entry === undefined) complain(`${word} comes before any machine`);
      else entry[word] = value;
    }
  }
  if (words.unclosed) complain("a double quote is never closed");
  return { entries, problems };
}

/** Reads a text word by word, each character once. */
class WordReader {
  readonly #text: string;
  #at = 0;
  #lineStart = true;
  /** Of the last word, from 1. */
  line = 1;
  unclosed = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string | undefined {
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) return undefined;
      if (!this.#lineStart || this.#text[this.#at] !== "#") break;
      this.#skipLine();
    }
    this.#lineStart = false;
    return this.#text[this.#at] === '"' ? this.#quoted() : this.#plain();
  }

  /** A macro has a name, and lasts until a line with nothing in it. */
  skipMacro(): void {
    this.#skipLine();
    while (this.#at < this.#text.length) {
      const from = this.#at;
      this.#skipLine();
      if (/^[ \t]*\r?\n?$/.test(this.#text.slice(from, this.#at))) return;
    }
  }

  #plain(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !/\s/.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  #quoted(): string {
    const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
    const parts: string[] = [];
    for (this.#at++; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (character === '"') {
        this.#at++;
        return parts.join("");
      }
      if (character === "\n") this.line++;
      if (character !== "\\") {
        parts.push(character);
        continue;
      }
      const escaped = this.#text.charAt(++this.#at);
      parts.push(escapes[escaped] ?? escaped);
    }
    this.unclosed = true;
    return parts.join("");
  }

  #skipBlank(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at);
      if (!/\s/.test(character)) return;
      if (character === "\n") this.#newLine();
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
    if (end >= 0) this.#newLine();
  }

  #newLine(): void {
    this.line++;
    this.#lineStart = true;
  }
}
