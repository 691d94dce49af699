import { describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { mergedOptions } from "../../src/transport/option-values.ts";

const url = "sftp://joe@host.example/";
const base: TransportOptions = { ssh: { config: null } };

/** Every option that says who one is, whom one trusts, or which way the bytes go. */
const identities: Record<string, TransportOptions> = {
  password: { password: "secret" },
  "credentials.ask": { credentials: { ask: () => "secret" } },
  localAddress: { localAddress: "127.0.0.2" },
  family: { family: 6 },
  lookup: { lookup: Object.assign(() => undefined, { id: "here" }) },
  "ssh.privateKey": { ssh: { privateKey: "key" } },
  "ssh.identityFile": { ssh: { identityFile: ["/key"] } },
  "ssh.passphrase": { ssh: { passphrase: "secret" } },
  "ssh.agent": { ssh: { agent: "/agent" } },
  "ssh.knownHosts": { ssh: { knownHosts: "/known_hosts" } },
  "ssh.hostKeyFingerprints": { ssh: { hostKeyFingerprints: "SHA256:x" } },
  "ssh.unknownHostKey": { ssh: { unknownHostKey: "accept" } },
  "ssh.hostKeyAlias": { ssh: { hostKeyAlias: "alias" } },
  "ssh.proxyJump": { ssh: { proxyJump: "joe@jump.example" } },
  "ssh.ciphers": { ssh: { ciphers: ["aes128-gcm@openssh.com"] } },
  "ssh.encoding": { ssh: { encoding: "latin1" } },
  "an undeclared group": { future: { token: "x" } } as TransportOptions,
  "an undeclared option": { constructor: "x" } as unknown as TransportOptions,
};

const explicit = (options: TransportOptions): TransportOptions => ({
  ...options,
  credentials: { ...(options.credentials as object), provenance: "explicit" },
});

describe.each(Object.entries(identities))("provenance and %s", (_name, given) => {
  const options = mergedOptions(base, given);
  const holder = (): Transport => getTransport(url, [], options);

  it("is lent to the caller's own URL that leaves it unsaid", () => {
    expect(holder().reuseConnectionFor(`${url}b/`, base)).toBeDefined();
  });

  it("is not lent to a location that was read from elsewhere, and the reason is told without the value", () => {
    const transport = holder();
    expect(transport.reuseConnectionFor(`${url}b/`, explicit(base))).toBeUndefined();
    const { reuse, reason } = transport.explainReuse(`${url}b/`, explicit(base));
    expect(reuse).toBe(false);
    expect(reason).toContain("explicit");
    expect(reason).not.toContain("secret");
  });

  it("is shared where the location from elsewhere has the same", () => {
    expect(holder().reuseConnectionFor(`${url}b/`, explicit(options))).toBeDefined();
  });
});

describe("a location that was read from elsewhere", () => {
  it("does not give its password to a connection of the caller that has never connected", () => {
    const list: Transport[] = [];
    const mine = getTransport(url, list, base);
    const theirs = getTransport("sftp://joe:theirs@host.example/", list, explicit(base));
    expect(list).toEqual([mine, theirs]);
    expect(mine.explainReuse("sftp://joe:theirs@host.example/", base)).toMatchObject({
      reuse: true,
      option: "password",
    });
    expect(getTransport("sftp://joe:mine@host.example/", list, base)).toBe(mine);
  });
});

describe("options", () => {
  it("in a group without a prototype are the same options", () => {
    const group = Object.assign(Object.create(null) as object, { config: null, passphrase: "secret" });
    const list = [getTransport(url, [], { ssh: { config: null, passphrase: "secret" } })];
    getTransport(`${url}b/`, list, { ssh: group });
    expect(list).toHaveLength(1);
  });

  it("called __proto__ are laid over others as any other, and change no object", () => {
    const evil = JSON.parse(
      '{"__proto__":{"password":"evil"},"ssh":{"__proto__":{"agent":"evil"}}}',
    ) as TransportOptions;
    const merged = mergedOptions({ ssh: { config: null } }, evil);
    expect(merged.password).toBeUndefined();
    expect(merged.ssh?.agent).toBeUndefined();
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(({} as TransportOptions).password).toBeUndefined();
  });
});
