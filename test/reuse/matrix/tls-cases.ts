import { X509Certificate, createPrivateKey } from "node:crypto";

import type { TlsOptions } from "../../../src/index.ts";
import type { TlsIdentity } from "../../../src/testing.ts";
import { generateTlsIdentity } from "../../../src/testing.ts";
import type { OptionCase, OptionCases } from "./option-case.ts";
import { values } from "./option-case.ts";

/** The server's identity, a client's, and somebody else's. */
export interface TlsParties {
  readonly server: TlsIdentity;
  readonly client: TlsIdentity;
  readonly other: TlsIdentity;
}

export async function tlsParties(): Promise<TlsParties> {
  const [server, client, other] = await Promise.all([
    generateTlsIdentity({
      names: ["localhost", "one.localhost", "two.localhost", "files.example", "host.example", "127.0.0.1"],
    }),
    generateTlsIdentity({ names: ["client.example"] }),
    generateTlsIdentity({ names: ["other.example"] }),
  ]);
  return { server, client, other };
}

/** Cases of the options of TLS. `required` is the scheme's own: it says what of it can be said at all. */
export function tlsCases({ server, client, other }: TlsParties, required: OptionCase): OptionCases {
  const tls = (some: TlsOptions, another: TlsOptions, none: TlsOptions): OptionCase =>
    values({ tls: some }, { tls: another }, { tls: none });
  // The same key in two forms, and the same certificate with more behind it: whoever has one of them is let in.
  const sec1 = createPrivateKey(client.key).export({ type: "sec1", format: "pem" }).toString();
  const key = { tls: { key: client.key } };
  return {
    "tls.required": required,
    "tls.ca": tls({ ca: server.cert }, { ca: [server.cert, other.cert] }, { ca: null }),
    "tls.cert": {
      ...tls({ cert: client.cert }, { cert: `${client.cert}${other.cert}` }, { cert: null }),
      beside: key,
    },
    "tls.key": {
      ...tls({ key: client.key }, { key: sec1 }, { key: null }),
      beside: { tls: { cert: client.cert } },
    },
    // A key that is not encrypted opens with any.
    "tls.passphrase": {
      ...tls({ passphrase: "one" }, { passphrase: "other" }, { passphrase: null }),
      beside: { tls: { cert: client.cert, key: client.key } },
    },
    "tls.servername": tls({ servername: "files.example" }, { servername: "host.example" }, { servername: null }),
    "tls.rejectUnauthorized": tls(
      { rejectUnauthorized: false },
      { rejectUnauthorized: true },
      { rejectUnauthorized: true },
    ),
    "tls.minVersion": tls({ minVersion: "TLSv1.3" }, { minVersion: "TLSv1.2" }, { minVersion: "TLSv1.2" }),
    "tls.ciphers": tls({ ciphers: "TLS_AES_128_GCM_SHA256" }, { ciphers: "TLS_AES_256_GCM_SHA384" }, { ciphers: null }),
    "tls.fingerprints": tls(
      { fingerprints: fingerprintOf(server) },
      { fingerprints: [fingerprintOf(server), fingerprintOf(other)] },
      { fingerprints: null },
    ),
  };
}

function fingerprintOf({ cert }: TlsIdentity): string {
  return new X509Certificate(cert).fingerprint256;
}
