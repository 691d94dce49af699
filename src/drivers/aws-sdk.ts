import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";

import { deferred } from "../connection/deferred.ts";
import type { Deferred } from "../connection/deferred.ts";
import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { profileEndpoint } from "./aws-endpoint.ts";
import { effectOfChange, isAnswered, isClockSkew, s3Error } from "./aws-sdk-errors.ts";
import type { SdkCall, SdkRequest } from "./aws-sdk-handler.ts";
import { wireHandler } from "./aws-sdk-handler.ts";
import type { AwsSdk } from "./aws-sdk-package.ts";
import { loadAwsSdk } from "./aws-sdk-package.ts";
import type { HttpAnswer } from "./http-answer.ts";
import type { HttpClient } from "./http-client.ts";

/** Who asks, and where; what is not said the SDK looks for where it always does. */
export interface S3Settings {
  /** The bucket that the connection was asked for with. */
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  /** What the environment said when the connection was asked for. */
  readonly environmentEndpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly pathStyle?: boolean | undefined;
  readonly profile?: string | undefined;
  readonly anonymous?: boolean | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
}

/** The server that requests go to. */
export interface S3Origin {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
}

/** One request. */
export interface S3Call {
  readonly client: HttpClient;
  /** The verb, for messages. */
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
  /** Whether it is sent again after a lost connection. */
  readonly repeatable: boolean;
  /** Takes the body of an answer that is a success. */
  readonly take?: (answer: HttpAnswer) => void;
  /** Whether it changes something: when it is not answered, it is uncertain whether it did. */
  readonly changes?: boolean;
}

/** What the SDK calls a command, as far as it is needed. */
type Command<Output> = Parameters<S3Client["send"]>[0] & { readonly resolveMiddleware: unknown } & {
  readonly "~output"?: Output;
};

interface Session {
  readonly sdk: AwsSdk;
  readonly client: S3Client;
  readonly origin: S3Origin;
}

/** Where nobody says which: where Amazon's service without a region is, and what others take for theirs. */
const usualRegion = "us-east-1";

/**
 * Makes, signs and reads requests by Amazon's SDK, which never sends one itself. Until the service has answered once as it does to somebody it knows,
 * one request goes ahead alone; once it refused the credentials nothing is sent any more, until `forgive`.
 */
export class S3Service {
  readonly #settings: S3Settings;
  #session: Promise<Session> | undefined;
  /** Where it led first. */
  #origin: S3Origin | undefined;
  #proven = false;
  #proving: Deferred<void> | undefined;
  #refusal: TransportError | undefined;

  constructor(settings: S3Settings) {
    this.#settings = settings;
  }

  /** What was refused may be tried again, with whatever credentials are found by then. */
  forgive(): void {
    this.#refusal = undefined;
    this.#proven = false;
    this.#session = undefined;
  }

