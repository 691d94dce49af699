import { afterAll, describe, it, vi } from "vitest";

import { conformance, startS3Server } from "../../src/testing.ts";
import { s3Site } from "./s3-site.ts";

// The SDK takes some milliseconds of a processor for each request, and one case makes more than a thousand.
vi.setConfig({ testTimeout: 120_000 });

const server = await startS3Server();
afterAll(() => server.close());

conformance({ describe, it }, { name: "s3 on the in-process server, buckets in paths", open: () => s3Site(server) });
