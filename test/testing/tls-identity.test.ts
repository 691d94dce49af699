import { X509Certificate, createPrivateKey } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";

import { describe, expect, it } from "vitest";

import { generateTlsIdentity } from "../../src/testing/servers/tls-identity.ts";

describe("a TLS identity that is made up", () => {
  it("is a certificate for its names, signed by its own key, good now and not for long", async () => {
    const identity = await generateTlsIdentity({ names: ["files.example", "10.1.2.3", "fe80::1:0:abcd"] });
    const certificate = new X509Certificate(identity.cert);
    expect(certificate.checkPrivateKey(createPrivateKey(identity.key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect([certificate.subject, certificate.issuer, certificate.ca]).toEqual([
      "CN=files.example",
      "CN=files.example",
      true,
    ]);
    expect(certificate.checkHost("files.example")).toBe("files.example");
    expect(certificate.checkHost("10.1.2.3")).toBe(undefined);
    expect([certificate.checkIP("10.1.2.3"), certificate.checkIP("fe80::1:0:abcd")]).toEqual([
      "10.1.2.3",
      "fe80::1:0:abcd",
    ]);
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    expect([from < Date.now(), to > Date.now(), to - from < 32 * 24 * 60 * 60 * 1000]).toEqual([true, true, true]);
  });

  it("ends when it is told to, also in the past", async () => {
    const expires = new Date("2020-01-02T03:04:05Z");
    const certificate = new X509Certificate((await generateTlsIdentity({ expires })).cert);
    expect(Date.parse(certificate.validTo)).toBe(expires.getTime());
    expect(Date.parse(certificate.validFrom)).toBeLessThan(expires.getTime());
  });

  it("is another one each time", async () => {
    const identities = await Promise.all(Array.from({ length: 5 }, () => generateTlsIdentity()));
    const certificates = identities.map(({ cert }) => new X509Certificate(cert));
    for (const fact of ["serialNumber", "fingerprint256"] as const)
      expect(new Set(certificates.map((certificate) => certificate[fact])).size).toBe(5);
    expect(certificates.map(({ serialNumber }) => serialNumber.length)).toEqual([32, 32, 32, 32, 32]);
  });

  it.each(["127.0.0.1", "::1", "localhost"])("is trusted as %s by whoever has it as an authority", async (name) => {
    const identity = await generateTlsIdentity();
    const server = createServer(identity, (socket) => socket.end("hello"));
    server.listen(0, name === "::1" ? "::1" : "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = connect({
      host: name === "localhost" ? "127.0.0.1" : name,
      port,
      ca: identity.cert,
      ...(name === "localhost" && { servername: name }),
    });
    const [hello] = await once(client, "data");
    expect([String(hello), client.authorized]).toEqual(["hello", true]);
    client.destroy();
    server.close();
    await once(server, "close");
  });
});
