import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod, chown, stat } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { chroot, getTransport, walk } from "../../../src/index.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import { startProftpd } from "../../servers/proftpd.ts";
import { startPureFtpd } from "../../servers/pureftpd.ts";
import type { RealFtpServer } from "../../servers/real-ftp-server.ts";
import { startVsftpd } from "../../servers/vsftpd.ts";

const servers = {
  vsftpd: () => startVsftpd(),
  proftpd: () => startProftpd(),
  "pure-ftpd": () => startPureFtpd(),
} as const;

/** Links on the server's disk, which FTP cannot make: `tree` leads out of itself, to a directory that is no part of it. */
async function makeLinks(server: RealFtpServer): Promise<void> {
  const at = (path: string): string => join(server.root, path);
  mkdirSync(at("elsewhere"));
  mkdirSync(at("tree"));
  for (const path of ["elsewhere/kept", "tree/file", "tree/for all"]) writeFileSync(at(path), "content");
  symlinkSync("../elsewhere", at("tree/way out"));
  symlinkSync("file", at("tree/link"));
  symlinkSync("nowhere", at("tree/dangling"));
  const { uid, gid } = await stat(server.root);
  for (const path of ["elsewhere", "elsewhere/kept", "tree", "tree/file", "tree/for all"])
    await chown(at(path), uid, gid);
  // A mode that only links have, as a rule.
  await chmod(at("tree/for all"), 0o777);
}

async function typesOf(transport: Transport): Promise<Record<string, string | undefined>> {
  const types: Record<string, string | undefined> = {};
  for await (const entry of transport.list("tree")) types[entry.name] = entry.stat?.type;
  return types;
}

for (const [program, start] of Object.entries(servers) as [keyof typeof servers, () => Promise<RealFtpServer>][]) {
  describe.runIf(hasProgram(program))(titleNeeding(program, `links on a real ${program}`), () => {
    it("are links, and nobody who walks or deletes a tree follows them", async () => {
      await using server = await start();
      await makeLinks(server);
      const transport = getTransport(server.url(), [], { password: server.password });
      const types = await typesOf(transport);
      expect(types).toMatchObject({ file: "file", "for all": "file", "way out": "link", link: "link" });
      // ProFTPD does not list what leads nowhere.
      expect(["link", undefined]).toContain(types["dangling"]);
      expect((await transport.stat("tree/way out")).type).toBe("link");
      expect((await transport.stat("tree/link")).type).toBe("link");
      expect(await transport.stat("tree/link", { followLinks: true })).toMatchObject({ type: "file", sizeBytes: 7 });
      expect((await transport.stat("tree/way out", { followLinks: true })).type).toBe("directory");
      expect((await transport.stat("tree/for all")).type).toBe("file");
      expect(await transport.has("tree/dangling")).toBe(false);
      expect(String(await transport.getBytes("tree/link"))).toBe("content");
      const walked: string[] = [];
      for await (const { path } of walk(transport, "tree")) walked.push(path);
      expect(walked).not.toContain("tree/way out/kept");
      await transport.delete("tree/link");
      expect(readFileSync(join(server.root, "tree/file"), "utf8")).toBe("content");
      await transport.delete("tree/dangling");
      await transport.deleteTree("tree");
      expect(existsSync(join(server.root, "tree"))).toBe(false);
      expect(existsSync(join(server.root, "elsewhere/kept"))).toBe(true);
      await transport.disconnect();
    });

    it("lead nobody out of a chroot", async () => {
      await using server = await start();
      await makeLinks(server);
      const transport = getTransport(server.url(), [], { password: server.password });
      const inside = chroot(transport.clone("tree"));
      for (const work of [
        () => inside.getBytes("way out/kept"),
        () => inside.stat("way out/kept"),
        () => inside.has("way out"),
        () => inside.list("way out")[Symbol.asyncIterator]().next(),
        () => inside.put("way out/new", "changed"),
        () => inside.put("way out/kept", "changed", { atomic: false }),
        () => inside.delete("way out/kept"),
        () => inside.rename("file", "way out/file"),
        () => inside.deleteTree("way out/kept"),
        () => inside.mkdir("way out/made"),
        // FTP does not say where a link leads.
        () => inside.getBytes("link"),
      ])
        await expect(work()).rejects.toMatchObject({ code: "outside-base", effect: "none" });
      expect(String(await inside.getBytes("/file"))).toBe("content");
      expect(String(await inside.getBytes("../for all"))).toBe("content");
      await inside.delete("way out");
      expect(readdirSync(join(server.root, "elsewhere"))).toEqual(["kept"]);
      expect(readFileSync(join(server.root, "elsewhere/kept"), "utf8")).toBe("content");
      await transport.disconnect();
    });
  });
}
