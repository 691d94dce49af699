import { checkedEndpoint, environmentEndpoint } from "../../drivers/aws-endpoint.ts";
import type { ProxiedOrigin } from "../../drivers/proxy-from-env.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import type { S3Options } from "../../transport/s3-options.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import type { Location } from "../../url/location.ts";

/** The options of a call with what its URL says: the bucket, and, as user and password, an access key and its secret. */
export function impliedOptions(location: Location, options: TransportOptions): TransportOptions {
  const { secretAccessKey, endpoint, ...others } = options.s3 ?? {};
  const accessKeyId = said(location.user, options.user, others.accessKeyId);
  const password = said(options.password, secretAccessKey);
  return {
    ...options,
    ...(password === undefined ? {} : { password }),
    s3: {
      ...others,
      bucket: location.host,
      ...(accessKeyId === undefined ? {} : { accessKeyId }),
      ...(endpoint === undefined ? {} : { endpoint: endpoint === null ? null : checkedEndpoint(endpoint) }),
    } as S3Options,
  };
}

/** The first of some values that was given, be it explicitly none. */
function said(...values: (string | null | undefined)[]): string | null | undefined {
  return values.find((value) => value !== undefined);
}

/** The service's URL: given, or in the environment; undefined where a profile may say it, or it is Amazon's. */
export function endpointOf({ s3 }: TransportOptions): string | undefined {
  return typeof s3?.endpoint === "string" ? s3.endpoint : environmentEndpoint();
}

/** Whether buckets are segments of a path, as far as that is known before anything is asked. */
export function isPathStyle(options: TransportOptions): boolean {
  return options.s3?.pathStyle ?? endpointOf(options) !== undefined;
}

/** The server that the SDK will most likely ask, before it was asked itself. */
export function likelyOrigin({ host }: Location, options: TransportOptions): ProxiedOrigin {
  const region = options.s3?.region ?? process.env["AWS_REGION"] ?? "us-east-1";
  const endpoint = endpointOf(options);
  if (endpoint === undefined) return { scheme: "https", host: `${host}.s3.${region}.amazonaws.com`, port: 443 };
  const url = new URL(endpoint);
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  const service = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { scheme: secure ? "https" : "http", host: isPathStyle(options) ? service : `${host}.${service}`, port };
}

/** Where a connection leads: `s3://bucket`, or the endpoint where that serves every bucket. */
export function labelOf({ location, options }: ConnectionRequest): string {
  const endpoint = endpointOf(options);
  if (endpoint === undefined) return `s3://${location.host}`;
  return isPathStyle(options) ? `s3: at ${endpoint}` : `s3://${location.host} at ${endpoint}`;
}
