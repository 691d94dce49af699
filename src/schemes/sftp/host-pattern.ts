/**
 * Whether a text matches a pattern of ssh_config(5) or known_hosts: `*` stands for any run of characters, `?` for exactly one. Takes time
 * proportional to both lengths at worst.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    const wanted = pattern[next];
    if (wanted === "*") {
      star = next++;
      resumeAt = at;
    } else if (wanted === "?" || wanted === text[at]) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[next] === "*") next++;
  return next === pattern.length;
}

/** Whether a text matches one of the patterns and none that is negated with `!`. Negated patterns alone match nothing. */
export function matchesPatterns(text: string, patterns: readonly string[]): boolean {
  let matches = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchesPattern(text, pattern.slice(1))) return false;
    } else if (!matches) {
      matches = matchesPattern(text, pattern);
    }
  }
  return matches;
}
