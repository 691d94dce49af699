import { describe, expect, it } from "vitest";

import type { OpenSshEnd } from "../../src/drivers/openssh-errors.ts";
import { lostProcessError, openSshError, startError } from "../../src/drivers/openssh-errors.ts";
import { OpenSshLog } from "../../src/drivers/openssh-log.ts";

/** How a process ended that said this on stderr. */
function end(stderr: string, more: Partial<OpenSshEnd> = {}): OpenSshEnd {
  const log = new OpenSshLog(() => undefined);
  log.push(stderr);
  const { ident, hostKey, phase, said } = log;
  return { host: "host.example", status: 255, signal: null, ident, hostKey, phase, said, ...more };
}

const connecting = "debug1: Connecting to host.example [192.0.2.1] port 22.\r\n";
const greeted = `${connecting}debug1: Connection established.\r\ndebug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2\r\n`;
const shown = `${greeted}debug1: Server host key: ssh-ed25519 SHA256:abc\r\n`;
const loggedIn = `${shown}debug1: SSH2_MSG_SERVICE_ACCEPT received\nAuthenticated to host.example ([192.0.2.1]:22) using "publickey".\n`;

/** As releases 8.4 to 9.9 of OpenSSH say it. */
const cases: readonly (readonly [what: string, stderr: string, code: string, reason: RegExp])[] = [
  [
    "a name without an address",
    "ssh: Could not resolve hostname host.example: Name or service not known\r\n",
    "connection-failed",
    /no address is known for the host host\.example/,
  ],
  [
    "a port with nobody",
    `${connecting}ssh: connect to host h port 22: Connection refused\r\n`,
    "connection-failed",
    /refused/,
  ],
  [
    "a host that is silent",
    `${connecting}ssh: connect to host h port 22: Connection timed out\r\n`,
    "timeout",
    /timed out/,
  ],
  [
    "a server that is busy",
    `${connecting}debug1: Connection established.\nkex_exchange_identification: Connection closed by remote host\r\n`,
    "too-many-connections",
    /closed the connection before/,
  ],
  [
    "a server that drops a connection during the key exchange",
    `${greeted}Connection closed by 192.0.2.1 port 22\r\n`,
    "connection-failed",
    /during the key exchange/,
  ],
  [
    "what is no SSH server",
    `${connecting}debug1: Connection established.\nkex_exchange_identification: banner line contains invalid characters\r\n`,
    "protocol-error",
    /no SSH server/,
  ],
  [
    "no algorithm in common",
    `${greeted}Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. Their offer: ssh-dss\r\n`,
    "unsupported",
    /no matching host key type/,
  ],
  [
    "an unknown host key",
    `${shown}No ED25519 host key is known for host.example and you have requested strict checking.\r\nHost key verification failed.\r\n`,
    "host-key-unknown",
    /host\.example showed the ssh-ed25519 key SHA256:abc/,
  ],
  [
    "a revoked host key",
    `${shown}@       WARNING: REVOKED HOST KEY DETECTED!               @\r\nHost key verification failed.\r\n`,
    "host-key-changed",
    /revoked/,
  ],
  ["an unknown jump host", "Host key verification failed.\r\n", "host-key-unknown", /a host on the way there/],
  [
    "a refused login",
    `${shown}joe@host.example: Permission denied (publickey,password).\r\n`,
    "authentication-failed",
    /joe@host\.example is refused; the server takes publickey,password/,
  ],
  [
    "a key file that cannot be used",
    `${shown}Load key "/k": error in libcrypto\r\njoe@host.example: Permission denied (publickey).\r\n`,
    "authentication-failed",
    /Load key "\/k"/,
  ],
  [
    "too many keys",
    `${shown}Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\r\n`,
    "authentication-failed",
    /too many attempts/,
  ],
  [
    "a jump host that cannot go on",
    "debug1: Executing proxy command: exec ssh\nchannel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\nkex_exchange_identification: Connection closed by remote host\r\n",
    "connection-failed",
    /the jump host cannot connect to host\.example/,
  ],
  [
    "a proxy command that fails",
    "debug1: Executing proxy command: exec nothing\nsh: 1: exec: nothing: not found\nkex_exchange_identification: Connection closed by remote host\r\n",
    "connection-failed",
    /nothing: not found/,
  ],
  [
    "one session too many",
    `${loggedIn}channel 0: open failed: connect failed: open failed\r\n`,
    "too-many-connections",
    /further session/,
  ],
  ["a server without SFTP", `${loggedIn}subsystem request failed on channel 0\r\n`, "unsupported", /offers no sftp/],
  [
    "a configuration file that is not there",
    "Can't open user config file /c: No such file or directory\r\n",
    "invalid-path",
    /cannot read \/c/,
  ],
  ["one that others may write", "Bad owner or permissions on /c\r\n", "permission-denied", /ssh refuses \/c/],
  [
    "an option that it does not know",
    "command-line line 0: Bad configuration option: new\r\n",
    "unsupported",
    /Bad configuration option: new/,
  ],
  ["anything else", "something new\u001b[31m\r\n", "connection-failed", /ssh says: something new/],
  ["nothing at all", "", "connection-failed", /ended with status 255/],
];

describe("what OpenSSH's client says", () => {
  it.each(cases)("of %s is an error with its code", (_what, stderr, code, reason) => {
    const error = openSshError(end(stderr));
    expect(error).toMatchObject({ code });
    expect(error.reason).toMatch(reason);
    expect(error.message).not.toContain("\u001b");
  });

  it("once it has served is a lost connection, with its own last words alone", () => {
    const lost = lostProcessError(
      end(`${loggedIn}motd of the server\nTimeout, server host.example not responding.\r\n`),
    );
    expect(lost).toMatchObject({ code: "connection-lost", temporary: true });
    expect(lost.reason).toMatch(/Timeout, server host\.example not responding/);
    expect(lostProcessError(end("anything", { signal: "SIGKILL" })).reason).toMatch(/ended by SIGKILL/);
  });

  it("is kept within bounds, and taken for nothing but words after the login", () => {
    const log = new OpenSshLog(() => undefined);
    log.push(loggedIn);
    log.push("debug1: Remote protocol version 2.0, remote software version Forged\n");
    for (let times = 0; times < 1000; times++) log.push(`${"x".repeat(10_000)}\nunfinished `);
    expect(log.ident).toBe("SSH-2.0-OpenSSH_9.2p1 Debian-2");
    expect(log.said.join("").length).toBeLessThan(100_000);
  });

  it("nothing, since it cannot be started", () => {
    expect(startError(Object.assign(new Error(), { code: "ENOENT" }))).toMatchObject({ code: "missing-driver" });
    expect(startError(Object.assign(new Error(), { code: "EAGAIN" }))).toMatchObject({ temporary: true });
  });
});
