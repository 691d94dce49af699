import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

import { placeOf } from "../transfer.ts";
import type { Job } from "./job.ts";

/** Node's own `fetch`, with one file as a stream. */
export async function bareFetch({ transfer, destination }: Job): Promise<void> {
  const { action, local, remote } = transfer;
  const url = placeOf(destination).url(remote);
  const put = (): Promise<Response> => {
    const body = Readable.toWeb(createReadStream(local)) as ReadableStream<Uint8Array>;
    return fetch(url, { method: "PUT", body, duplex: "half" });
  };
  const { status, body } = await (action === "get" ? fetch(url) : put());
  if (status >= 300 || (action === "get" && body === null)) throw new Error(`${url} is answered with ${status}`);
  if (action === "get") await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), createWriteStream(local));
  else await body?.cancel();
}
