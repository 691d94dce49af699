import { afterAll, describe, it, vi } from "vitest";

import { conformance, generateTlsIdentity, startS3Server } from "../../src/testing.ts";
import { s3Site } from "./s3-site.ts";

// The SDK takes some milliseconds of a processor for each request, and one case makes more than a thousand.
vi.setConfig({ testTimeout: 120_000 });

const identity = await generateTlsIdentity();
const server = await startS3Server({ tls: identity });
afterAll(() => server.close());

conformance(
  { describe, it },
  {
    name: "s3 on the in-process server, over TLS",
    open: () =>
      s3Site(server, {
        endpoint: (port) => `https://127.0.0.1:${port}`,
        options: { tls: { ca: identity.cert } },
      }),
  },
);
