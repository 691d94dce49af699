import { TransportError } from "../errors/transport-error.ts";

/** What the package exports. */
export type Undici = typeof import("undici");

let loading: Promise<Undici> | undefined;

/** The package, loaded when the first connection needs it. */
export function loadUndici(): Promise<Undici> {
  return (loading ??= load());
}

async function load(): Promise<Undici> {
  try {
    return await import("undici");
  } catch (cause) {
    loading = undefined;
    throw new TransportError("missing-driver", "http: and https: need the package undici, which cannot be loaded", {
      hint: "Install it: npm install undici@7",
      cause,
    });
  }
}
