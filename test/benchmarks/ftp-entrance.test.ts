import { connect } from "node:net";
import { text } from "node:stream/consumers";

import { expect, it } from "vitest";

import { BasicFtpPeer } from "../../benchmarks/sites/basic-ftp-peer.ts";
import { openFtpEntrance } from "../../benchmarks/sites/ftp-entrance.ts";
import { connected } from "../../benchmarks/sites/peer.ts";
import { startFtpServer } from "../../src/testing.ts";

it("a data connection to a port that is named in answer to PASV goes through the delay as well", async () => {
  await using server = await startFtpServer();
  await using entrance = await openFtpEntrance(server.port, 1);
  await using session = await new BasicFtpPeer(server.password).access(
    `ftp://${server.user}@127.0.0.1:${entrance.port}/home/${server.user}/`,
  );
  const { message } = await session.client.send("PASV");
  const [high = 0, low = 0] = /,([0-9]+),([0-9]+)\)/.exec(message)?.slice(1).map(Number) ?? [];
  const listing = text(connect(high * 256 + low, "127.0.0.1"));
  await session.client.send("NLST /home");
  expect((await listing).trim()).toContain(server.user);
});

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
