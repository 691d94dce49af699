import type { ConnectionKey } from "../../connection/connection-key.ts";
import { any, identityValue } from "../../connection/identity.ts";
import type { HttpWire } from "../../drivers/http-wire.ts";
import { environmentNamesProxies, proxyFromEnvironment } from "../../drivers/proxy-from-env.ts";
import { TransportError } from "../../errors/transport-error.ts";
import type { ConnectedScheme } from "../../transport/connected-scheme.ts";
import { connectedScheme } from "../../transport/connected-scheme.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { schemeDeclarations } from "../../transport/option-declarations.ts";
import { isProxyOfEnvironment, withEnvironmentProxy } from "../../transport/proxy-options.ts";
import { S3Connector } from "./s3-connector.ts";
import { endpointOf, isPathStyle, impliedOptions, labelOf, likelyOrigin } from "./s3-destination.ts";
import { S3Primitives } from "./s3-primitives.ts";

/** `s3://bucket/prefix/`, on Amazon's service or any other that speaks its language. */
export const s3Scheme: ConnectedScheme<HttpWire> = connectedScheme<HttpWire>({
  names: ["s3"],
  syntax: {
    host: "required",
    userinfo: true,
    query: false,
    encodedSlash: false,
    controlCharacters: false,
    homeDirectory: false,
  },
  options: schemeDeclarations.s3,
  impliedOptions,
  effectiveOptions: ({ location, options }) =>
    options.proxy === undefined
      ? withEnvironmentProxy(options, proxyFromEnvironment(likelyOrigin(location, options)))
      : options,
  // Where a URL alone leads is not known before it is known whose connection may serve it: the bucket and the endpoint are options.
  endpoint: ({ location }) => {
    if (location.port === undefined) return "s3:";
    throw new TransportError("invalid-url", "a bucket has no port", {
      url: location.redactedUrl,
      hint: "The service's own URL is the option s3: { endpoint }",
    });
  },
  label: labelOf,
  keyOf,
  connector: (request) => new S3Connector(request),
  // A question without need costs money, and another connection little: an idle one is not kept alive.
  primitives: (connection) => new S3Primitives(connection),
});

/** Equal to no proxy that anybody gave, nor to none. */
const proxyOfEnvironment = identityValue("the environment's", false);

/** Where buckets are segments of a path, one wire serves them all. Where the SDK has to find the service, it is known then which proxy leads there. */
function keyOf(request: ConnectionRequest): ConnectionKey {
  const { key, options } = request;
  const identity = new Map(key.identity);
  if (isPathStyle(options)) identity.set("s3.bucket", any);
  if (isProxyOfEnvironment(options) && endpointOf(options) === undefined && environmentNamesProxies())
    identity.set("proxy", proxyOfEnvironment);
  return { ...key, identity };
}
