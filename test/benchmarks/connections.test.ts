import { describe, expect, it } from "vitest";

import { chains } from "../../benchmarks/connections/chains.ts";
import { brokenRows } from "../../benchmarks/connections/connections.ts";
import { measureChain } from "../../benchmarks/connections/measure-chain.ts";
import { byHand, list, naive, scope } from "../../benchmarks/connections/modes.ts";
import type { ServerName } from "../../benchmarks/sites/site.ts";
import { startSite } from "../../benchmarks/sites/sites.ts";

const servers: readonly ServerName[] = ["memory", "embedded", "embedded-ftp", "embedded-webdav", "embedded-s3"];

describe.each(servers)("the chains of the RFC, counted by %s servers", (server) => {
  it.each(chains({ atOnce: 12 }))(
    "$name: a list and a scope open what the locations need, naive code and code by hand more",
    async (chain) => {
      await using site = await startSite(server);
      const peers = site.peer === undefined ? [] : [byHand(site.peer)];
      // That all of them come to the same result is part of the measurement.
      const rows = await measureChain(site, chain, [naive, list, scope, ...peers], 1);
      expect(brokenRows(rows)).toEqual([]);
      for (const { mode, connections, lowerBound } of rows) {
        if (mode === "list" || mode === "scope") expect(connections).toBe(lowerBound);
        else expect(connections).toBeGreaterThan(lowerBound);
      }
    },
  );
});

it("a row that shares less than it could is called broken, and a naive one is not", () => {
  const row = { chain: "push", server: "memory", connections: 2, lowerBound: 1, wallMs: 1 } as const;
  expect(
    brokenRows([
      { ...row, mode: "list" },
      { ...row, mode: "naive" },
    ]),
  ).toEqual(["push, list, memory: 2 connections where 1 are needed"]);
});