  /** Rejects with `missing-driver`, or with `authentication-failed` where there are no credentials. */
  async origin(): Promise<S3Origin> {
    return (await this.#open()).origin;
  }

  /** Sends what `command` makes. Rejects with what `s3Error` makes of a failure, and with what `HttpClient.send` rejects with. */
  async send<Output>(command: (sdk: AwsSdk) => object, call: S3Call): Promise<Output> {
    const session = await this.#open();
    while (this.#proving !== undefined) await this.#proving.promise;
    if (this.#refusal !== undefined) throw this.#refusal.with({});
    if (this.#proven) return await this.#send<Output>(session, command, call);
    const proving = (this.#proving = deferred());
    try {
      const output = await this.#send<Output>(session, command, call);
      this.#proven = true;
      return output;
    } finally {
      this.#proving = undefined;
      proving.resolve();
    }
  }

  async #send<Output>(session: Session, command: (sdk: AwsSdk) => object, call: S3Call): Promise<Output> {
    const { client, operation, signal, repeatable, take } = call;
    const made = (request: SdkRequest): void => requireSameHost(request, session.origin);
    const sdkCall = { client, operation, signal, repeatable, take, made };
    try {
      return await run<Output>(session.client, command(session.sdk), sdkCall).catch((thrown: unknown) => {
        // By the answer the SDK has set its clock.
        if (!isClockSkew(thrown)) throw thrown;
        return run<Output>(session.client, command(session.sdk), sdkCall);
      });
    } catch (thrown) {
      const error = s3Error(thrown);
      if (isTransportError(error, "authentication-failed") && !error.temporary) {
        this.#refusal = error;
        this.#proven = false;
      } else if (isAnswered(error)) this.#proven = true;
      throw error.with(call.changes === true ? { effect: effectOfChange(error) } : {});
    }
  }

  #open(): Promise<Session> {
    if (this.#session !== undefined) return this.#session;
    const opening = openSession(this.#settings).then((session) => this.#leadingThere(session));
    this.#session = opening;
    // Credentials that are not there may be there later.
    opening.catch(() => {
      if (this.#session === opening) this.#session = undefined;
    });
    return opening;
  }

  /** There may be connections to where an earlier session led, which was forgiven since, and what the surroundings say may have changed. */
  #leadingThere(session: Session): Session {
    const { secure, host, port } = session.origin;
    const before = (this.#origin ??= session.origin);
    if (before.secure === secure && before.host === host && before.port === port) return session;
    throw new TransportError(
      "unsupported",
      `what the surroundings say leads to ${host} by now, and no more to ${before.host}`,
      {
        hint: "Close this transport, and get another one",
      },
    );
  }
}

async function openSession(settings: S3Settings): Promise<Session> {
  const sdk = await loadAwsSdk();
  try {
    const config = configOf(settings, await endpointOf(settings));
    let client = clientOf(sdk, config);
    const region = await client.config.region().catch(() => undefined);
    if (region === undefined) client = clientOf(sdk, { ...config, region: usualRegion });
    return { sdk, client, origin: await originOf(sdk, client, settings.bucket) };
  } catch (error) {
    throw s3Error(error);
  }
}

/** A client that looks for no endpoint by itself: it would find that of the environment's profile, whichever profile it was given. */
function clientOf(sdk: AwsSdk, config: S3ClientConfig): S3Client {
  const client = new sdk.S3Client(config);
  client.config.serviceConfiguredEndpoint = () => Promise.resolve(undefined);
  return client;
}

/** The service that requests go to: the caller's, the environment's, the profile's; undefined for Amazon's. */
async function endpointOf({ endpoint, environmentEndpoint, profile }: S3Settings): Promise<string | undefined> {
  if (endpoint !== undefined) return endpoint;
  const said = await profileEndpoint(profile);
  if (environmentEndpoint === undefined) return said.endpoint;
  if (!said.ignored) return environmentEndpoint;
  // By now connections are shared that lead there.
  throw new TransportError(
    "unsupported",
    "the environment names an endpoint of s3:, which the profile says to ignore",
    {
      hint: "Pass s3: { endpoint }, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
    },
  );
}

function configOf(settings: S3Settings, endpoint: string | undefined): S3ClientConfig {
  const { region, pathStyle = endpoint !== undefined, profile } = settings;
  return {
    requestHandler: wireHandler as unknown as NonNullable<S3ClientConfig["requestHandler"]>,
    // What is repeated, and when, the wires know.
    maxAttempts: 1,
    // Each body would wait for the server's word, and older servers give none.
    expectContinueHeader: false,
    // The signature covers every body already; others than Amazon often refuse checksums that are newer than they are.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    forcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...credentialsOf(settings),
  };
}

function credentialsOf(settings: S3Settings): S3ClientConfig {
  const { anonymous, accessKeyId, secretAccessKey, sessionToken } = settings;
  if (anonymous === true)
    return {
      credentials: { accessKeyId: "", secretAccessKey: "" },
      signer: { sign: (request) => Promise.resolve(request) },
    };
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return {};
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    // What the SDK finds elsewhere would be signed by somebody else than the one who was named.
    throw new TransportError("authentication-failed", "an access key and its secret are only good together", {
      hint: "Pass s3: { accessKeyId, secretAccessKey }, or neither, and the SDK finds both where it always does",
    });
  }
  return {
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  };
}

/** Where the SDK would send a request: it is made, and not sent. */
async function originOf(sdk: AwsSdk, client: S3Client, bucket: string): Promise<S3Origin> {
  let request: SdkRequest | undefined;
  const made = (one: SdkRequest): void => void (request = one);
  try {
    await run(client, new sdk.HeadBucketCommand({ Bucket: bucket }), {
      client: undefined,
      operation: "connect",
      signal: undefined,
      repeatable: false,
      made,
    });
  } catch (error) {
    if (request === undefined) throw error;
  }
  const { protocol, hostname, port } = request as SdkRequest;
  const secure = protocol === "https:";
  return { secure, host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port ?? (secure ? 443 : 80) };
}

async function run<Output>(client: S3Client, command: object, call: SdkCall): Promise<Output> {
  // The second argument goes to the handler as it is.
  return (await client.send(command as Command<Output>, call as object)) as Output;
}

function requireSameHost({ hostname }: SdkRequest, { host }: S3Origin): void {
  if (hostname.replace(/^\[(.*)\]$/, "$1") === host) return;
  throw s3Error(new Error("the SDK wants to ask another host than the connection leads to"));
}
