import { TransportError } from "../errors/transport-error.ts";

/** What the package exports. */
export type Ssh2 = typeof import("ssh2");

let loading: Promise<Ssh2> | undefined;

/** The package, loaded when the first connection or key needs it. */
export function loadSsh2(): Promise<Ssh2> {
  return (loading ??= load());
}

async function load(): Promise<Ssh2> {
  try {
    const { default: ssh2 } = await import("ssh2");
    return ssh2;
  } catch (cause) {
    loading = undefined;
    throw new TransportError("missing-driver", "sftp: needs the package ssh2, which cannot be loaded", {
      hint: "Install it: npm install ssh2",
      cause,
    });
  }
}
