import { pipeline } from "node:stream/promises";

import { TransportScope } from "samewire";
import type { Dispatcher } from "undici";
import { Client } from "undici";

import { startAll } from "../sites/started.ts";
import { direct, startWebFiles, webServers } from "../sites/web-files.ts";
import { Drop } from "./drop.ts";
import type { Comparisons } from "./comparison.ts";

const smallBytes = 4_096;

/** Against bare undici with one connection that it keeps. */
export function startHttpComparisons(bulkBytes: number): Promise<Comparisons> {
  return startAll(async (started) => {
    const [server = "embedded-http"] = webServers();
    const files = started.add(await startWebFiles(server));
    await files.write("file", Buffer.alloc(smallBytes, "samewire "));
    await files.write("large", Buffer.alloc(bulkBytes, "samewire "));
    const transport = started.add(new TransportScope()).getTransport(files.base, direct);
    const client = new Client(new URL(files.base).origin);
    started.add({ [Symbol.asyncDispose]: () => client.close() });
    const ask = async (path: string): Promise<Dispatcher.ResponseData["body"]> => {
      const { statusCode, body } = await client.request({ method: "GET", path });
      if (statusCode !== 200) throw new Error(`the server answers with ${statusCode}`);
      return body;
    };
    const bulk = `get ${bulkBytes / 2 ** 20} MiB`;
    return {
      bare: "undici",
      comparisons: [
        {
          name: "http get 4 KiB",
          atOnce: [1, 64],
          ours: async () => checkLength((await transport.getBytes("file")).length, smallBytes),
          theirs: async () => checkLength((await (await ask("/file")).arrayBuffer()).byteLength, smallBytes),
        },
        {
          name: `http ${bulk}`,
          atOnce: [1],
          bulky: true,
          ours: async () => {
            const drop = new Drop();
            await pipeline(await transport.get("large"), drop);
            checkLength(drop.bytes, bulkBytes);
          },
          theirs: async () => {
            const drop = new Drop();
            await pipeline(await ask("/large"), drop);
            checkLength(drop.bytes, bulkBytes);
          },
        },
      ],
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}

/** What loses something would be fast. */
function checkLength(arrived: number, bytes: number): void {
  if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes arrived`);
}
