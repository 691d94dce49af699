import { TransportError } from "../errors/transport-error.ts";

/** What the package exports. */
export type BasicFtp = typeof import("basic-ftp");

let loading: Promise<BasicFtp> | undefined;

/** The package, loaded when the first connection needs it. */
export function loadBasicFtp(): Promise<BasicFtp> {
  return (loading ??= load());
}

async function load(): Promise<BasicFtp> {
  try {
    return await import("basic-ftp");
  } catch (cause) {
    loading = undefined;
    throw new TransportError("missing-driver", "ftp: needs the package basic-ftp, which cannot be loaded", {
      hint: "Install it: npm install basic-ftp",
      cause,
    });
  }
}
