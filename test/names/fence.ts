import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";

/**
 * A server with a directory, the fence, and things beside and above it that nobody inside may know of. In the fence are `file` and `dir/inside`; `secret` and
 * `secrets/file` are beside it, and above.
 */
export interface Fence extends AsyncDisposable {
  readonly url: string;
  readonly options: TransportOptions;
  readonly scope: TransportScope;
  /** The fenced directory, with nothing around it. */
  readonly plain: Transport;
  /** As the server says it, without a slash at its end. */
  readonly root: string;
  /** The absolute paths that the server was asked for since the last time, by its own record. Empty where it keeps none: `records` says so. */
  asked(): readonly string[];
  readonly records: boolean;
  /** Everything that is there, inside and outside: files with their content, links with their text. */
  everything(): Promise<Readonly<Record<string, string>>>;
  /** Makes a link in the fence by another way; undefined where there are none. */
  readonly link: ((target: string, path: string) => void) | undefined;
}

export type FenceParts = Pick<Fence, "url" | "options" | "root" | "link"> & {
  readonly asked?: () => readonly string[];
  readonly everything: () => Promise<Record<string, string>> | Record<string, string>;
  readonly close: () => unknown;
};

/** Where the fence is below the top of everything. */
export const fencePath = "/outer/fence";

/** What no answer may contain. */
export const secret = "nobody inside may read this";

/** What is there at the beginning. */
export const seeds: Readonly<Record<string, string>> = {
  "/outer/fence/file": "a file",
  "/outer/fence/dir/inside": "inside a directory",
  "/outer/fence-post": secret,
  "/outer/secret": secret,
  "/outer/secrets/file": secret,
  "/secret": secret,
  "/secrets/file": secret,
  "/etc/passwd": secret,
};

export function makeFence({ asked, everything, close, ...parts }: FenceParts): Fence {
  const scope = new TransportScope();
  return {
    ...parts,
    scope,
    plain: scope.getTransport(parts.url, parts.options),
    records: asked !== undefined,
    asked: asked ?? (() => []),
    everything: async () => await everything(),
    async [Symbol.asyncDispose]() {
      await scope.close();
      await close();
    },
  };
}

/** Hands out what was written down since the last time. */
export function takenFrom(written: string[]): () => readonly string[] {
  return () => written.splice(0);
}
