/** For authors of schemes, decorators and pools. */
export type { Clock, Timer } from "./connection/clock.ts";
export { systemClock } from "./connection/clock.ts";
export type { ConnectPhase, Connector, OpenContext, WireTraffic } from "./connection/connector.ts";
export type { ConnectionKey } from "./connection/connection-key.ts";
export type { OptionDeclaration, OptionDeclarations, OptionKind } from "./connection/identity.ts";
export type { ConnectionLimits, ConnectionPolicy, PolicyOptions } from "./connection/policy.ts";
export { connectionPolicy } from "./connection/policy.ts";
export type {
  PermitStore,
  ReleaseRequest,
  RenewAnswer,
  RenewRequest,
  TakeAnswer,
  TakeRequest,
} from "./connection/permit-store.ts";
export { RationedLimit } from "./connection/rationed-limit.ts";
export type { PermitTimes } from "./connection/rationed-limit.ts";
export type { PoolFactory, SharedConnectionOptions, UseOptions } from "./connection/shared-connection.ts";
export { SharedConnection } from "./connection/shared-connection.ts";
export { SlotPool } from "./connection/slot-pool.ts";
export type { Demand, Permit, PermitHolder, PermitSource } from "./connection/wire-limit.ts";
export type { Lease, LeaseRequest, PoolObserver, PoolStats, WirePool } from "./connection/wire-pool.ts";
export { toTransportError } from "./errors/transport-error.ts";
export { defaultRegistry } from "./samewire.ts";
export type { ConnectedScheme, ConnectedSchemeDefinition } from "./transport/connected-scheme.ts";
export { connectedScheme } from "./transport/connected-scheme.ts";
export { ConnectedTransport } from "./transport/connected-transport.ts";
export { ConnectionRequest } from "./transport/connection-request.ts";
export { getTransportFrom } from "./transport/get-transport.ts";
export type { Operation } from "./transport/operation.ts";
export { PrimitiveTransport } from "./transport/primitive-transport.ts";
export type { AtomicPut, PartReader, Primitives, RawEntry, WriteRequest, WriteResult } from "./transport/primitives.ts";
export { readStream } from "./transport/read-stream.ts";
export { ReadOnlyPrimitives, readOnlyCapabilities } from "./transport/read-only-primitives.ts";
export { Registry } from "./transport/registry.ts";
export { resolveFileFrom } from "./transport/resolve-file.ts";
export type { Decorator, Scheme } from "./transport/scheme.ts";
export { TransportScope as RegistryScope } from "./transport/scope.ts";
export { tempName } from "./transport/temp-name.ts";
export { TransportDecorator } from "./transport/transport-decorator.ts";
export type { ChangingVerb, Verb } from "./transport/verbs.ts";
export { isChanging } from "./transport/verbs.ts";
export type { UrlSyntax } from "./url/url-syntax.ts";
