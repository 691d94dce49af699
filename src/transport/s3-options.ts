import type { OptionDeclarations } from "../connection/identity.ts";

/** Options of S3 wires. What is absent is taken from a candidate, then from where Amazon's SDK looks for it: the environment, profiles, the machine's role. */
export interface S3Options {
  /** Identity. The service, where it is not Amazon's: `https://s3.example.com`. Then `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, a profile's. */
  readonly endpoint?: string;
  /** Identity. The region that requests are signed for. Then `AWS_REGION`, a profile's, `us-east-1`. */
  readonly region?: string;
  /** Identity. Whether a bucket is the first segment of a path (true) or a host (false). Default: true where an endpoint is given. */
  readonly pathStyle?: boolean;
  /** Identity. The same as the user of a URL. */
  readonly accessKeyId?: string;
  /** Identity. The same as the password of a URL. */
  readonly secretAccessKey?: string;
  /** Identity. What goes with temporary credentials. */
  readonly sessionToken?: string;
  /** Identity. The profile in the SDK's configuration files. Then `AWS_PROFILE`. */
  readonly profile?: string;
  /** Identity. True: nothing is signed, for buckets that everybody may read. */
  readonly anonymous?: boolean;
}

/** What `s3:` declares. Ambient is what the SDK finds by itself where nothing is said. */
export const s3Declarations: OptionDeclarations = {
  // The URL's: whether another bucket is another wire depends on the endpoint, which only the connection's key says.
  "s3.bucket": { kind: "identity" },
  "s3.endpoint": { kind: "identity", ambient: true },
  "s3.region": { kind: "identity", ambient: true },
  "s3.pathStyle": { kind: "identity", ambient: true },
  "s3.accessKeyId": { kind: "identity", ambient: true, adoptable: true },
  "s3.sessionToken": { kind: "identity", secret: true, ambient: true, adoptable: true },
  "s3.profile": { kind: "identity", ambient: true },
  "s3.anonymous": { kind: "identity" },
};
