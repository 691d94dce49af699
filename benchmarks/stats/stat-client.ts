/** A client with an open connection that asks what a file is. */
export interface StatClient extends AsyncDisposable {
  /** As it is named in results. */
  readonly name: string;
  /** Whether it is only made to be asked one thing after another. */
  readonly oneByOne?: boolean;
  /** Resolves with the size of the file, in bytes. */
  size(file: string): Promise<number>;
}

/** The files that are asked about, each with a size of its own, so that an answer to another question is seen. */
export function statFiles(count: number): ReadonlyMap<string, number> {
  return new Map(Array.from({ length: count }, (_, at) => [`file-${at}`, 1 + at]));
}
