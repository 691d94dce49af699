import { afterAll, describe, it } from "vitest";

import { conformance, startS3Server } from "../../src/testing.ts";
import { s3Site } from "./s3-site.ts";

const server = await startS3Server();
afterAll(() => server.close());

conformance({ describe, it }, { name: "s3 on the in-process server, buckets in paths", open: () => s3Site(server) });
