import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import { uriEncoded } from "./s3-encoding.ts";

/** What a signature is for: when, where and for which service. */
export interface S3Scope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
}

/** The parts of a request that are signed. */
export interface SignedRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** In lower case, in the order in which the client lists them. */
  readonly signedHeaders: readonly string[];
  /** The SHA-256 of the body, or the word that stands for it. */
  readonly payload: string;
}

/** The request as both sides see it: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export function canonicalRequest(request: SignedRequest): string {
  const { method, path, query, headers, signedHeaders, payload } = request;
  const parameters = Array.from(query, ([name, value]) => [uriEncoded(name), uriEncoded(value)] as const);
  const lines = signedHeaders.map((name) => `${name}:${canonicalValue(headers[name])}\n`);
  return [
    method,
    uriEncoded(path, { slashes: true }),
    parameters
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map((pair) => pair.join("="))
      .join("&"),
    lines.join(""),
    signedHeaders.join(";"),
    payload,
  ].join("\n");
}

function canonicalValue(value: string | string[] | undefined): string {
  return [value ?? ""]
    .flat()
    .map((one) => one.trim().replaceAll(/ +/g, " "))
    .join(",");
}

export function scopeText({ date, region }: S3Scope): string {
  return `${date}/${region}/s3/aws4_request`;
}

/** Signs with what is derived from a secret for one scope. */
export class S3Signer {
  readonly #key: Buffer;
  readonly #scope: S3Scope;
  readonly #time: string;

  /** `time` as in `X-Amz-Date`. */
  constructor(secretAccessKey: string, scope: S3Scope, time: string) {
    this.#scope = scope;
    this.#time = time;
    const { date, region } = scope;
    this.#key = [date, region, "s3", "aws4_request"].reduce<Buffer>(
      (key, part) => hmac(key, part),
      Buffer.from(`AWS4${secretAccessKey}`),
    );
  }

  request(canonical: string): string {
    return this.#sign("AWS4-HMAC-SHA256", sha256(canonical));
  }

  /** A piece of a body that is signed in pieces, each with the signature of the one before. */
  chunk(previous: string, bytes: Uint8Array): string {
    return this.#sign("AWS4-HMAC-SHA256-PAYLOAD", `${previous}\n${sha256("")}\n${sha256(bytes)}`);
  }

  /** The lines after the last piece. */
  trailer(previous: string, lines: string): string {
    return this.#sign("AWS4-HMAC-SHA256-TRAILER", `${previous}\n${sha256(lines)}`);
  }

  #sign(algorithm: string, what: string): string {
    return hmac(this.#key, [algorithm, this.#time, scopeText(this.#scope), what].join("\n")).toString("hex");
  }
}

/** Compares without telling by its time how much is right. */
export function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
