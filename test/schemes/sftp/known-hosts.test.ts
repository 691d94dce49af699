import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";

import { afterAll, describe, expect, it } from "vitest";

import { appendKnownHost } from "../../../src/schemes/sftp/append-known-host.ts";
import { hostKeyError } from "../../../src/schemes/sftp/host-key-error.ts";
import { fingerprintOf, keyTypeOf, orderHostKeyAlgorithms } from "../../../src/schemes/sftp/host-key.ts";
import { formatKnownHostsLine } from "../../../src/schemes/sftp/known-hosts-line.ts";
import type { HostKeyVerdict } from "../../../src/schemes/sftp/known-hosts.ts";
import { defaultKnownHostsFiles, parseKnownHosts, readKnownHosts } from "../../../src/schemes/sftp/known-hosts.ts";
import { ecdsa, ed25519, otherEd25519, rsa } from "./keys.ts";
import { temporaryDirectory } from "./openssh-client.ts";

const directory = temporaryDirectory();
afterAll(() => {
  directory[Symbol.dispose]();
});

const host = { host: "example.com", port: 22 };

function parse(...lines: string[]): ReturnType<typeof parseKnownHosts> {
  return parseKnownHosts([{ file: "kh", text: lines.join("\n") }]);
}

describe("known_hosts", () => {
  it("knows a key under its host, unknown hosts and other keys", () => {
    const records = parse(`example.com ${ed25519.text} a comment`, `example.com ${rsa.text}`);
    const shown = { keyType: "ssh-ed25519", fingerprint: fingerprintOf(ed25519.blob) };
    expect(records.verify(host, ed25519.blob)).toEqual({ kind: "known", ...shown });
    expect(records.verify(host, rsa.blob)).toMatchObject({ kind: "known", keyType: "ssh-rsa" });
    expect(records.verify({ host: "other.com", port: 22 }, ed25519.blob)).toEqual({ kind: "unknown", ...shown });
    expect(records.verify(host, otherEd25519.blob)).toEqual({
      kind: "changed",
      file: "kh",
      line: 1,
      keyType: "ssh-ed25519",
      fingerprint: fingerprintOf(otherEd25519.blob),
      recordedTypes: ["ssh-ed25519", "ssh-rsa"],
    });
  });

  it("takes a key of another type than those on record for a changed one", () => {
    expect(parse("", `example.com ${rsa.text}`).verify(host, ed25519.blob)).toMatchObject({
      kind: "changed",
      line: 2,
      recordedTypes: ["ssh-rsa"],
    });
  });

  it("looks up [host]:port on another port, and is content with the same key on record for the host alone", () => {
    const onPort = { host: "example.com", port: 2222 };
    expect(parse(`[example.com]:2222 ${ed25519.text}`).verify(onPort, ed25519.blob).kind).toBe("known");
    expect(parse(`[example.com]:2222 ${ed25519.text}`).verify(host, ed25519.blob).kind).toBe("unknown");
    expect(parse(`[example.com]:2223 ${ed25519.text}`).verify(onPort, ed25519.blob).kind).toBe("unknown");
    expect(parse(`example.com ${ed25519.text}`).verify(onPort, ed25519.blob).kind).toBe("known");
    expect(parse(`example.com ${otherEd25519.text}`).verify(onPort, ed25519.blob).kind).toBe("unknown");
    expect(
      parse(`example.com ${ed25519.text}`, `[example.com]:2222 ${rsa.text}`).verify(onPort, ed25519.blob).kind,
    ).toBe("changed");
  });

  it("compares names without regard to case, addresses of both families, and aliases without a port", () => {
    expect(parse(`EXAMPLE.com ${ed25519.text}`).verify({ host: "Example.COM", port: 22 }, ed25519.blob).kind).toBe(
      "known",
    );
    expect(parse(`::1 ${ed25519.text}`).verify({ host: "::1", port: 22 }, ed25519.blob).kind).toBe("known");
    expect(parse(`[::1]:23 ${ed25519.text}`).verify({ host: "::1", port: 23 }, ed25519.blob).kind).toBe("known");
    expect(
      parse(`cluster ${ed25519.text}`).verify({ host: "example.com", port: 2222, alias: "Cluster" }, ed25519.blob).kind,
    ).toBe("known");
    expect(
      parse(`example.com ${ed25519.text}`).verify({ host: "example.com", port: 22, alias: "cluster" }, ed25519.blob)
        .kind,
    ).toBe("unknown");
  });

  it("reads lists, wildcards and negation", () => {
    const records = parse(`*.example.com,!bad.example.com,10.0.0.? ${ed25519.text}`);
    const kindFor = (name: string): string => records.verify({ host: name, port: 22 }, ed25519.blob).kind;
    expect(["a.example.com", "bad.example.com", "example.com", "10.0.0.7", "10.0.0.77"].map(kindFor)).toEqual([
      "known",
      "unknown",
      "unknown",
      "known",
      "unknown",
    ]);
    expect(
      parse(`[*.example.com]:* ${ed25519.text}`).verify({ host: "a.example.com", port: 5 }, ed25519.blob).kind,
    ).toBe("known");
    expect(parse(`!example.com ${ed25519.text}`).verify(host, ed25519.blob).kind).toBe("unknown");
  });

  it("recognises hashed names", () => {
    const line = formatKnownHostsLine(host, ed25519.blob, { hashed: true });
    expect(line).toMatch(/^\|1\|[^|]{28}\|[^|]{28} ssh-ed25519 /);
    expect(line).not.toContain("example");
    expect(formatKnownHostsLine(host, ed25519.blob, { hashed: true })).not.toBe(line);
    expect(parse(line).verify(host, ed25519.blob).kind).toBe("known");
    expect(parse(line).verify({ host: "example.org", port: 22 }, ed25519.blob).kind).toBe("unknown");
    expect(parse(line).verify(host, otherEd25519.blob).kind).toBe("changed");
  });

  it("a revoked key is never known, whatever else is on record", () => {
    const records = parse(`example.com ${ed25519.text}`, `@revoked * ${ed25519.text}`, `example.com ${rsa.text}`);
    expect(records.verify(host, ed25519.blob)).toMatchObject({ kind: "revoked", file: "kh", line: 2 });
    expect(records.verify(host, rsa.blob).kind).toBe("known");
    expect(
      parse(`@revoked example.com ${ed25519.text}`).verify({ host: "example.com", port: 2222 }, ed25519.blob).kind,
    ).toBe("revoked");
    expect(parse(`@revoked example.com ${ed25519.text}`).verify(host, rsa.blob).kind).toBe("unknown");
  });

  it("a certificate authority vouches for no plain key", () => {
    const records = parse(`@cert-authority *.com ${ed25519.text}`);
    expect(records.verify(host, ed25519.blob)).toMatchObject({ kind: "certificate-only", file: "kh", line: 1 });
    expect(records.keyTypesFor(host)).toEqual([]);
    expect(
      parse(`@cert-authority *.com ${rsa.text}`, `example.com ${ed25519.text}`).verify(host, ed25519.blob).kind,
    ).toBe("known");
  });

  it("leaves out lines that cannot be used, and says which and why", () => {
    const [, encoded] = ed25519.text.split(" ");
    const records = parse(
      "# comment",
      "",
      "   ",
      "example.com",
      "example.com ssh-ed25519",
      `example.com ssh-rsa ${encoded}`,
      `@trusted example.com ${ed25519.text}`,
      `|1|short|hash ${ed25519.text}`,
      `|2|x ${ed25519.text}`,
      "example.com 1024 35 1234567",
      "example.com ssh-ed25519 !!!!",
      `\texample.com\t${ed25519.text.replace(" ", "\t")}\r`,
    );
    expect(records.malformed.map(({ file, line }) => `${file}:${line}`)).toEqual([
      "kh:4",
      "kh:5",
      "kh:6",
      "kh:7",
      "kh:8",
      "kh:9",
      "kh:10",
      "kh:11",
    ]);
    expect(records.malformed.every(({ reason }) => reason.length > 10)).toBe(true);
    expect(records.verify(host, ed25519.blob).kind).toBe("known");
  });

  it("a hostile pattern takes no time", () => {
    const records = parse(`${"*a".repeat(5000)}b ${ed25519.text}`);
    expect(records.verify({ host: "a".repeat(250), port: 22 }, ed25519.blob).kind).toBe("unknown");
  });

  it("reads several files as one, a missing one as empty", () => {
    writeFileSync(directory.file("one"), `example.com ${rsa.text}\n`);
    writeFileSync(directory.file("two"), `# nothing\nexample.com ${ed25519.text}`);
    const records = readKnownHosts([directory.file("one"), directory.file("missing"), directory.file("two")]);
    expect(records.keyTypesFor(host)).toEqual(["ssh-rsa", "ssh-ed25519"]);
    expect(records.verify(host, ed25519.blob).kind).toBe("known");
    expect(records.verify(host, otherEd25519.blob)).toMatchObject({ file: directory.file("two"), line: 2 });
    expect(readKnownHosts([]).verify(host, ed25519.blob).kind).toBe("unknown");
  });

  it.skipIf(process.getuid?.() === 0)(
    "refuses to go on without a file that cannot be read (skipped: root can read everything)",
    () => {
      writeFileSync(directory.file("locked"), "", { mode: 0o000 });
      expect(() => readKnownHosts([directory.file("locked")])).toThrow(
        expect.objectContaining({ code: "permission-denied" }),
      );
    },
  );

  it("by default looks where ssh does", () => {
    expect(defaultKnownHostsFiles().user[0]).toMatch(/\/\.ssh\/known_hosts$/);
    expect(defaultKnownHostsFiles().global[0]).toBe("/etc/ssh/ssh_known_hosts");
  });
});

