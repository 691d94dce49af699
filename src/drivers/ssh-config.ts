import { createRequire } from "node:module";

import { TransportError } from "../errors/transport-error.ts";

/** One line of an ssh_config file that says something. */
export interface SshDirective {
  /** In lower case: `hostname`. */
  readonly keyword: string;
  /** The words after it, without their quotes. */
  readonly words: readonly string[];
  /** From 1. */
  readonly line: number;
  /** Why the line was not read to its end; `words` then holds what comes before that point. */
  readonly problem?: string;
}

/** The part of the package that is used. Its `compute` is not: it hands `Match exec` to a shell and asks `nslookup`. */
interface Vendor {
  parse(text: string): readonly { readonly value?: string | readonly { readonly val: string }[] }[];
}

let vendor: Vendor | undefined;

/** The package, loaded when the first ssh_config is read; synchronously, because making a transport is. */
function loadVendor(): Vendor {
  if (vendor === undefined) {
    try {
      const { default: loaded } = createRequire(import.meta.url)("ssh-config") as { default: Vendor };
      vendor = loaded;
    } catch (cause) {
      throw new TransportError(
        "missing-driver",
        "the package ssh-config cannot be loaded, and there is an ssh_config file to be read",
        {
          cause,
          hint: "Install it with `npm install ssh-config`, or pass ssh: { config: null } to read no ssh_config",
        },
      );
    }
  }
  return vendor;
}

/** A keyword, what divides it from its arguments, and the arguments. */
const directivePattern = /^[ \t]*([^\s=#"]+)(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)$/;

/**
 * A word that the package reads as OpenSSH does: plain, or in double quotes from end to end. They differ on a single quote, an escaping backslash, a
 * quote, `#` or `=` within a word, so nothing is believed from there on.
 */
const soundWord = String.raw`(?:"(?:[^"\\]|\\(?![\\"']))+"|(?:[^\s"'\\#=]|\\(?![\s"'\\]))+)`;

const soundWords = new RegExp(String.raw`(?:${soundWord}(?:[ \t]+|$))*`, "y");

/** In `Match`, `host=name` is another way to write `host name`. */
const soundCriteria = new RegExp(String.raw`(?:${soundWord}(?:[ \t]*=[ \t]*|[ \t]+|$))*`, "y");

/** The directives of an ssh_config file, in order and one by one; which of them apply is another question. Runs nothing. */
export function parseSshConfig(text: string): readonly SshDirective[] {
  const directives: SshDirective[] = [];
  for (const [index, content] of text.split("\n").entries()) {
    const directive = parseLine(content.trimEnd(), index + 1);
    if (directive !== undefined) directives.push(directive);
  }
  return directives;
}

function parseLine(content: string, line: number): SshDirective | undefined {
  if (/^[ \t]*(?:#|$)/.test(content)) return undefined;
  const [, name, rest = ""] = directivePattern.exec(content) ?? [];
  if (name === undefined) return { keyword: "", words: [], line, problem: "the line does not begin with a keyword" };
  const keyword = name.toLowerCase();
  const sound = keyword === "match" ? soundCriteria : soundWords;
  sound.lastIndex = 0;
  const [believed = ""] = sound.exec(rest) ?? [];
  const words = believed === "" ? [] : readWords(believed);
  const unread = rest.slice(believed.length);
  if (unread !== "" && !unread.startsWith("#")) {
    const column = content.length - unread.length + 1;
    return {
      keyword,
      words,
      line,
      problem: `from column ${column} on this cannot be read as OpenSSH reads it; put each word in double quotes`,
    };
  }
  if (words.length === 0) return { keyword, words, line, problem: `${name} needs a value` };
  return { keyword, words, line };
}

/** The package keeps the words of a list apart only for some keywords, so that every list is shown to it as one of those. */
function readWords(text: string): string[] {
  const value = loadVendor().parse(`Host ${text}`)[0]?.value ?? [];
  return typeof value === "string" ? [value] : value.map(({ val }) => val);
}
