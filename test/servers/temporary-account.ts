import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";

/**
 * Whether tests may add a user to this machine. A password that sshd checks without PAM is one of /etc/shadow, and only root can set it; and only
 * for a user who is not root do a server's permissions mean anything.
 */
export const canAddAccounts: boolean = process.platform === "linux" && process.getuid?.() === 0;

/** A user of this machine for one server: with a random password, no shell to log in to, and a home below that server's folder. */
export interface TemporaryAccount {
  readonly name: string;
  readonly password: string;
  readonly home: string;
  remove(): void;
}

export function addAccount(home: string): TemporaryAccount {
  const name = `samewire-${randomBytes(4).toString("hex")}`;
  const password = randomBytes(12).toString("base64url");
  run("useradd", ["--system", "--home-dir", home, "--no-create-home", "--shell", "/usr/sbin/nologin", name]);
  setPassword(name, password);
  mkdirSync(home);
  run("chown", [`${name}:`, home]);
  return {
    name,
    password,
    home,
    // By force: a process of theirs that was killed may not have been waited for yet.
    remove: () => run("userdel", ["--force", name]),
  };
}

export function setPassword(name: string, password: string): void {
  run("chpasswd", [], `${name}:${password}\n`);
}

function run(program: string, args: readonly string[], input = ""): void {
  execFileSync(program, args, { input, stdio: ["pipe", "ignore", "pipe"] });
}
