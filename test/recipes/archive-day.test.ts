import type { TransportOptions } from "samewire";
import { TransportScope, getTransport } from "samewire";
import { expectConnections, startFtpServer } from "samewire/testing";
import { expect, it } from "vitest";

import { archiveDay } from "../../examples/recipes/archive-day.ts";

it("packs the reports of one day, in memory", async () => {
  const url = "memory://reports/";
  await using store = getTransport(url);
  await store.put("2031-05-01-a.txt", "first");
  await store.put("2031-05-01-b.txt", "second");
  await store.put("2031-05-02-a.txt", "the day after");
  expect(await archiveDay(url, "2031-05-01")).toBe(2);
  expect(String(await store.getBytes("archive/2031-05-01.txt"))).toBe(
    "== 2031-05-01-a.txt\nfirst\n== 2031-05-01-b.txt\nsecond",
  );
});

it("takes one connection to a real protocol, which a server in this process counts", async () => {
  await using server = await startFtpServer();
  await using scope = new TransportScope();
  const options: TransportOptions = { password: server.password, netrc: null };
  await scope.getTransport(server.url, options).put("2031-05-01-a.txt", "first");
  await expectConnections(server, 0, () => archiveDay(server.url, "2031-05-01", scope));
});

it("says what happens where a server is full", async () => {
  await using server = await startFtpServer({
    onCommand: (verb) => (verb === "STOR" ? { reply: "452 no space left" } : "answer"),
  });
  await using scope = new TransportScope();
  scope.getTransport(server.url, { password: server.password, netrc: null });
  await expect(archiveDay(server.url, "2031-05-01", scope)).rejects.toMatchObject({ code: "no-space" });
});
