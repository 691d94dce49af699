import { X509Certificate } from "node:crypto";

import { describe, expect, it } from "vitest";

import type { TlsOptions, TransportOptions } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import type { HttpKind } from "./http-site.ts";
import { ascii, client, identity, otherClient, start, threeValues, urlOf, use } from "./http-users.ts";
import { toThisMachine } from "./sites.ts";

describe.each<HttpKind>(["https", "https over HTTP/2"])("R12 over %s: whom one trusts, and who one is", (kind) => {
  const fingerprint = ({ cert }: TlsIdentity): string => new X509Certificate(cert).fingerprint256;
  const trusting = (more: TlsOptions = {}): TransportOptions => ({
    lookup: toThisMachine,
    tls: { ca: identity.cert, ...more },
  });

  const options: Readonly<Record<string, () => { same: TlsOptions; other: TlsOptions; none?: TlsOptions }>> = {
    ca: () => ({ same: {}, other: { ca: [identity.cert, client.cert] }, none: { ca: null } }),
    servername: () => ({
      same: { servername: "other.example" },
      other: { servername: ascii },
      none: { servername: null },
    }),
    rejectUnauthorized: () => ({ same: { rejectUnauthorized: true }, other: { rejectUnauthorized: false } }),
    minVersion: () => ({ same: { minVersion: "TLSv1.3" }, other: { minVersion: "TLSv1.2" } }),
    ciphers: () => ({
      same: { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256" },
      other: { ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384:TLS_AES_256_GCM_SHA384" },
      none: { ciphers: null },
    }),
    fingerprints: () => ({
      same: { fingerprints: fingerprint(identity) },
      other: { fingerprints: [fingerprint(client)] },
      none: { fingerprints: null },
    }),
    "client certificate": () => ({
      same: { cert: client.cert, key: client.key },
      other: { cert: otherClient.cert, key: otherClient.key },
      none: { cert: null, key: null },
    }),
    passphrase: () => ({
      same: { cert: client.cert, key: client.key, passphrase: "one" },
      other: { cert: client.cert, key: client.key, passphrase: "two" },
      none: { cert: client.cert, key: client.key, passphrase: null },
    }),
  };
  it.each(Object.entries(options))(
    "another %s needs its own wire; absent shares; explicitly none against some needs its own",
    async (_name, values) => {
      const { same, other, none } = values();
      const server = await start(kind);
      await threeValues(
        server,
        { lookup: toThisMachine },
        { same: trusting(same), other: trusting(other), ...(none === undefined ? {} : { none: trusting(none) }) },
      );
    },
  );

  it("a key is shown in no verdict on reuse", async () => {
    const server = await start(kind);
    const transport = await use(urlOf(server), trusting({ cert: client.cert, key: client.key }));
    const verdict = transport.explainReuse(urlOf(server), trusting({ cert: client.cert, key: identity.key }));
    expect(verdict).toMatchObject({ reuse: false, option: "tls.key" });
    expect(JSON.stringify(verdict)).not.toContain("PRIVATE");
  });

  it("TLS that is required is what https has: it shares", async () => {
    const server = await start(kind);
    await use(urlOf(server), trusting());
    await use(urlOf(server, { path: "/b/" }), { tls: "required" });
    await use(urlOf(server, { path: "/c/" }), { tls: { required: true } });
    expect(server.accepted).toBe(1);
  });
});
