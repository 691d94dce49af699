import { afterAll, describe, it } from "vitest";

import { conformance, startS3Server } from "../../src/testing.ts";
import { toThisMachine } from "../reuse/sites.ts";
import { s3Site } from "./s3-site.ts";

const server = await startS3Server({ pageKeys: 3 });
afterAll(() => server.close());

conformance(
  { describe, it },
  {
    name: "s3 on the in-process server, buckets in host names, with pages of three keys",
    open: () =>
      s3Site(server, {
        endpoint: (port) => `http://localhost:${port}`,
        pathStyle: false,
        options: { lookup: toThisMachine },
      }),
  },
);
