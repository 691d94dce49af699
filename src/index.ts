export type { ConnectionEvents } from "./connection/events.ts";
export type { ConnectionReport, ConnectionState } from "./connection/connection-report.ts";
export { localWireLimit } from "./connection/rationed-limit.ts";
export type { LocalWireLimitOptions } from "./connection/rationed-limit.ts";
export type { WireLimit } from "./connection/wire-limit.ts";
export { CacheTransport, cache } from "./decorators/cache.ts";
export type { CacheOptions, CacheReport } from "./decorators/cache-memory.ts";
export { chroot } from "./decorators/chroot.ts";
export type { LimitOptions } from "./decorators/allowance.ts";
export { limit } from "./decorators/limit.ts";
export { log } from "./decorators/log.ts";
export { readonly } from "./decorators/readonly.ts";
export { retry } from "./decorators/retry.ts";
export type { RetryOptions } from "./decorators/retry.ts";
export { unlistable } from "./decorators/unlistable.ts";
export { TraceTransport } from "./decorators/trace.ts";
export type { TracedCall } from "./decorators/trace.ts";
export { sharedWireLimit } from "./drivers/redis-limit.ts";
export type { RedisScripting, SharedWireLimitOptions } from "./drivers/redis-limit.ts";
export type { Effect, ErrorCode } from "./errors/error-code.ts";
export { TransportError, isTransportError } from "./errors/transport-error.ts";
export type { TransportErrorDetails } from "./errors/transport-error.ts";
export type { GatewayAnswer, Gateway } from "./gateway/gateway.ts";
export type { ServeOptions } from "./gateway/serve.ts";
export { serve } from "./gateway/serve.ts";
export { newGatewayToken } from "./gateway/webdav/token-door.ts";
export type { WritableOptions } from "./gateway/webdav/writable-options.ts";
export type { BorrowOptions, BorrowedTransports } from "./lending/borrowed-transports.ts";
export type { LendingChannel, LendingStreams } from "./lending/frame-channel.ts";
export { lend } from "./lending/lend.ts";
export type { LendOptions, Lending, LendingReport } from "./lending/lend.ts";
export { lendToPrograms } from "./lending/lend-to-programs.ts";
export type { ProgramLending } from "./lending/lend-to-programs.ts";
export type { Logger } from "./log/logger.ts";
export { copyFiles } from "./operations/copy-files.ts";
export { copyTree } from "./operations/copy-tree.ts";
export { formatPlan } from "./operations/format-plan.ts";
export { globs } from "./operations/globs.ts";
export type { GlobOptions, Patterns } from "./operations/globs.ts";
export type { Compare, CopyReason, LeftOut, SyncAction, SyncOptions, SyncPlan } from "./operations/sync-actions.ts";
export { planSync } from "./operations/sync-plan.ts";
export { applySync, sync } from "./operations/sync.ts";
export type {
  EntryFilter,
  Preserve,
  TreeDeed,
  TreeFailure,
  TreeOptions,
  TreeProgress,
  TreeReport,
  Verification,
} from "./operations/tree-options.ts";
export { walk } from "./operations/walk.ts";
export type { WalkOptions, WalkedEntry } from "./operations/walk.ts";
export { TransportScope, borrow, getTransport, resolveFile } from "./samewire.ts";
export type { Capabilities } from "./transport/capabilities.ts";
export type { AskCredentials, CredentialsOption, CredentialsQuestion, Provenance } from "./transport/credentials.ts";
export type { FlowLimits } from "./transport/flow.ts";
export type { Lock, LockInfo, LockOptions } from "./transport/lock.ts";
export type { PossibleTransports } from "./transport/possible-transports.ts";
export type { ResolvedFile } from "./transport/resolve-file.ts";
export type { ReuseVerdict } from "./transport/reuse.ts";
export type { ScopeOptions, ScopeReport } from "./transport/scope.ts";
export type { FtpOptions } from "./transport/ftp-options.ts";
export type { AskBearerToken, HttpOptions } from "./transport/http-options.ts";
export type { S3Options } from "./transport/s3-options.ts";
export type { TlsMaterial, TlsOptions } from "./transport/tls-options.ts";
export type { ConfirmHostKey, HostKeyAnswer, HostKeyQuestion, SshOptions } from "./transport/ssh-options.ts";
export type { Entry, EntryType, Stat } from "./transport/stat.ts";
export { isTempName } from "./transport/temp-name.ts";
export type { Lookup, LocationInput, TransportOptions } from "./transport/transport-options.ts";
export { Transport } from "./transport/transport.ts";
export type {
  Attributes,
  ByteRange,
  ByteSource,
  CreateOptions,
  DigestAlgorithm,
  DigestOptions,
  GetBytesOptions,
  GetOptions,
  ListOptions,
  PutOptions,
  StatOptions,
  VerbOptions,
} from "./transport/verb-options.ts";
export type { Location } from "./url/location.ts";
