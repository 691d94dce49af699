import { describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { TransportScope, walk } from "../../../src/index.ts";
import { ftpServerFeatures, startFtpServer } from "../../../src/testing.ts";

const newer = new Set(["MLST", "MFMT"]);

describe("a server that lists as DOS does", () => {
  const names = [" a file; of spaces ", "ünï 1,234", "<DIR>", "02-23-05  09:21PM       <DIR>          x", "a -> b"];

  async function namesOf(transport: Transport): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { name } of transport.list()) found.push(name);
    return found.toSorted();
  }

  it("is one like any other", async () => {
    const features = ftpServerFeatures.filter((feature) => !newer.has(feature));
    await using server = await startFtpServer({ features, listing: "dos" });
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password });
    for (const name of names) await transport.put(name, `content of ${name}`);
    await transport.mkdir("dir");
    await transport.put("dir/file", "123456");
    expect(await namesOf(transport)).toEqual([...names, "dir"].toSorted());
    for (const name of names) {
      expect(await transport.stat(name)).toMatchObject({
        type: "file",
        sizeBytes: Buffer.byteLength(`content of ${name}`),
        mtime: expect.any(Date) as Date,
      });
      expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
    }
    expect(await transport.stat("dir")).toMatchObject({ type: "directory" });
    const walked: string[] = [];
    for await (const { path } of walk(transport, "")) walked.push(path);
    expect(walked).toContain("dir/file");
    await expect(transport.rmdir("dir")).rejects.toMatchObject({ code: "directory-not-empty" });
    await expect(transport.delete("dir")).rejects.toMatchObject({ code: "is-a-directory" });
    await expect(transport.stat("missing")).rejects.toMatchObject({ code: "not-found" });
    await expect(namesOf(transport.clone("missing"))).rejects.toMatchObject({ code: "not-found" });
    await expect(namesOf(transport.clone("dir/file"))).rejects.toMatchObject({ code: "not-a-directory" });
    await transport.deleteTree("dir");
    expect(await namesOf(transport)).toEqual(names.toSorted());
    expect(server.accepted).toBe(1);
  });
});
