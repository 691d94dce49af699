import type { TransportOptions } from "../../src/index.ts";
import type { FileTree } from "../../src/testing.ts";

/** A server that lets nobody in without a secret, of one kind, and what is told to get in. */
export interface Bearer {
  /** The port that the server listens on. */
  readonly port: number;
  /** The root's URL, where another port leads to the server. There is a file of the name `file` in it. */
  url(port: number, secret: string): string;
  /** What is told beside the URL, with a secret in it or in the URL, where that port leads to the server. */
  options(secret: string, port: number): TransportOptions;
  /** What must be seen nowhere beside `right` and `wrong` in all their forms: the text of a private key. */
  readonly secrets?: readonly string[];
  /** What is told in the place of what makes the server trusted; absent where it has no identity to be trusted. */
  readonly untrusted?: TransportOptions;
  close(): Promise<void>;
}

export const right = "right#secret/of+joe%41";
export const wrong = "wrong#secret/of+joe%41";

/** Both secrets as they are written in options, in URLs and on the wire. */
export const allForms: readonly string[] = [right, wrong].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  base64(secret),
  base64(`joe:${secret}`),
]);

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Puts the file there that is asked for. */
export function seed(tree: FileTree, path: string): void {
  const file = tree.open(path, { write: true, create: true });
  file.write(0, Buffer.from("content"));
  file.close();
}
