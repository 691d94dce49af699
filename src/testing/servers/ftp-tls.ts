import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { SecureVersion, TLSSocket, TlsOptions } from "node:tls";
import { createServer } from "node:tls";

import type { TlsIdentity } from "./tls-identity.ts";

export interface FtpTlsSettings {
  readonly identity: TlsIdentity;
  /** PEM of the authority that clients' certificates are from; without it none is asked for. */
  readonly clientCa: string | undefined;
  readonly maxVersion: SecureVersion | undefined;
}

/** A day, in seconds: longer than any control connection of a test lives. OpenSSL forgets a session after five minutes otherwise. */
const sessionTimeout = 86_400;

/** TLS of one control connection and of the data connections that belong to it: a session of the one can be resumed on the others, and nowhere else. */
export class FtpTls {
  readonly #options: TlsOptions;
  /** Of clients without tickets, as curl is under TLS 1.2, by their id. */
  readonly #sessions = new Map<string, Buffer>();

  constructor({ identity, clientCa, maxVersion }: FtpTlsSettings) {
    this.#options = {
      ...identity,
      ticketKeys: randomBytes(48),
      sessionIdContext: randomBytes(16).toString("hex"),
      sessionTimeout,
      ...(maxVersion === undefined ? {} : { maxVersion }),
      ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
    };
  }

  /** Shakes hands on a socket. Rejects where that fails; the socket is closed then. */
  async secure(raw: Socket): Promise<TLSSocket> {
    const server = createServer(this.#options);
    server.on("newSession", (id: Buffer, session: Buffer, done: () => void) => {
      this.#sessions.set(id.toString("hex"), session);
      done();
    });
    server.on("resumeSession", (id: Buffer, done: (error: Error | null, session: Buffer | null) => void) =>
      done(null, this.#sessions.get(id.toString("hex")) ?? null),
    );
    const failed = once(server, "tlsClientError").then(([error]) => {
      raw.destroy();
      throw error;
    });
    const secured = once(server, "secureConnection").then(([socket]) => socket as TLSSocket);
    const closed = once(raw, "close").then(() => {
      throw new Error("the client left before TLS was agreed on");
    });
    raw.allowHalfOpen = false; // Who closes in the middle of a handshake has nothing more to hear.
    server.emit("connection", raw);
    const stream = await Promise.race([secured, failed, closed]);
    stream.allowHalfOpen = true;
    return stream;
  }
}
