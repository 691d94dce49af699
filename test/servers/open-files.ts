import { readdir, readlink } from "node:fs/promises";

/** Files below a folder that another process holds open, by what Linux tells of its processes. */
export async function openFilesBelow(folder: string): Promise<number> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const links = await Promise.all(
    processes.map(async (pid) => {
      const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []); // It ended, or is not ours to look at.
      return await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")));
    }),
  );
  return links.flat().filter((path) => path.startsWith(`${folder}/`)).length;
}
