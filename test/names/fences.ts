import { describe } from "vitest";

import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { Fence } from "./fence.ts";
import { ftpFence, httpFence, memoryFence, s3Fence, sftpFence, webdavFence } from "./fences-in-memory.ts";
import { fileFence, openSshFence } from "./fences-on-disk.ts";

const fences: Readonly<Record<string, () => Promise<Fence>>> = {
  memory: memoryFence,
  file: fileFence,
  sftp: sftpFence,
  OpenSSH: openSshFence,
  "ftp with MLSD": () => ftpFence(true),
  "ftp with LIST only": () => ftpFence(false),
  http: httpFence,
  dav: webdavFence,
  s3: s3Fence,
};

/** Tests on every scheme, each test on a fence that `open` makes. */
export function onEveryFence(title: string, define: (open: () => Promise<Fence>, name: string) => void): void {
  for (const [name, open] of Object.entries(fences)) {
    const real = name === "OpenSSH";
    const needed = real ? titleNeeding("openssh-server", `${title}: ${name}`) : `${title}: ${name}`;
    describe.runIf(!real || hasProgram("openssh-server"))(needed, () => define(open, name));
  }
}
