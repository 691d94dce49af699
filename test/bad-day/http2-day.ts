import { afterEach, beforeAll, beforeEach, expect } from "vitest";

import { TransportScope } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { password, token } from "./http-day.ts";
import type { RawHttp2Server } from "./raw-http2-server.ts";
import { startRawHttp2 } from "./raw-http2-server.ts";
import { Witness } from "./witness.ts";

/** The server's. */
export let identity: TlsIdentity;
beforeAll(async () => {
  identity = await generateTlsIdentity();
});

/** Those of the test that runs. */
export let server: RawHttp2Server;
export let witness: Witness;
export let scope: TransportScope;
beforeEach(async () => {
  server = await startRawHttp2(identity);
  witness = new Witness([password, token]);
  scope = new TransportScope();
});
afterEach(async () => {
  witness.hear(scope.report());
  await scope.close();
  await expect.poll(() => server.open, { message: "connections that remain" }).toBe(0);
  await server.close();
  await witness.swear();
});
