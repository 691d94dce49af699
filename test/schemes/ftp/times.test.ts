import type { Transport } from "samewire";
import { TransportScope } from "samewire";
import type { FtpServer } from "samewire/testing";
import { ftpServerFeatures, startFtpServer } from "samewire/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const old = new Date("2020-03-04T05:06:07Z");
/** More than are asked for together. */
const files = 70;

async function timesOf(transport: Transport, mtimes?: boolean): Promise<(Date | undefined)[]> {
  const times: (Date | undefined)[] = [];
  for await (const { stat } of transport.list("dir", { mtimes })) if (stat?.type === "file") times.push(stat.mtime);
  return times;
}

describe("the times of files that a LIST leaves out", () => {
  let server: FtpServer;
  let scope: TransportScope;
  let transport: Transport;

  beforeEach(async () => {
    server = await startFtpServer({ features: ftpServerFeatures.filter((name) => name !== "MLST") });
    scope = new TransportScope();
    transport = scope.getTransport(server.url, { password: server.password });
    await transport.mkdir("dir");
    await transport.mkdir("dir/inside");
    for (let file = 0; file < files; file++) await transport.put(`dir/file ${file}, ünï`, "x", { mtime: old });
  });

  afterEach(async () => {
    await scope.close();
    await server.close();
  });

  const asked = (command: string): number => server.commands.get(command) ?? 0;

  it("are asked for where they are wanted, one question for each file and none else", async () => {
    const commands = ["LIST", "MDTM", "STAT", "SIZE"];
    const before = commands.map(asked);
    expect(await timesOf(transport, true)).toEqual(Array.from({ length: files }, () => old));
    expect(commands.map((command, index) => asked(command) - (before[index] ?? 0))).toEqual([1, files, 0, 0]);
  });

  it("are left out otherwise", async () => {
    const before = asked("MDTM");
    expect(await timesOf(transport)).toEqual(Array.from({ length: files }, () => undefined));
    expect(asked("MDTM")).toBe(before);
  });

  it("are those of the files that are still there", async () => {
    await transport.put("dir/gone", "x");
    let armed = true;
    const hooked = await startFtpServer({
      tree: server.tree,
      users: { joe: "secret" },
      features: ftpServerFeatures.filter((name) => name !== "MLST"),
      onCommand: (command) => {
        if (armed && command === "MDTM") {
          armed = false;
          server.tree.unlink("/home/joe/dir/gone");
        }
        return "answer";
      },
    });
    try {
      const times = await timesOf(scope.getTransport(hooked.url, { password: "secret" }), true);
      expect(times).toHaveLength(files + 1);
      expect(times.filter((time) => time === undefined)).toHaveLength(1);
    } finally {
      await hooked.close();
    }
  });
});
