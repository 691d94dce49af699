/** An option that may be one value or several, `null` being none. */
export function listOf(option: string | readonly string[] | null): readonly string[] {
  if (option === null) return [];
  return typeof option === "string" ? [option] : option;
}
