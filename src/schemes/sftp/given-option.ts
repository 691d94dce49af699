/** An option that may be one value or several, `null` being none. */
export function listOf(option: string | readonly string[] | null): readonly string[] {
  if (option === null) return [];
  return typeof option === "string" ? [option] : option;
}

/** Whether the caller gave an option a value: neither nothing nor explicitly none. */
export function isGiven<Value>(option: Value | null | undefined): option is Value {
  return option !== null && option !== undefined;
}
