import { Client } from "basic-ftp";

import { placeOf } from "../../peers/transfer.ts";
import type { StatJob } from "./stat-job.ts";

/** basic-ftp, which asks for a length and a time apart: here only for the length. */
export async function askBasicFtp({ destination, path }: StatJob): Promise<() => Promise<void>> {
  const place = placeOf(destination);
  const client = new Client();
  await client.access({
    host: place.host,
    port: Number(place.port),
    user: place.user,
    password: destination.password ?? "",
  });
  await client.size(place.path(path));
  return () => {
    client.close();
    return Promise.resolve();
  };
}
