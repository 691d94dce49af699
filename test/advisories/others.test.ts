import { describe, expect, it } from "vitest";

import { getTransport, globs, isTransportError } from "../../src/index.ts";
import { startSftpServer } from "../../src/testing.ts";

/** Whether a pattern is meant for a file of a name. */
function matches(pattern: string, name: string): boolean {
  return globs({ include: [pattern] })({ name, path: name, stat: { type: "file", sizeBytes: 0 } });
}

describe("what was found in picomatch, tried on samewire:", () => {
  it.each(["+(a|aa)", "+(*|?)", "+(+(a))", "*(+(a))", "+(+(+(a)))"])(
    "CVE-2026-33671: %s is not tried for ever: what is in it is a part of a name",
    (pattern) => {
      expect(matches(pattern, `${"a".repeat(60)}b`)).toBe(false);
      expect(matches(pattern, pattern)).toBe(true);
    },
  );

  it.each(["[[:constructor:]]", "[[:__proto__:]]", "[[:toString:]]"])(
    "CVE-2026-33672: %s is no class of characters",
    (pattern) => {
      for (const name of ["x", "function", "Object", "Q"]) expect(matches(pattern, name)).toBe(false);
    },
  );
});

describe("what was found in asn1, tried on samewire:", () => {
  it.each([
    [0x30, 0x80],
    [0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    [0x30, 0x82, 0x00, 0x10, 0x02, 0x84, 0x7f, 0xff, 0xff, 0xff],
    [0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x81, 0x00],
    [0x30, 0x03, 0x1f, 0xff, 0xff],
    [0x30, 0x00],
  ])("a private key that is no key is told as that, soon (%#)", async (...bytes) => {
    await using server = await startSftpServer();
    const body = Buffer.from(bytes).toString("base64");
    for (const kind of ["RSA ", "EC ", ""]) {
      const privateKey = `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----\n`;
      const ssh = { config: null, agent: null, identityFile: null, unknownHostKey: "accept", privateKey } as const;
      const error: unknown = await getTransport(server.url, [], { ssh: { ...ssh, knownHosts: "/dev/null" } })
        .connect()
        .catch((reason: unknown) => reason);
      expect(isTransportError(error, "authentication-failed"), String(error)).toBe(true);
    }
  });
});
