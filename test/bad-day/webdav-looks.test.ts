import { expect, it } from "vitest";

import { TransportScope } from "../../src/index.ts";
import type { WebdavReaction } from "../../src/testing.ts";
import { startWebdavServer } from "../../src/testing.ts";

it("a refusal over WebDAV that only a look explains says that the connection was lost where the look was", async () => {
  let look: WebdavReaction = "answer";
  await using server = await startWebdavServer({
    onRequest: ({ method }) => (method === "PROPFIND" ? look : "answer"),
  });
  await using scope = new TransportScope();
  const transport = scope.getTransport(server.url.replace(/^http/, "dav"), { proxy: null, netrc: null });
  await transport.mkdir("folder");
  look = "drop";
  await expect(transport.mkdir("folder")).rejects.toMatchObject({
    code: "connection-lost",
    temporary: true,
    effect: "none",
  });
  await expect(transport.clone("folder").ensureBase()).rejects.toMatchObject({ code: "connection-lost" });
  look = "answer";
  expect(await transport.clone("folder").ensureBase()).toBe(false);
  await expect(transport.mkdir("folder")).rejects.toMatchObject({ code: "already-exists" });
});
