import { S3Error } from "./s3-error.ts";
import type { S3Scope } from "./s3-signature.ts";

/** A request that is to be let in. */
export interface S3Visitor {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a request says of who signed it. */
export interface S3Claim {
  readonly accessKeyId: string;
  readonly scope: S3Scope;
  /** As in `X-Amz-Date`. */
  readonly time: string;
  readonly token: string | undefined;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** What is signed in the body's place. */
  readonly payload: string;
  /** The query without the signature in it. */
  readonly query: ReadonlyMap<string, string>;
  /** Where the claim is in the query: how long it is good. */
  readonly presigned: { readonly validMs: number } | undefined;
}

/** Reads a claim, from the header or from the query; undefined where there is none. Throws an `S3Error` for one that is not as it must be. */
export function claimOf({ headers, query }: S3Visitor): S3Claim | undefined {
  if (query.has("X-Amz-Algorithm")) return fromQuery(query);
  const authorization = text(headers["authorization"]);
  if (authorization === undefined) return undefined;
  const match = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(authorization);
  if (match === null) throw new S3Error("InvalidArgument", "Unsupported Authorization Type");
  const fields = new Map(
    (match[1] ?? "").split(",").map((field): [string, string] => {
      const [name = "", ...value] = field.trim().split("=");
      return [name, value.join("=")];
    }),
  );
  const [credential, signedHeaders, signature] = ["Credential", "SignedHeaders", "Signature"].map((name) =>
    fields.get(name),
  );
  const payload = text(headers["x-amz-content-sha256"]);
  if (credential === undefined || signedHeaders === undefined || signature === undefined)
    throw new S3Error("AuthorizationHeaderMalformed");
  if (payload === undefined)
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  return {
    ...credentialOf(credential, "AuthorizationHeaderMalformed"),
    time: text(headers["x-amz-date"]) ?? "",
    token: text(headers["x-amz-security-token"]),
    signedHeaders: signedHeaders.split(";"),
    signature,
    payload,
    query,
    presigned: undefined,
  };
}

function fromQuery(query: ReadonlyMap<string, string>): S3Claim {
  const given = (name: string): string => {
    const value = query.get(`X-Amz-${name}`);
    if (value === undefined) throw new S3Error("AuthorizationQueryParametersError");
    return value;
  };
  const unsigned = new Map(query);
  unsigned.delete("X-Amz-Signature");
  if (given("Algorithm") !== "AWS4-HMAC-SHA256") throw new S3Error("AuthorizationQueryParametersError");
  const seconds = Number(given("Expires"));
  const weekSeconds = 7 * 24 * 60 * 60;
  if (!(seconds >= 0 && seconds <= weekSeconds)) throw new S3Error("AuthorizationQueryParametersError");
  return {
    ...credentialOf(given("Credential"), "AuthorizationQueryParametersError"),
    time: given("Date"),
    token: query.get("X-Amz-Security-Token"),
    signedHeaders: given("SignedHeaders").split(";"),
    signature: given("Signature"),
    payload: query.get("X-Amz-Content-Sha256") ?? "UNSIGNED-PAYLOAD",
    query: unsigned,
    presigned: { validMs: seconds * 1000 },
  };
}

/** `AKIA…/20261121/us-east-1/s3/aws4_request`; an access key may have slashes in it. */
function credentialOf(
  credential: string,
  code: "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError",
): Pick<S3Claim, "accessKeyId" | "scope"> {
  const match = /^(.+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(credential);
  if (match === null) throw new S3Error(code);
  const [, accessKeyId = "", date = "", region = ""] = match;
  return { accessKeyId, scope: { date, region } };
}

function text(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.join(",");
}
