import { expect, it } from "vitest";

import { TransportScope } from "../../src/index.ts";
import type { FtpReaction } from "../../src/testing.ts";
import { startFtpServer } from "../../src/testing.ts";

it("a write stream over FTP whose opening is not answered may have emptied the file, and says so", async () => {
  let reaction: FtpReaction = "answer";
  await using server = await startFtpServer({ onCommand: (verb) => (verb === "STOR" ? reaction : "answer") });
  await using scope = new TransportScope();
  const { password } = server;
  const transport = scope.getTransport(server.url, { password, netrc: null, silenceTimeoutMs: 1_000 });
  await transport.put("file", "old");
  reaction = "silence";
  await expect(transport.openWriteStream("file")).rejects.toMatchObject({ code: "timeout", effect: "unknown" });
  reaction = "drop";
  await expect(transport.openWriteStream("file")).rejects.toMatchObject({
    code: "connection-lost",
    effect: "unknown",
  });
});
