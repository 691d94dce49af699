import { readFileSync } from "node:fs";

import { run } from "./openssh-client.ts";

export interface KeyPair {
  /** The private key's file. */
  readonly file: string;
  readonly type: string;
  /** `ssh-ed25519 AAAA…`: what a known_hosts line ends in. */
  readonly text: string;
  /** In the wire format of RFC 4253. */
  readonly blob: Buffer;
}

/** Makes a key with ssh-keygen. */
export async function makeKey(file: string, kind: "ed25519" | "rsa" | "ecdsa", ...options: string[]): Promise<KeyPair> {
  const { status, stderr } = await run("ssh-keygen", [
    "-q",
    "-t",
    kind,
    "-N",
    "",
    "-C",
    "a comment",
    "-f",
    file,
    ...options,
  ]);
  if (status !== 0) throw new Error(stderr);
  const [type, encoded] = readFileSync(`${file}.pub`, "latin1").split(" ");
  return { file, ...parseKey(`${type} ${encoded}`) };
}

type PublicKey = Omit<KeyPair, "file">;

function parseKey(text: string): PublicKey {
  const [type = "", encoded = ""] = text.split(" ");
  return { type, text, blob: Buffer.from(encoded, "base64") };
}

// Made once with ssh-keygen, for tests that need no server.
export const ed25519: PublicKey = parseKey(
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID3Z8w32+KhmMa+mGtk3QQjwG4XuhpQrXBjoepL/otUW",
);
export const otherEd25519: PublicKey = parseKey(
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0R6GiTYcvJcnPtM7nq3deWgfneqAdgubI44cW0DuD4",
);
export const rsa: PublicKey = parseKey(
  "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCzU0TkVYjcviPGloprKytfJv2NmxoxFL2FN4Qmy1hO1vZwbBgOEVjo5K71dJSkS6bpMBWIbwJSazy+1gKVLA5jybMshFga9C41m456Q6tpSgOnTd04EpsLZsaxo4IWOVv+abx1Pgu/lAwQJ2zcnjpB4Cx3SrYoLzxh4Ed0tcpI59LGbCiXNhXsuAJ05+MC9sVxkTq2lKVk0kBIyyqwDukY5RZOcB/QnOHH+nEKCumVjEt80AZUrreJi/ZtYQh2wdr3tW2G8/MabRQXw+xkpUHwySyfbi4+CdYUhqSDB+T+kY6iUYCdQSxaha7Bj8BUPY8Fae7bKrN8FSJbBcnSbwTn",
);
export const ecdsa: PublicKey = parseKey(
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMq8J+LwbS8W+n/J0sQID5PuYpp19p0BHxCZWgYhNi3z5yWz7YryN3gfUgfOEb9PpIeoTHVPVEDW/jdU4l7Mhwk=",
);
