/** Unicode's category Cc. It is refused wherever it stands raw in a URL, and encoded in a host, a user or a password. */
export const controlCharacter: RegExp = /[\u0000-\u001f\u007f-\u009f]/;

/** What ends or garbles a line of a protocol. Above ASCII there is nothing of the kind: U+0085 is two bytes like any other in UTF-8. */
export const asciiControlCharacter: RegExp = /[\u0000-\u001f\u007f]/;

const surrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;

/** Whether a text holds half a character, which no UTF-8 can say. */
export function hasLoneSurrogate(text: string): boolean {
  return surrogate.test(text) && loneSurrogate.test(text);
}
