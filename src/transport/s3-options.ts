/** Options of S3 wires. `null` is what the SDK finds, whatever a candidate has; what is absent is taken from a candidate, then from where Amazon's SDK looks for it: the environment, profiles, the machine's role. */
export interface S3Options {
  /** Identity. The service, where it is not Amazon's: `https://s3.example.com`. Then `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, a profile's. */
  readonly endpoint?: string | null | undefined;
  /** Identity. The region that requests are signed for. Then `AWS_REGION`, a profile's, `us-east-1`. */
  readonly region?: string | null | undefined;
  /** Identity. Whether a bucket is the first segment of a path (true) or a host (false). Default: true where an endpoint is given. */
  readonly pathStyle?: boolean | undefined;
  /** Identity. The same as the user of a URL. */
  readonly accessKeyId?: string | null | undefined;
  /** Identity. The same as the password of a URL. */
  readonly secretAccessKey?: string | null | undefined;
  /** Identity. What goes with temporary credentials. */
  readonly sessionToken?: string | null | undefined;
  /** Identity. The profile in the SDK's configuration files. Then `AWS_PROFILE`. */
  readonly profile?: string | null | undefined;
  /** Identity. True: nothing is signed, for buckets that everybody may read. */
  readonly anonymous?: boolean | undefined;
}
