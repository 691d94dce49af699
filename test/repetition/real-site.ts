import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync, chownSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { startTap } from "../../src/testing.ts";
import type { RepetitionSite } from "./repetition-site.ts";

/** How long everything takes on its way to the server and back: so much longer than a look from the other side that what is seen there is not answered yet. */
const onItsWayMs = 300;

/** A directory on a real server. */
export interface RealPlace {
  readonly folder: string;
  readonly port: number;
  /** Of whoever logs in. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly url: (port: number) => string;
  readonly options: TransportOptions;
}

/**
 * A site behind a tap. A request is cut off before it takes effect by letting nothing through to the server, which is for verbs whose first request it is;
 * and after it, by watching the server's disk while the answer is on its way.
 */
export async function realSite({ folder, port, owner, url, options }: RealPlace): Promise<RepetitionSite> {
  const tap = await startTap({ port });
  const transport = getTransport(url(tap.port), [], options);
  await transport.has("nothing of that name");
  const own = (path: string): void => {
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  };
  return {
    transport,
    async cut(_step, when, work, happened) {
      if (when === "before") tap.stall(true, "up");
      else tap.delay(onItsWayMs);
      const working = work();
      const settled = working.then(
        () => true,
        () => true,
      );
      if (when === "before") await delay(150);
      else while (!(await happened())) if (await Promise.race([settled, delay(10, false)])) break;
      tap.sever();
      tap.stall(false, "up");
      tap.delay(0);
      return await working;
    },
    sever: () => tap.sever(),
    count: () => undefined,
    seed: async (path, content) => {
      writeFileSync(join(folder, path), content);
      own(join(folder, path));
    },
    seedDirectory: async (path) => {
      mkdirSync(join(folder, path));
      own(join(folder, path));
    },
    content: async (path) => contentOf(join(folder, path)),
    names: async () => namesBelow(folder),
    close: async () => {
      await transport.disconnect();
      await tap.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function namesBelow(folder: string, prefix = ""): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? [path, ...namesBelow(join(folder, entry.name), `${path}/`)] : [path];
  });
}

function contentOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? readFileSync(path, "utf8") : undefined;
}
