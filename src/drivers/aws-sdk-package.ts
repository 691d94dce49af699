import { TransportError } from "../errors/transport-error.ts";

/** What the package exports. */
export type AwsSdk = typeof import("@aws-sdk/client-s3");

let loading: Promise<AwsSdk> | undefined;

/** The package, which is the user's to install, loaded when the first request needs it. */
export function loadAwsSdk(): Promise<AwsSdk> {
  return (loading ??= load());
}

async function load(): Promise<AwsSdk> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    loading = undefined;
    throw new TransportError("missing-driver", "s3: needs the package @aws-sdk/client-s3, which cannot be loaded", {
      hint: "Install it: npm install @aws-sdk/client-s3",
      cause,
    });
  }
}
