import { execFileSync } from "node:child_process";

import { describe, expect, it } from "vitest";

import { openSshArguments } from "../../src/drivers/openssh-arguments.ts";
import type { OpenSshTarget } from "../../src/drivers/openssh-target.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";

/** What ssh makes of the arguments for a target, by its own account: `ssh -G`. */
function understood(target: OpenSshTarget): Map<string, string> {
  const lines = execFileSync("ssh", ["-G", ...openSshArguments(target)], { encoding: "utf8" })
    .trim()
    .split("\n");
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
}

describe.runIf(hasProgram("openssh-client"))(titleNeeding("openssh-client", "the arguments of ssh"), () => {
  it("say every option so that ssh understands it", () => {
    const said = understood({
      host: "host.example",
      port: 2222,
      user: "joe",
      configFile: null,
      identityFiles: ["/keys of joe/100% mine"],
      agent: "/run/agent of joe",
      knownHostsFiles: ["/known hosts", "/other#hosts"],
      unknownHostKey: "accept-and-record",
      hostKeyAlias: "[alias]:22",
      jumpHosts: ["ann@gate:23", "[::1]:24"],
      ciphers: ["aes128-gcm@openssh.com", "aes128-ctr"],
      localAddress: "127.0.0.1",
      family: 4,
      connectTimeoutMs: 1500,
    });
    expect(Object.fromEntries(said)).toMatchObject({
      hostname: "host.example",
      port: "2222",
      user: "joe",
      identityfile: expect.stringMatching(/keys of joe\/100%/) as string,
      identitiesonly: "yes",
      identityagent: expect.stringContaining("/run/agent of joe") as string,
      userknownhostsfile: expect.stringMatching(/^"?\/known hosts"? "?\/other#hosts"?$/) as string,
      globalknownhostsfile: "/dev/null",
      hostkeyalias: "[alias]:22",
      proxyjump: "ann@gate:23,[::1]:24",
      ciphers: "aes128-gcm@openssh.com,aes128-ctr",
      bindaddress: "127.0.0.1",
      addressfamily: "inet",
      connecttimeout: "2",
    });
    expect(said.get("stricthostkeychecking")).toMatch(/accept-new/);
  });

  it("say that there is none where there is to be none", () => {
    const none = { identityFiles: [], agent: null, knownHostsFiles: [], jumpHosts: [], family: null };
    const said = understood({ host: "host.example", configFile: null, ...none });
    expect(said.get("identityfile")).toBe("none");
    expect(said.get("identityagent")).toBe("none");
    expect(said.get("userknownhostsfile")).toBe("/dev/null");
    expect(said.get("addressfamily")).toBe("any");
    expect(said.has("proxyjump")).toBe(false);
  });

  it("leave to ssh_config what nobody said, and make one wire that asks nobody", () => {
    const [said, plain] = [
      understood({ host: "host.example", configFile: null }),
      understood({ host: "host.example", configFile: null, user: "joe" }),
    ];
    expect(plain.get("user")).toBe("joe");
    expect(said.get("batchmode")).toBe("yes");
    expect(said.get("controlmaster")).toMatch(/no|false/);
    expect(said.get("controlpath") ?? "none").toBe("none");
    expect(said.get("updatehostkeys")).toMatch(/no|false/);
    expect(said.get("identityfile")).toContain(".ssh/");
  });

  it("hold nothing that ssh would take for something else", () => {
    for (const target of [
      { host: "-oProxyCommand=touch" },
      { host: "host", user: "-oProxyCommand=touch" },
      { host: "host", jumpHosts: ["-oProxyCommand=touch"] },
      { host: "host", knownHostsFiles: ['/a" "/b'] },
      { host: "host", identityFiles: ["/${HOME}/key"] },
      { host: "host", hostKeyAlias: "two\nlines" },
    ])
      expect(() => openSshArguments(target)).toThrow("unsupported");
    expect(openSshArguments({ host: "host" }).slice(-4)).toEqual(["-s", "--", "host", "sftp"]);
  });
});