describe("host key algorithms", () => {
  const supported = [
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ];

  it("of the types on record come first, certificates never", () => {
    expect(orderHostKeyAlgorithms(parse(`example.com ${rsa.text}`).keyTypesFor(host), supported)).toEqual([
      "rsa-sha2-512",
      "rsa-sha2-256",
      "ssh-ed25519",
      "ecdsa-sha2-nistp256",
    ]);
    expect(orderHostKeyAlgorithms([ecdsa.type, "ssh-dss"], supported)).toEqual([
      "ecdsa-sha2-nistp256",
      "ssh-ed25519",
      "rsa-sha2-512",
      "rsa-sha2-256",
    ]);
    expect(orderHostKeyAlgorithms([], supported)).toEqual(supported.slice(1));
  });

  it("the types on record for the host alone count on another port that has none", () => {
    const records = parse(`example.com ${rsa.text}`, `@revoked [example.com]:2222 ${ecdsa.text}`);
    expect(records.keyTypesFor({ host: "example.com", port: 2222 })).toEqual(["ssh-rsa"]);
  });

  it("a key that is none has no type", () => {
    for (const bytes of [[], [0, 0, 0], [0, 0, 0, 9, 65], [255, 255, 255, 255, 65, 65], [0, 0, 0, 1, 10, 1]])
      expect(keyTypeOf(Uint8Array.from(bytes))).toBeUndefined();
    expect(keyTypeOf(ed25519.blob)).toBe("ssh-ed25519");
  });
});

