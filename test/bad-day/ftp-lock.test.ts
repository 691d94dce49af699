import { expect, it } from "vitest";

import { TransportScope } from "../../src/index.ts";
import { startFtpServer } from "../../src/testing.ts";

it("a lock over FTP that is taken and can be neither looked at nor given back may be held, and says so", async () => {
  let isCut = false;
  await using server = await startFtpServer({
    onCommand: (verb) => {
      if (isCut) return "silence";
      isCut = verb === "RNTO";
      return isCut ? "drop-after" : "answer";
    },
  });
  await using scope = new TransportScope();
  const { password } = server;
  const limits = { silenceTimeoutMs: 700, connectTimeoutMs: 1_500, drainTimeoutMs: 100 };
  const transport = scope.getTransport(server.url, { password, netrc: null, ...limits });
  await transport.connect();
  await expect(transport.lock("file")).rejects.toMatchObject({
    code: "connection-lost",
    effect: "unknown",
    hint: expect.stringContaining("lockInfo") as string,
  });
  expect(server.tree.readdir("/home/joe/file.lock")).toHaveLength(1);
});
