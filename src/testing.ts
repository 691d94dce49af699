/** For tests: of schemes, of decorators, and of programs that count their connections. */
export type { Fault, PlannedCall } from "./decorators/faulty.ts";
export { faulty } from "./decorators/faulty.ts";
export type { SlowOptions } from "./decorators/slow.ts";
export { slow } from "./decorators/slow.ts";
export { memoryStore } from "./schemes/memory/memory-store.ts";
export type { MemoryStore } from "./schemes/memory/memory-store.ts";
export { useTestDecorators } from "./testing/test-decorators.ts";
export { fastClock } from "./testing/fast-clock.ts";
export { conformance } from "./testing/conformance/conformance.ts";
export type {
  ConformanceServer,
  ConformanceSite,
  ConformanceSubject,
  TestRunner,
} from "./testing/conformance/conformance-subject.ts";
export { expectConnections } from "./testing/expect-connections.ts";
export type { ConnectionCounter } from "./testing/expect-connections.ts";
export type {
  SshLoginAttempt,
  SshLoginReaction,
  SshServerCounts,
  SshServerUser,
  SshServerUsers,
} from "./drivers/ssh-server.ts";
export type { SshKeyPair } from "./drivers/ssh2-server.ts";
export { generateSshKey } from "./drivers/ssh2-server.ts";
export { FileTree } from "./schemes/memory/file-tree.ts";
export type { FtpCut } from "./testing/servers/ftp-data-connection.ts";
export type { FtpFeature } from "./testing/servers/ftp-features.ts";
export { ftpServerFeatures } from "./testing/servers/ftp-features.ts";
export type { FtpServerOptions } from "./testing/servers/ftp-server.ts";
export { FtpServer, startFtpServer } from "./testing/servers/ftp-server.ts";
export type { FtpCommandHook, FtpReaction, FtpServerCounts } from "./testing/servers/ftp-site.ts";
export type { HttpIndex } from "./testing/servers/http-index.ts";
export type { HttpLoginOptions, HttpUsers } from "./testing/servers/http-login.ts";
export type { HttpRanges } from "./testing/servers/http-ranges.ts";
export type {
  HttpListenerOptions,
  HttpOwnAnswer,
  HttpReaction,
  HttpServerRequest,
} from "./testing/servers/http-listener.ts";
export type { HttpServerOptions } from "./testing/servers/http-server.ts";
export { HttpServer, startHttpServer } from "./testing/servers/http-server.ts";
export type { S3OperationName } from "./testing/servers/s3-operations.ts";
export type { S3Condition } from "./testing/servers/s3-conditions.ts";
export type { S3Reaction, S3ServerOptions, S3ServerRequest } from "./testing/servers/s3-server.ts";
export { S3Server, startS3Server } from "./testing/servers/s3-server.ts";
export type { S3User, S3Users } from "./testing/servers/s3-users.ts";
export type { SftpServerOptions } from "./testing/servers/sftp-server.ts";
export { SftpServer, sftpServerExtensions, startSftpServer } from "./testing/servers/sftp-server.ts";
export type { SftpReaction, SftpRequestName } from "./testing/servers/sftp-session.ts";
export type { TlsIdentity, TlsIdentityOptions } from "./testing/servers/tls-identity.ts";
export { generateTlsIdentity } from "./testing/servers/tls-identity.ts";
export type { WebdavBehaviour, WebdavCase } from "./testing/servers/webdav-behaviour.ts";
export { webdavServerKinds } from "./testing/servers/webdav-behaviour.ts";
export type { UploadFault } from "./testing/servers/webdav-body.ts";
export type { WebdavLock } from "./gateway/webdav/locks.ts";
export type { WebdavReaction, WebdavServerOptions } from "./testing/servers/webdav-server.ts";
export { WebdavServer, startWebdavServer } from "./testing/servers/webdav-server.ts";
export type { TapDirection, TapEnding, TapOptions, TapTarget } from "./testing/tap.ts";
export { Tap, startTap } from "./testing/tap.ts";
export type { TapConnection } from "./testing/tap-connection.ts";
