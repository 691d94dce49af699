/** Who may sign with an access key. */
export interface S3User {
  /** What requests are signed with. */
  readonly secretAccessKey: string;
  /** Credentials that are lent for a time come with a token, without which they are none. */
  readonly sessionToken?: string;
  /** When the token stops being good. */
  readonly expires?: Date;
}

/** Users by access key. */
export type S3Users = Readonly<Record<string, S3User>>;
