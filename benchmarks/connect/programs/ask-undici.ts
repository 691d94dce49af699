import { Client } from "undici";

import type { StatJob } from "./stat-job.ts";

/** HEAD by a client of undici. */
export async function askUndici({ destination: { url, options }, path }: StatJob): Promise<() => Promise<void>> {
  const { origin, pathname } = new URL(url.replace(/^dav/, "http"));
  const ca = typeof options.tls === "object" ? options.tls.ca : undefined;
  const client = new Client(origin, typeof ca === "string" ? { connect: { ca } } : {});
  const { statusCode, body } = await client.request({ method: "HEAD", path: `${pathname}${path}` });
  await body.dump();
  if (statusCode !== 200) throw new Error(`HEAD is answered with ${statusCode}`);
  return () => client.close();
}
