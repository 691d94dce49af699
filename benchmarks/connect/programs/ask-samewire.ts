import { TransportScope } from "samewire";

import type { StatJob } from "./stat-job.ts";

export async function askSamewire({ destination: { url, options }, path }: StatJob): Promise<() => Promise<void>> {
  const scope = new TransportScope();
  await scope.getTransport(url, options).stat(path);
  return () => scope.close();
}
