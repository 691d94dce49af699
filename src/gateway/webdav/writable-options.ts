/** What makes a gateway one that can be written through. */
export interface WritableOptions {
  /** Whoever changes something shows it, as a bearer token or as the password of Basic. Of 16 characters at least, printable ASCII without spaces: `newGatewayToken()` makes one. */
  readonly token: string;
  /** Whoever reads shows it, too. Default false. */
  readonly private?: boolean;
}
