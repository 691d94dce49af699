import { expect, it } from "vitest";

import { TransportScope } from "../../src/index.ts";
import { startFtpServer } from "../../src/testing.ts";

it("a lock over FTP that is made and can be neither completed nor given back may be held, and says so", async () => {
  let isSilent = false;
  await using server = await startFtpServer({
    onCommand: (verb) => {
      if (isSilent) return "silence";
      isSilent = verb === "MKD";
      return "answer";
    },
  });
  await using scope = new TransportScope();
  const { password } = server;
  const limits = { silenceTimeoutMs: 300, connectTimeoutMs: 600, drainTimeoutMs: 100 };
  const transport = scope.getTransport(server.url, { password, netrc: null, ...limits });
  await transport.connect();
  await expect(transport.lock("file")).rejects.toMatchObject({ effect: "unknown" });
  expect(server.tree.stat("/home/joe/file.lock").type).toBe("directory");
});
