import { expect, it } from "vitest";

import { BasicFtpPeer } from "../../benchmarks/sites/basic-ftp-peer.ts";
import { openFtpEntrance } from "../../benchmarks/sites/ftp-entrance.ts";
import { connected } from "../../benchmarks/sites/peer.ts";
import { startFtpServer } from "../../src/testing.ts";

it("data connections to an FTP server behind a delay go through the delay, whatever port the server names", async () => {
  await using server = await startFtpServer();
  await using entrance = await openFtpEntrance(server.port, 1);
  const peer = new BasicFtpPeer(server.password);
  const url = `ftp://${server.user}@127.0.0.1:${entrance.port}/home/${server.user}/`;
  await using session = await peer.access(url);
  const named = [await session.client.send("EPSV"), await session.client.send("EPSV")];
  expect(named[0]?.message).toBe(named[1]?.message);
  const read = await connected(peer, url, async (files) => {
    await files.write("file", "content");
    return [await files.list(""), await files.read("file"), await files.has("file"), await files.has("missing")];
  });
  expect(read).toEqual([["file"], "content", true, false]);
  expect(server.accepted).toBe(2);
});
