import { describe, expect, it } from "vitest";

import { statusError } from "../../src/schemes/sftp/protocol/status.ts";
import { holderFrom } from "../../src/transport/verbs/lock-note.ts";
import { oneLine, printable } from "../../src/url/printable.ts";
import { redactText } from "../../src/url/redact.ts";
import { sourceFiles } from "../house/imports.ts";

/** What, the text, how a name of that kind is printed, and what stands of it in a message. */
const texts: readonly (readonly [what: string, text: string, printed: string, line: string])[] = [
  ["plain words", "it is said", "it is said", "it is said"],
  ["other alphabets", "日本語 ключ", "日本語 ключ", "日本語 ключ"],
  ["a family of one picture", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"],
  ["a joiner that is spelt", "می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"],
  ["what clears the screen", "a\u001b[2Jb", "a\\u001b[2Jb", "a [2Jb"],
  ["what does so in one character", "a\u009b2Jb", "a\\u009b2Jb", "a 2Jb"],
  ["a bell, a delete and a NUL", "a\u0007\u007f\0b", "a\\u0007\\u007f\\u0000b", "a b"],
  ["the ends of lines", "a\r\nb\u0085c\u2028d\u2029e", "a\\u000d\\u000ab\\u0085c\\u2028d\\u2029e", "a b c d e"],
  ["a name that reads backwards", "a\u202efdp.exe", "a\\u202efdp.exe", "a fdp.exe"],
  ["other turns", "\u061c\u200e\u200f\u202a\u2066x\u2069", "\\u061c\\u200e\\u200f\\u202a\\u2066x\\u2069", "x"],
  ["half a character", "a\ud800b\udc00", "a\\ud800b\\udc00", "a b"],
  ["spaces", " a \t\u00a0 b ", " a \\u0009\u00a0 b ", "a b"],
  ["nothing", "", "", ""],
];

describe("what comes from elsewhere", () => {
  it.each(texts)("%s: is fit for a terminal, and for a message", (_what, text, printed, line) => {
    expect(printable(text)).toBe(printed);
    expect(oneLine(text)).toBe(line);
  });

  it.each(texts.filter(([, , , line]) => line !== ""))(
    "%s: is told by all in the same words",
    (_what, text, printed, line) => {
      expect(statusError(4, text).message).toContain(`the server says: ${line}`);
      expect(holderFrom(text, "x").holder).toBe(line);
      expect(holderFrom(JSON.stringify({ user: text, host: "h" }), "x").user).toBe(line);
      expect(redactText(`a/${text}`)).toBe(`a/${printed}`);
    },
  );

  it("is short in a message, and no half character ends it", () => {
    expect(oneLine("x".repeat(200))).toBe("x".repeat(200));
    expect(oneLine("x".repeat(201))).toBe(`${"x".repeat(200)}…`);
    expect(oneLine("abc😀", 4)).toBe("abc…");
  });

  it("has one rule for what is unfit", () => {
    const ours = sourceFiles().filter(({ path }) => !path.startsWith("testing/"));
    const rules = ours.filter(({ text }) => /\\p\{(?:Cf|Bidi_Control|Zl)\}|\\u20(?:2[89a-e]|6[6-9])/i.test(text));
    expect(rules.map(({ path }) => path)).toEqual(["url/printable.ts"]);
  });
});
