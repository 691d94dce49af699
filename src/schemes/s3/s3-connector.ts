import type { LookupFunction } from "node:net";

import { whenAborted } from "../../connection/abort.ts";
import type { OpenContext } from "../../connection/connector.ts";
import { connectionPolicy } from "../../connection/policy.ts";
import { S3Service } from "../../drivers/aws-sdk.ts";
import { HttpAuthentication } from "../../drivers/http-authentication.ts";
import type { HttpSender } from "../../drivers/http-client.ts";
import { HttpConnector } from "../../drivers/http-connector.ts";
import { HttpThrottle } from "../../drivers/http-throttle.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import { HttpWireConnector } from "../../drivers/http-wire-connector.ts";
import type { ProxiedOrigin } from "../../drivers/proxy-from-env.ts";
import { proxyFromEnvironment } from "../../drivers/proxy-from-env.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { ProxySettings } from "../../transport/proxy-options.ts";
import { isProxyOfEnvironment, proxySettings } from "../../transport/proxy-options.ts";
import { tlsSettings } from "../../transport/tls-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import { endpointOf, labelOf } from "./s3-destination.ts";

/** S3's "slow down" does not say for how long: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html */
const slowDownMs = 200;

/** Opens connections to the server that the SDK would ask, which is only known once the SDK has looked for credentials and regions. */
export class S3Connector extends HttpWireConnector implements HttpSender {
  readonly label: string;
  readonly service: S3Service;
  /** The SDK signs: nobody else proves anything. */
  readonly authentication: HttpAuthentication = new HttpAuthentication({});
  readonly throttle: HttpThrottle;
  readonly patienceMs: number;
  readonly unsaidPauseMs: number = slowDownMs;
  readonly headers: Readonly<Record<string, string>> = {};
  readonly leasesPerWire: number = 1;
  protected readonly keepaliveAsked: boolean;
  readonly #options: TransportOptions;

  constructor(request: ConnectionRequest) {
    super();
    const { location, options } = request;
    const { endpoint, region, pathStyle, profile, anonymous, accessKeyId, sessionToken } = options.s3 ?? {};
    this.label = labelOf(request);
    const { leaseTimeoutMs, clock } = connectionPolicy(options);
    this.patienceMs = leaseTimeoutMs;
    this.throttle = new HttpThrottle(clock);
    this.#options = options;
    this.keepaliveAsked = options.keepaliveIntervalMs !== undefined;
    this.service = new S3Service({
      bucket: location.host,
      endpoint: endpoint ?? undefined,
      environmentEndpoint: endpointOf(options),
      region: region ?? undefined,
      pathStyle,
      profile: profile ?? undefined,
      anonymous,
      accessKeyId: accessKeyId ?? undefined,
      secretAccessKey: location.password ?? options.password ?? undefined,
      sessionToken: sessionToken ?? undefined,
    });
  }

  async open(context: OpenContext): Promise<HttpWire> {
    return await (await this.#connector(context.signal)).open(context);
  }

  forgive(): void {
    this.service.forgive();
  }

  async #connector(signal: AbortSignal): Promise<HttpConnector> {
    const { secure, host, port } = await unlessAborted(this.service.origin(), signal);
    const options = this.#options;
    return new HttpConnector({
      label: this.label,
      authentication: this.authentication,
      patienceMs: this.patienceMs,
      headers: this.headers,
      target: {
        host,
        port,
        proxy: proxyOf(options, { scheme: secure ? "https" : "http", host, port }),
        localAddress: options.localAddress ?? undefined,
        family: options.family ?? undefined,
        lookup: (options.lookup ?? undefined) as LookupFunction | undefined,
        tls: secure ? { ...tlsSettings(options), host } : undefined,
        // Signatures cover the host, and the service itself offers nothing else.
        http2: false,
      },
    });
  }
}

/** The environment's word counts for the host that the SDK has found: the one in the key was a guess. */
function proxyOf(options: TransportOptions, origin: ProxiedOrigin): ProxySettings | undefined {
  if (!isProxyOfEnvironment(options)) return proxySettings(options);
  const proxy = proxyFromEnvironment(origin);
  return proxy === undefined ? undefined : proxySettings({ ...options, proxy });
}

/** The SDK cannot be told that nobody waits any more for what it looks for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = whenAborted(signal, () => reject(signal.reason as TransportError));
    work.then(resolve, reject).finally(stopListening);
    if (signal.aborted) reject(signal.reason as TransportError);
  });
}
