/** A command line that cannot be understood. Nothing has been done; the command ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The way out, as a sentence. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