describe("recording a host key", () => {
  it("creates the file and its directory for their owner alone, and adds whole lines", () => {
    const file = directory.file("home/.ssh/known_hosts");
    appendKnownHost(file, { host: "Example.com", port: 2222 }, ed25519.blob);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory.file("home/.ssh")).mode & 0o777).toBe(0o700);
    appendKnownHost(file, host, rsa.blob, { hashed: true });
    appendKnownHost(file, { ...host, alias: "Cluster" }, ecdsa.blob);
    const lines = readFileSync(file, "latin1").split("\n");
    expect(lines).toEqual([
      `[example.com]:2222 ${ed25519.text}`,
      expect.stringMatching(/^\|1\|/),
      `cluster ${ecdsa.text}`,
      "",
    ]);
    expect(readKnownHosts([file]).verify(host, rsa.blob).kind).toBe("known");
  });

  it("completes a last line that has no end, and keeps the mode of a file that is there", () => {
    const file = directory.file("unfinished");
    writeFileSync(file, `other.com ${rsa.text}`);
    chmodSync(file, 0o644);
    appendKnownHost(file, host, ed25519.blob);
    expect(readFileSync(file, "latin1")).toBe(`other.com ${rsa.text}\nexample.com ${ed25519.text}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  it("says which file cannot be written", () => {
    mkdirSync(directory.file("a-directory"));
    expect(() => {
      appendKnownHost(directory.file("a-directory"), host, ed25519.blob);
    }).toThrow(/a-directory/);
  });
});

describe("a refused host key", () => {
  const place = { ...host, url: "sftp://joe@example.com/" };
  const shown = { keyType: "ssh-ed25519", fingerprint: fingerprintOf(ed25519.blob) };
  const errorFor = (verdict: Exclude<HostKeyVerdict, { kind: "known" }>) => hostKeyError(verdict, place);

  it("unknown: shows the fingerprint and both ways to accept it", () => {
    const error = errorFor({ kind: "unknown", ...shown });
    expect(error).toMatchObject({ code: "host-key-unknown", operation: "connect", url: place.url });
    expect(error.message).toContain(`hostKeyFingerprints: "${shown.fingerprint}"`);
    expect(error.message).toContain("accept-and-record");
  });

  it("changed: names file and line, and the types on record where none is the server's", () => {
    const error = errorFor({ kind: "changed", file: "/kh", line: 7, recordedTypes: ["ssh-ed25519"], ...shown });
    expect(error).toMatchObject({ code: "host-key-changed" });
    expect(error.message).toContain("/kh line 7 has another key on record");
    expect(errorFor({ kind: "changed", file: "/kh", line: 7, recordedTypes: ["ssh-rsa"], ...shown }).message).toContain(
      "only ssh-rsa",
    );
  });

  it("revoked, and known by a certificate authority alone", () => {
    expect(errorFor({ kind: "revoked", file: "/kh", line: 7, ...shown })).toMatchObject({
      code: "host-key-changed",
      message: expect.stringContaining("/kh line 7 marks as revoked"),
    });
    expect(errorFor({ kind: "certificate-only", file: "/kh", line: 7, ...shown })).toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("certificate"),
    });
  });
});
