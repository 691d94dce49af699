/** Characters that are sent together: many small packets would each wait for the one before, where somebody between gathers them. */
export const gatheredLength: number = 64 * 1024;

/** Pieces put together; only the last is shorter than `gatheredLength`. */
export async function* gathered(pieces: AsyncIterable<string>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const piece of pieces) {
    text += piece;
    if (text.length < gatheredLength) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
  return undefined;
}
