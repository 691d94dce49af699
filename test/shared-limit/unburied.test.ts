import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { describe, expect, it } from "vitest";

import { TransportScope, localWireLimit } from "../../src/index.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { VsftpdServer } from "../servers/vsftpd.ts";
import { startVsftpd } from "../servers/vsftpd.ts";

/** Leaves a session as a client does that is killed when it has asked for an upload and has not connected for it yet. */
async function dieInUpload(server: VsftpdServer, path: string): Promise<void> {
  const socket = connect(server.port, server.host);
  const replies = createInterface(socket)[Symbol.asyncIterator]();
  for (const command of [`USER ${server.user}`, `PASS ${server.password}`, "EPSV", `STOR ${path}`]) {
    await replies.next();
    socket.write(`${command}\r\n`);
  }
  await expect.poll(() => server.countInLog(/FTP command: .*"STOR /g)).toBe(1);
  socket.destroy();
}

describe.runIf(hasProgram("vsftpd"))(titleNeeding("vsftpd", "a session of a dead client, and a limit"), () => {
  it("is counted by the server, and locks its file, for a time of the server's: who waits loses nothing", async () => {
    await using server = await startVsftpd({ maxClients: 2, config: ["accept_timeout=5"] });
    await dieInUpload(server, "file");
    await using scope = new TransportScope({ wireLimit: localWireLimit({ limit: 2 }) });
    const transport = scope.getTransport(server.url(), { password: server.password, connections: 2 });
    const put = (path: string): Promise<number> => transport.put(path, `content of ${path}`, { atomic: false });
    const paths = ["file", ...Array.from({ length: 20 }, (_, index) => `file-${index}`)];
    await Promise.all(paths.map(put));
    expect(server.refused).toBeGreaterThan(0);
    for (const path of paths) expect(readFileSync(join(server.root, path), "utf8")).toBe(`content of ${path}`);
  });
});
