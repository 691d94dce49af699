import type { S3Claim, S3Visitor } from "./s3-claim.ts";
import { claimOf } from "./s3-claim.ts";
import { S3Error } from "./s3-error.ts";
import { S3Signer, canonicalRequest, isSame, scopeText, sha256 } from "./s3-signature.ts";
import type { S3User, S3Users } from "./s3-users.ts";

export interface S3DoorOptions {
  readonly users: S3Users;
  readonly region: string;
  /** Lets in who does not sign at all. */
  readonly anonymous: boolean;
}

/** What a visitor who was let in has said of the body that comes. */
export interface S3Admission {
  /** Its SHA-256, or one of the words that stand for it. */
  readonly payload: string;
  /** Signs the pieces of a body that is signed in pieces, and the signature that theirs go on from. */
  readonly chunks: { readonly signer: S3Signer; readonly seed: string } | undefined;
}

const maxSkewMs = 15 * 60 * 1000;

/** Verifies a request's signature of version 4 as S3 does. Throws an `S3Error` for who is not let in. */
export function admit({ users, region, anonymous }: S3DoorOptions, visitor: S3Visitor): S3Admission {
  const claim = claimOf(visitor);
  if (claim === undefined) {
    if (!anonymous) throw new S3Error("AccessDenied");
    return { payload: "UNSIGNED-PAYLOAD", chunks: undefined };
  }
  const user = Object.hasOwn(users, claim.accessKeyId) ? users[claim.accessKeyId] : undefined;
  if (user === undefined) throw new S3Error("InvalidAccessKeyId", undefined, { AWSAccessKeyId: claim.accessKeyId });
  checkRegion(claim, region);
  checkToken(user, claim.token);
  checkTime(claim);
  checkSigned(claim, visitor);
  const signer = new S3Signer(user.secretAccessKey, claim.scope, claim.time);
  const canonical = canonicalRequest({ ...visitor, ...claim });
  if (!isSame(signer.request(canonical), claim.signature)) throw mismatch(claim, canonical);
  const inPieces = claim.payload.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  return { payload: claim.payload, chunks: inPieces ? { signer, seed: claim.signature } : undefined };
}

function mismatch({ accessKeyId, time, scope, signature }: S3Claim, canonical: string): S3Error {
  return new S3Error("SignatureDoesNotMatch", undefined, {
    AWSAccessKeyId: accessKeyId,
    StringToSign: ["AWS4-HMAC-SHA256", time, scopeText(scope), sha256(canonical)].join("\n"),
    SignatureProvided: signature,
    CanonicalRequest: canonical,
  });
}

function checkRegion({ scope, presigned }: S3Claim, region: string): void {
  if (scope.region === region) return;
  throw new S3Error(
    presigned ? "AuthorizationQueryParametersError" : "AuthorizationHeaderMalformed",
    `The authorization header is malformed; the region '${scope.region}' is wrong; expecting '${region}'`,
    { Region: region },
  );
}

function checkToken({ sessionToken, expires }: S3User, token: string | undefined): void {
  if (sessionToken === undefined && token === undefined) return;
  if (token === undefined) throw new S3Error("InvalidAccessKeyId");
  if (sessionToken === undefined || !isSame(sessionToken, token))
    throw new S3Error("InvalidToken", undefined, { "Token-0": token });
  if (expires !== undefined && expires.getTime() <= Date.now())
    throw new S3Error("ExpiredToken", undefined, { "Token-0": token });
}

function checkTime({ time, scope, presigned }: S3Claim): void {
  const at = parseTime(time);
  if (at === undefined)
    throw new S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
  if (time.slice(0, scope.date.length) !== scope.date) throw new S3Error("SignatureDoesNotMatch");
  const now = Date.now();
  if (presigned !== undefined && now > at + presigned.validMs) throw new S3Error("AccessDenied", "Request has expired");
  const early = at - now > maxSkewMs;
  if (!early && (presigned !== undefined || now - at <= maxSkewMs)) return;
  throw new S3Error("RequestTimeTooSkewed", undefined, {
    RequestTime: time,
    ServerTime: new Date(now).toISOString(),
    MaxAllowedSkewMilliseconds: String(maxSkewMs),
  });
}

/** `20261121T114217Z`, as milliseconds. */
function parseTime(time: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** What could change what a request means is signed. */
function checkSigned({ signedHeaders, presigned }: S3Claim, { headers }: S3Visitor): void {
  const needed = Object.keys(headers).filter(
    (name) => name === "host" || (name.startsWith("x-amz-") && !(presigned && name === "x-amz-content-sha256")),
  );
  const unsigned = needed.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length === 0) return;
  throw new S3Error("AccessDenied", "There were headers present in the request which were not signed", {
    HeadersNotSigned: unsigned.join(", "),
  });
}
