import type { Lookup } from "samewire";
import { startS3Server } from "samewire/testing";

import { openEntrance } from "./entrance.ts";
import type { Site, SiteOptions } from "./site.ts";
import { startAll } from "./started.ts";

const buckets = ["first", "second"] as const;

/** Buckets have host names of their own, which all lead to this machine. */
const toThisMachine: Lookup = Object.assign(
  ((_name, { all }, callback) => {
    if (all === true) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
  }) as Lookup,
  { id: "to this machine" },
);

/** An S3 server in this process with two buckets, each under a host name of its own. What it takes of the processor is part of every time that is measured. */
export function startEmbeddedS3Site({ delayMs = 0 }: SiteOptions = {}): Promise<Site> {
  // What the SDK says of this version of Node would stand in the middle of the tables.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return startAll(async (started) => {
    const server = started.add(await startS3Server({ buckets }));
    const { port } = started.add(await openEntrance(server.port, delayMs));
    const { region, accessKeyId, secretAccessKey } = server;
    return {
      server: "embedded-s3",
      roots: [`s3://${buckets[0]}/`, `s3://${buckets[1]}/`],
      options: {
        s3: { endpoint: `http://localhost:${port}`, pathStyle: false, region, accessKeyId, secretAccessKey },
        lookup: toThisMachine,
        connections: 1,
        connectTimeoutMs: 120_000,
        // Nothing of this machine's own surroundings: the server is here.
        proxy: null,
      },
      accepted: () => Promise.resolve(server.accepted),
      peer: undefined,
      [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
    };
  });
}
