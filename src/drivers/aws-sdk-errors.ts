import type { Effect, ErrorCode } from "../errors/error-code.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import { effectAfter, statusError } from "./http-failure.ts";
import { HttpHeaders } from "./http-message.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly reason: string;
  readonly hint?: string;
  readonly temporary?: true;
}

const refusedLogin = (reason: string, hint?: string): Meaning => ({
  code: "authentication-failed",
  reason,
  ...(hint === undefined ? {} : { hint }),
});
const checkKeys = "Check the access key and its secret";
const newToken = "Get new temporary credentials";
const busy: Meaning = { code: "too-many-connections", reason: "the service gets too many requests", temporary: true };
const elsewhere: Meaning = { code: "unsupported", reason: "the bucket is in another region" };
const archived = "the object is in an archive, and has to be restored before it can be read";

/** What the error codes of S3, and of those who speak its language, mean for a file: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const meanings: Readonly<Record<string, Meaning>> = {
  NoSuchKey: { code: "not-found", reason: "there is nothing there" },
  NotFound: { code: "not-found", reason: "there is nothing there" },
  NoSuchBucket: { code: "not-found", reason: "there is no such bucket", hint: "Make it first: s3: makes no buckets" },
  NoSuchUpload: { code: "unexpected", reason: "the upload was given up by somebody else", temporary: true },
  EndpointError: { code: "invalid-url", reason: "there is no such service or bucket" },
  InvalidBucketName: { code: "invalid-url", reason: "no bucket can be called that" },
  KeyTooLongError: { code: "invalid-path", reason: "the path is longer than the 1,024 bytes that a key can have" },
  AccessDenied: { code: "permission-denied", reason: "these credentials do not allow that" },
  AllAccessDisabled: { code: "permission-denied", reason: "nobody may access that" },
  AccountProblem: { code: "permission-denied", reason: "there is a problem with the account" },
  MethodNotAllowed: { code: "unsupported", reason: "the service does not do that here" },
  NotImplemented: { code: "unsupported", reason: "the service cannot do that" },
  InvalidObjectState: { code: "permission-denied", reason: archived },
  InvalidAccessKeyId: refusedLogin("the service does not know the access key", checkKeys),
  SignatureDoesNotMatch: refusedLogin("the service refuses the signature", checkKeys),
  InvalidSecurity: refusedLogin("the service refuses the credentials", checkKeys),
  Unauthorized: refusedLogin("the service refuses the credentials", checkKeys),
  NotSignedUp: refusedLogin("the account is not signed up for the service"),
  MissingSecurityHeader: refusedLogin("the service wants a signature"),
  InvalidToken: refusedLogin("the service refuses the session token", newToken),
  ExpiredToken: refusedLogin("the session token has expired", newToken),
  TokenRefreshRequired: refusedLogin("the session token has to be renewed", newToken),
  RequestTimeTooSkewed: {
    ...refusedLogin("the clock of this machine differs too much from the service's", "Set the clock"),
    temporary: true,
  },
  RequestExpired: refusedLogin("the signature came too late", "Check the clock of this machine"),
  SlowDown: busy,
  ServiceUnavailable: busy,
  TooManyRequests: busy,
  Throttling: busy,
  RequestLimitExceeded: busy,
  Busy: busy,
  EntityTooLarge: { code: "no-space", reason: "the object is larger than the service takes" },
  QuotaExceeded: { code: "no-space", reason: "the quota is used up" },
  StorageFull: { code: "no-space", reason: "the service has no space left" },
  XMinioStorageFull: { code: "no-space", reason: "the service has no space left" },
  InvalidRange: { code: "range-not-satisfiable", reason: "the object does not reach that far" },
  PreconditionFailed: { code: "already-exists", reason: "what is there is not what was expected" },
  ConditionalRequestConflict: { code: "unexpected", reason: "somebody else is writing there", temporary: true },
  OperationAborted: { code: "unexpected", reason: "somebody else is changing it", temporary: true },
  PermanentRedirect: elsewhere,
  TemporaryRedirect: { ...elsewhere, temporary: true },
  AuthorizationHeaderMalformed: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  RequestTimeout: { code: "timeout", reason: "the service waited too long for the content", temporary: true },
  InternalError: { code: "unexpected", reason: "the service failed", temporary: true },
  InternalServerError: { code: "unexpected", reason: "the service failed", temporary: true },
};

/** What the SDK throws, as far as it is looked at. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The SDK's own error without what it carries along, which may be a signature and a session token. */
export class S3Failure extends Error {
  /** The service's word for what went wrong. */
  readonly code: string;
  /** What the service's own people want to know. */
  readonly requestId: string | undefined;
  /** What is known of a change that was answered so. */
  readonly effect: Effect;

