import { describe, expect, it } from "vitest";

import { locationOf } from "../../src/cli/scp-location.ts";

const surroundings = {
  exists: (path: string) => path === "there:is",
  isScheme: (name: string) => ["sftp", "file", "memory"].includes(name),
};
const read = (operand: string): string => locationOf(operand, surroundings);

describe("an operand of the command", () => {
  it.each([
    ["host:file", "sftp://host/~/file"],
    ["host:", "sftp://host/~/"],
    ["host:~", "sftp://host/~/"],
    ["host:~/a", "sftp://host/~/a"],
    ["host:a/b/", "sftp://host/~/a/b/"],
    ["host:/etc/motd", "sftp://host/etc/motd"],
    ["host:/", "sftp://host/"],
    ["joe@host:file", "sftp://joe@host/~/file"],
    ["joe@corp@host:file", "sftp://joe%40corp@host/~/file"],
    ["[::1]:/a", "sftp://[::1]/a"],
    ["joe@[fe80::1%eth0]:a", "sftp://joe@[fe80::1%eth0]/~/a"],
    ["[host]:a", "sftp://host/~/a"],
    ["host:a:b", "sftp://host/~/a%3Ab"],
  ])("%s, as scp writes it, is %s", (operand, url) => {
    expect(read(operand)).toBe(url);
  });

  it("keeps every character of a path, which is plain text", () => {
    expect(read("host:/100% #1?/é b")).toBe("sftp://host/100%25%20%231%3F/%C3%A9%20b");
    expect(read("host:/~/a")).toBe("sftp://host/%7E/a");
    expect(read("host:a/%2e%2e")).toBe("sftp://host/~/a/%252e%252e");
  });

  it.each([
    "./a:b",
    "/a:b",
    "a/b:c",
    "there:is",
    "plain",
    "-",
    ".",
    ":a",
    "sftp://host/a:b",
    "file:///a:b",
    "file:a",
    "sftp:/x",
  ])("%s stays as it is", (operand) => {
    expect(read(operand)).toBe(operand);
  });

  it("does not climb out of the login directory, where nobody could tell what is meant", () => {
    expect(() => read("host:../other")).toThrow(/climbs out.*from the root/);
    expect(() => read("host:a/../../b")).toThrow(/climbs out/);
    expect(read("host:a/../b")).toBe("sftp://host/~/a/../b");
  });

  it("has no password before host:path, and none is repeated in the refusal", () => {
    expect(() => read("joe:secret@host:file")).toThrow(/no room for a password/);
    expect(() => read("joe:secret@host:file")).not.toThrow(/secret/);
  });
});
