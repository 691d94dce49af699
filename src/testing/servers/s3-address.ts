import { queryOf, uriDecoded } from "./s3-encoding.ts";

/** What a request is about. */
export interface S3Address {
  /** Absent where it is about the server itself. */
  readonly bucket: string | undefined;
  /** Absent where it is about the bucket. */
  readonly key: string | undefined;
}

/** A request's target, taken apart. */
export interface S3Target extends S3Address {
  /** Decoded, as it stood before the query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

/**
 * Takes a target apart. The bucket is the name before one of the domains (virtual-hosted style), else the first segment of the path (path style). A
 * key is whatever comes then, empty segments and dots included.
 */
export function targetOf(url: string, host: string | undefined, domains: readonly string[]): S3Target {
  const at = url.indexOf("?");
  const path = uriDecoded(at < 0 ? url : url.slice(0, at));
  const query = queryOf(at < 0 ? "" : url.slice(at + 1));
  const named = bucketOf(host, domains);
  if (named !== undefined) return { path, query, bucket: named, key: filled(path.slice(1)) };
  const slash = path.indexOf("/", 1);
  const bucket = filled(slash < 0 ? path.slice(1) : path.slice(1, slash));
  return { path, query, bucket, key: slash < 0 ? undefined : filled(path.slice(slash + 1)) };
}

function bucketOf(host: string | undefined, domains: readonly string[]): string | undefined {
  const name = (host ?? "").replace(/:\d+$/, "").toLowerCase();
  const domain = domains.find((suffix) => name.endsWith(`.${suffix}`));
  return domain === undefined ? undefined : name.slice(0, -domain.length - 1);
}

function filled(text: string): string | undefined {
  return text === "" ? undefined : text;
}