  constructor(code: string, message: string, { requestId, effect }: Pick<S3Failure, "requestId" | "effect">) {
    super(message);
    this.name = "S3Failure";
    this.code = code;
    this.requestId = requestId;
    this.effect = effect;
  }
}

/** Whether the service has said in its own words what is wrong: then it has looked at who asks. A status alone says too little. */
export function isAnswered({ cause }: TransportError): boolean {
  return cause instanceof S3Failure && Object.hasOwn(meanings, cause.code);
}

/** What a service says that failed, be it after it has done what it was asked for. */
const failed: ReadonlySet<string> = new Set(["InternalError", "InternalServerError"]);

/** Who was not answered, or in riddles, does not know what became of the request. */
const unanswered: ReadonlySet<ErrorCode> = new Set([
  "connection-lost",
  "timeout",
  "protocol-error",
  "aborted",
  "closed",
]);

/** What is known of a change that ended in a failure: nothing has happened where the service refused it. */
export function effectOfChange(error: TransportError): Effect {
  const { code, cause, effect } = error;
  if (unanswered.has(code)) return "unknown";
  return cause instanceof S3Failure ? cause.effect : effect;
}

/** What a service says that cannot look at a condition, because others are changing the object at the same time. */
const conflicts: ReadonlySet<string> = new Set(["ConditionalRequestConflict", "OperationAborted"]);

/** Whether nothing was changed because a condition did not hold, or because others were changing the object. */
export function isConditionRefused(error: unknown): boolean {
  if (isTransportError(error, "already-exists")) return true;
  return isTransportError(error) && error.cause instanceof S3Failure && conflicts.has(error.cause.code);
}

/** Whether the SDK reports that the service has another time than this machine. */
export function isClockSkew(error: unknown): boolean {
  return error instanceof Error && error.name === "RequestTimeTooSkewed";
}

/** A failure of the SDK, or of the service, as what it means for a file. */
export function s3Error(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const sdkError = (typeof error === "object" && error !== null ? error : {}) as SdkError;
  const { $metadata: { httpStatusCode: status, requestId } = {}, $response: { headers = {} } = {} } = sdkError;
  const name = typeof sdkError.name === "string" ? sdkError.name : "Error";
  const cause = new S3Failure(name, firstLine(sdkError.message), {
    requestId,
    effect: effectSaid(name, status, headers),
  });
  if (name === "CredentialsProviderError" || name === "TokenProviderError") return noCredentials(cause);
  const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
  if (meaning?.reason === elsewhere.reason || (status === 301 && meaning === undefined))
    return inRegion(sdkError, headers, cause).with({ temporary: meaning?.temporary ?? false });
  if (meaning !== undefined) return new TransportError(meaning.code, meaning.reason, { ...meaning, cause });
  if (status !== undefined && status >= 300) return statusError(status, new HttpHeaders(headers)).with({ cause });
  const reason = status === undefined ? cause.message : "the service gave an answer that fits no question";
  return new TransportError(status === undefined ? "unexpected" : "protocol-error", reason, { cause });
}

/** By the service's own word, which says more than the status; by the status where it says none. */
function effectSaid(name: string, status: number | undefined, headers: Readonly<Record<string, string>>): Effect {
  if (failed.has(name)) return "unknown";
  const isKnown = Object.hasOwn(meanings, name);
  return isKnown || status === undefined || status < 300 ? "none" : effectAfter(status, new HttpHeaders(headers));
}

/** A failure that an answer tells among its results: those of S3's own words. */
export function serviceError(code: string, message: string): TransportError {
  return s3Error(Object.assign(new Error(message), { name: code }));
}

function noCredentials(cause: Error): TransportError {
  return new TransportError("authentication-failed", "there are no credentials", {
    hint: "Pass s3: { accessKeyId, secretAccessKey } or { anonymous: true }, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or set up a profile",
    cause,
  });
}

function inRegion({ Region }: SdkError, headers: Readonly<Record<string, string>>, cause: Error): TransportError {
  const { "x-amz-bucket-region": said } = headers;
  const region = typeof Region === "string" ? Region : said;
  const known = region !== undefined && /^[a-z0-9-]{1,40}$/.test(region);
  return new TransportError(elsewhere.code, elsewhere.reason, {
    hint: known ? `Pass s3: { region: "${region}" }` : "Pass its region: s3: { region }",
    cause,
  });
}

/** What the SDK adds in further lines is how to look at the answer, which is not kept. */
function firstLine(message: unknown): string {
  const [line = ""] = (typeof message === "string" ? message : "").split("\n", 1);
  return oneLine(line, 500);
}
