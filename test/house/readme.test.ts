import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import type { ErrorCode } from "../../src/index.ts";
import * as samewire from "../../src/index.ts";
import { defaultRegistry } from "../../src/samewire.ts";
import {
  connectTimeoutMs,
  drainTimeoutMs,
  idleTimeoutMs,
  keepaliveIntervalMs,
  leaseTimeoutMs,
  silenceTimeoutMs,
} from "../../src/connection/defaults.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, root)), "utf8");
const readme = read("README.md");

/** Every code, so that the compiler says when one is missing here. */
const codes: Record<ErrorCode, true> = {
  "not-found": true,
  "already-exists": true,
  "not-a-directory": true,
  "is-a-directory": true,
  "directory-not-empty": true,
  "permission-denied": true,
  "read-only": true,
  unsupported: true,
  "no-space": true,
  "invalid-url": true,
  "invalid-path": true,
  "outside-base": true,
  "not-local": true,
  "unsupported-scheme": true,
  "missing-driver": true,
  "short-read": true,
  "range-not-satisfiable": true,
  "authentication-failed": true,
  "host-key-unknown": true,
  "host-key-changed": true,
  "tls-failed": true,
  "connection-failed": true,
  "connection-lost": true,
  "too-many-connections": true,
  timeout: true,
  aborted: true,
  locked: true,
  "too-many-redirects": true,
  "protocol-error": true,
  closed: true,
  "would-deadlock": true,
  unexpected: true,
};

describe("the README", () => {
  it("shows lines that are a program of this repository, which the compiler checks", () => {
    expect(readme).toContain(read("examples/one-connection.ts"));
  });

  it("names every scheme, verb and error code that there is", () => {
    for (const scheme of defaultRegistry.schemeNames) expect(readme).toContain(`\`${scheme}:`);
    for (const code of Object.keys(codes)) expect(readme).toContain(`\`${code}\``);
    const inherited = new Set(["constructor", "toString", "toJSON"]);
    const transport = samewire.getTransport("memory:///");
    const prototype = Object.getPrototypeOf(Object.getPrototypeOf(transport)) as object;
    const verbs = Object.getOwnPropertyNames(prototype).filter(
      (name) => typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === "function" && !inherited.has(name),
    );
    expect(verbs.length).toBeGreaterThan(20);
    for (const verb of verbs.filter((name) => !["requestFor", "abspath", "relpath", "clone", "resolve"].includes(name)))
      expect(readme).toContain(verb);
  });

  it("says the default limits as they are", () => {
    for (const [name, value] of Object.entries({
      connectTimeoutMs,
      silenceTimeoutMs,
      idleTimeoutMs,
      keepaliveIntervalMs,
      leaseTimeoutMs,
      drainTimeoutMs,
    })) {
      expect(readme).toContain(`\`${name}\``);
      expect(readme).toContain(value.toLocaleString("en-US"));
    }
  });
});
