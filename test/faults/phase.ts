/** Where in the life of a connection, and of an operation on it, a fault strikes. In the order of the matrix's rows. */
export const phases = [
  "resolve",
  "connect",
  "banner",
  "handshake",
  "authentication",
  "session",
  "request",
  "first byte",
  "middle",
  "last acknowledgement",
  "idle",
  "close",
] as const;

/**
 * - `resolve`: the name is looked up
 * - `connect`: TCP connects
 * - `banner`: the server is about to say its first word
 * - `handshake`: keys are exchanged, or TLS begins
 * - `authentication`: the server is about to say whether one is let in
 * - `session`: the channel is opened, or what follows the login is settled
 * - `request`: one request has reached the server, and was not answered
 * - `first byte`: a file was asked for, and nothing of it has come
 * - `middle`: a part of a file has come
 * - `last acknowledgement`: everything is done, and the answer that says so is on its way
 * - `idle`: nothing was asked for a while
 * - `close`: the connection is being closed
 */
export type Phase = (typeof phases)[number];
