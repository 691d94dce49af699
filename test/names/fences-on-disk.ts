import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { startOpenSsh } from "../servers/openssh.ts";
import type { Fence } from "./fence.ts";
import { fencePath, makeFence, seeds } from "./fence.ts";

/** The local file system, which keeps no record of what it is asked. */
export async function fileFence(): Promise<Fence> {
  const top = makeFolder();
  const fence = makeFence({
    url: `file://${top}${fencePath}/`,
    options: {},
    ...onDisk(top),
    close: () => rmSync(top, { recursive: true }),
  });
  return await Promise.resolve(fence);
}

/** A real sshd, whose SFTP server writes down every request. */
export async function openSshFence(): Promise<Fence> {
  const top = makeFolder();
  const log = `${top}.log`;
  const server = await startOpenSsh({
    config: [`ForceCommand /usr/lib/openssh/sftp-server -e -l VERBOSE 2>>${log}`],
  });
  let read = 0;
  return makeFence({
    url: `${server.url(top + fencePath)}/`,
    options: {
      ssh: { config: null, agent: null, identityFile: server.identityFile, knownHosts: server.knownHostsFile },
    },
    ...onDisk(top),
    asked: () => {
      const text = existsSync(log) ? readFileSync(log, "utf8") : "";
      const fresh = text.slice(read);
      read = text.length;
      return Array.from(fresh.matchAll(/"(\/[^"\n]*)"/g), ([, path = ""]) => path);
    },
    close: async () => {
      await server.stop();
      rmSync(top, { recursive: true });
      rmSync(log, { force: true });
    },
  });
}

function onDisk(top: string): Pick<Parameters<typeof makeFence>[0], "root" | "link" | "everything"> {
  return {
    root: top + fencePath,
    link: (target, path) => symlinkSync(target, join(top, fencePath, path)),
    everything: () => contentOf(top),
  };
}

function makeFolder(): string {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "samewire-fence-")));
  for (const [path, content] of Object.entries(seeds)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), content);
  }
  return top;
}

function contentOf(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) Object.assign(found, { [`${path}/`]: "" }, contentOf(path));
    else found[path] = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, "utf8");
  }
  return found;
}
