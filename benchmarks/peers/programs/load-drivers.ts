import { getTransport, isTransportError } from "samewire";

import type { Destination } from "../transfer.ts";

/** Has samewire load what it connects with, which it does at the first need of it: by asking where nobody listens. */
export async function loadDrivers({ url, options }: Destination): Promise<void> {
  const nowhere = url.replace(/:[0-9]+\//, ":1/");
  await using transport = getTransport(nowhere, undefined, options);
  try {
    await transport.stat("");
  } catch (error) {
    if (!isTransportError(error, "connection-failed")) throw error;
  }
}
