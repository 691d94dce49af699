/**
 * What nobody else's text may bring to a terminal or a page: what moves the cursor, rings, or turns the reading direction, what ends a line, and half characters.
 * Joiners and the like are invisible, too, but belong to how names are spelt.
 */
const unfit = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Surrogate}]/gu;
const gap = new RegExp(`(?:\\s|${unfit.source})+`, "gu");

/** How much is shown of what a server says. */
const usualLength = 200;

/** A name or a text from elsewhere, fit for a terminal: what is unfit stands as an escape, so that two names never look alike for it. */
export function printable(text: string): string {
  return text.replace(unfit, (character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`);
}

/** What somebody else says, fit for a message: one line, and not long. What is unfit is a gap between its words. */
export function oneLine(text: string, maxLength: number = usualLength): string {
  const line = text.replace(gap, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength).replace(/\p{Surrogate}$/u, "")}…` : line;
}
