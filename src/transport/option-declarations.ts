import type { OptionDeclaration, OptionDeclarations } from "../connection/identity.ts";
import type { CredentialsOption } from "./credentials.ts";
import type { FtpOptions } from "./ftp-options.ts";
import type { HttpOptions } from "./http-options.ts";
import type { S3Options } from "./s3-options.ts";
import type { SshOptions } from "./ssh-options.ts";
import type { TlsOptions } from "./tls-options.ts";
import type { TransportOptions } from "./transport-options.ts";

/** A declaration for each of these names and for no other: an option without one does not compile. */
export type DeclarationOfEach<Name extends string> = { readonly [Each in Name]: OptionDeclaration };

/** The fields of a group by dotted name. */
export type FieldOf<Group extends string, Fields> = `${Group}.${keyof Fields & string}`;

/** Groups of options, of which each field means something by itself. */
type GroupName = "credentials" | "ssh" | "tls" | "ftp" | "http" | "s3";

/** What schemes say of a call by themselves, beside what callers can say. */
type Implied = "proxyOfEnvironment" | "http.asksForTokens" | "s3.bucket";

type ImpliedOf<Group extends string> = Extract<Implied, `${Group}.${string}`>;

type CommonName =
  | Exclude<keyof TransportOptions, GroupName>
  | FieldOf<"credentials", CredentialsOption>
  | Exclude<Implied, `${string}.${string}`>;

/** What every scheme with wires has. */
export const commonDeclarations: DeclarationOfEach<CommonName> = {
  user: { kind: "identity", effective: true },
  // A callback may say it, or a file.
  password: { kind: "identity", secret: true, adoptable: true, proof: true, ambient: true },
  "credentials.ask": { kind: "identity", ambient: true },
  // How candidates are asked, and nothing of what they were opened with.
  "credentials.provenance": { kind: "policy" },
  proxy: { kind: "identity", secret: true },
  // A proxy that nobody gave: another origin may have another one.
  proxyOfEnvironment: { kind: "policy" },
  // Who was found in it is identity.
  netrc: { kind: "policy" },
  localAddress: { kind: "identity" },
  family: { kind: "identity" },
  lookup: { kind: "identity" },
  connectTimeoutMs: { kind: "policy" },
  resolveTimeoutMs: { kind: "policy" },
  tcpConnectTimeoutMs: { kind: "policy" },
  proxyTimeoutMs: { kind: "policy" },
  handshakeTimeoutMs: { kind: "policy" },
  authenticateTimeoutMs: { kind: "policy" },
  sessionSetupTimeoutMs: { kind: "policy" },
  leaseTimeoutMs: { kind: "policy" },
  silenceTimeoutMs: { kind: "policy" },
  idleTimeoutMs: { kind: "policy" },
  keepaliveIntervalMs: { kind: "policy" },
  drainTimeoutMs: { kind: "policy" },
  connections: { kind: "policy" },
  wireLimit: { kind: "policy" },
  pin: { kind: "policy" },
  probeAfterMs: { kind: "policy" },
  checkAfterIdleMs: { kind: "policy" },
  deadlockAfterMs: { kind: "policy" },
  unreadTimeoutMs: { kind: "policy" },
  clock: { kind: "cosmetic" },
  logger: { kind: "cosmetic" },
};

/** Unsaid, most of these are filled in from ssh_config, the agent, and the files in ~/.ssh: that is not the same as none. */
const ssh: DeclarationOfEach<FieldOf<"ssh", SshOptions>> = {
  "ssh.client": { kind: "identity", default: "ssh2" },
  "ssh.config": { kind: "identity", ambient: true },
  "ssh.privateKey": { kind: "identity", secret: true, adoptable: true, proof: true },
  "ssh.identityFile": { kind: "identity", ambient: true, adoptable: true, proof: true },
  "ssh.passphrase": { kind: "identity", secret: true, adoptable: true },
  "ssh.agent": { kind: "identity", ambient: true, adoptable: true, proof: true },
  "ssh.knownHosts": { kind: "identity", ambient: true },
  "ssh.hostKeyFingerprints": { kind: "identity" },
  "ssh.unknownHostKey": { kind: "identity", ambient: true },
  "ssh.hostKeyAlias": { kind: "identity", ambient: true },
  "ssh.proxyJump": { kind: "identity", ambient: true },
  "ssh.ciphers": { kind: "identity" },
  "ssh.encoding": { kind: "identity" },
};

