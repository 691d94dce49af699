import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { expect, it } from "vitest";

import { BasicFtpPeer } from "../../benchmarks/sites/basic-ftp-peer.ts";
import { openFtpEntrance } from "../../benchmarks/sites/ftp-entrance.ts";
import { connected } from "../../benchmarks/sites/peer.ts";
import { startFtpServer } from "../../src/testing.ts";

it("data connections to an FTP server behind a delay go through the delay, whatever ports the server names, and whoever uses which first", async () => {
  await using server = await startFtpServer();
  await using entrance = await openFtpEntrance(server.port, 1);
  const peer = new BasicFtpPeer(server.password);
  const url = `ftp://${server.user}@127.0.0.1:${entrance.port}/home/${server.user}/`;
  await using session = await peer.access(url);
  const { message } = await session.client.send("EPSV");
  const read = await connected(peer, url, async (files) => {
    await files.write("file", "content");
    return [await files.list(""), await files.read("file"), await files.has("file"), await files.has("missing")];
  });
  expect(read).toEqual([["file"], "content", true, false]);
  const listing = text(connect(Number(/\|([0-9]+)\|\)/.exec(message)?.[1]), "127.0.0.1"));
  await session.client.send("NLST");
  expect((await listing).trim()).toBe("file");
  expect(server.accepted).toBe(2);
});