const tls: DeclarationOfEach<FieldOf<"tls", TlsOptions>> = {
  "tls.required": { kind: "policy" }, // where the scheme itself says so
  "tls.ca": { kind: "identity" },
  "tls.cert": { kind: "identity" },
  "tls.key": { kind: "identity", secret: true },
  "tls.passphrase": { kind: "identity", secret: true },
  "tls.servername": { kind: "identity" },
  "tls.rejectUnauthorized": { kind: "identity" },
  "tls.minVersion": { kind: "identity" },
  "tls.ciphers": { kind: "identity" },
  "tls.fingerprints": { kind: "identity" },
};

const ftp: DeclarationOfEach<FieldOf<"ftp", FtpOptions>> = {
  "ftp.account": { kind: "identity", secret: true, adoptable: true },
  "ftp.encoding": { kind: "identity" },
};

const http: DeclarationOfEach<FieldOf<"http", HttpOptions> | ImpliedOf<"http">> = {
  "http.authorization": { kind: "identity", secret: true, adoptable: true, proof: true },
  "http.bearerToken": { kind: "identity", secret: true, adoptable: true, proof: true },
  "http.askBearerToken": { kind: "policy" },
  // Whose tokens they are where that is said, else that somebody is asked: what was read from elsewhere must not be given them.
  "http.asksForTokens": { kind: "identity", proof: true },
  "http.headers": { kind: "identity", secret: true },
  "http.http2": { kind: "identity" },
};

/** Ambient is what Amazon's SDK finds by itself where nothing is said. */
const s3: DeclarationOfEach<FieldOf<"s3", S3Options> | ImpliedOf<"s3">> = {
  // The URL's: whether another bucket is another wire depends on the endpoint, which only the connection's key says.
  "s3.bucket": { kind: "identity" },
  "s3.endpoint": { kind: "identity", ambient: true },
  "s3.region": { kind: "identity", ambient: true },
  "s3.pathStyle": { kind: "identity", ambient: true },
  "s3.accessKeyId": { kind: "identity", ambient: true, adoptable: true },
  "s3.secretAccessKey": commonDeclarations.password, // another name for it
  "s3.sessionToken": { kind: "identity", secret: true, ambient: true, adoptable: true },
  "s3.profile": { kind: "identity", ambient: true },
  "s3.anonymous": { kind: "identity" },
};

/** Schemes with wires, by their canonical names. */
export type WiredSchemeName = "memory" | "sftp" | "ftp" | "ftps" | "http" | "https" | "dav" | "davs" | "s3";

/** Every option of every scheme beside the common ones. What a scheme does not declare counts as identity wherever it is given. */
export const schemeDeclarations: Readonly<Record<WiredSchemeName, OptionDeclarations>> = {
  memory: {},
  sftp: {
    ...ssh,
    // The authorities that vouch for a proxy which is spoken to inside TLS.
    "tls.ca": tls["tls.ca"],
    // ssh_config's BindAddress and AddressFamily.
    localAddress: { kind: "identity", ambient: true },
    family: { kind: "identity", ambient: true },
  },
  ftp: { ...tls, ...ftp, "tls.required": { kind: "identity" } },
  ftps: { ...tls, ...ftp },
  http: { ...tls, ...http },
  https: { ...tls, ...http },
  dav: { ...tls, ...http },
  davs: { ...tls, ...http },
  s3: { ...tls, ...s3 },
};
