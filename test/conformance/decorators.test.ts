import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { describe, it } from "vitest";

import type { LocationInput, PossibleTransports, Transport, TransportOptions } from "../../src/index.ts";
import { chroot, getTransport, limit } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance } from "../../src/testing.ts";
import { memorySite } from "./memory-site.ts";

for (const prefix of [
  "noop+",
  "trace+",
  "readonly+",
  "noop+trace+noop+",
  "chroot+",
  "trace+chroot+noop+chroot+",
  "log+",
  "retry+",
  "retry+log+noop+",
]) {
  conformance({ describe, it }, { name: `${prefix}memory`, open: () => memorySite({ prefix }) });
}

conformance(
  { describe, it },
  {
    name: "limit+memory, with as many bytes as anybody wants",
    open: () => memorySite({ prefix: "limit+" }),
    getTransport: inLimits,
  },
);

conformance({ describe, it }, { name: "chroot+file", open: chrootedFolder });

conformance(
  { describe, it },
  { name: "a directory far below the root of a chroot", open: () => memorySite(), getTransport: inChrootOfRoot },
);

async function chrootedFolder(): Promise<ConformanceSite> {
  const folder = await mkdtemp(join(tmpdir(), "samewire-"));
  return {
    url: `chroot+${pathToFileURL(folder).href}/`,
    seed: async (path, content) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    },
    reread: (path) => readFile(join(folder, path)),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a prefix gives, but with other numbers. */
function inLimits(location: LocationInput, list?: PossibleTransports, options?: TransportOptions): Transport {
  if (typeof location !== "string" || !location.startsWith("limit+")) return getTransport(location, list, options);
  const transport = getTransport(location.slice("limit+".length), list, options);
  const dispose = (): Promise<void> => transport[Symbol.asyncDispose]();
  const limited = limit(transport, { operations: 4, bytesPerSecond: 2 ** 31 });
  return Object.defineProperty(limited, Symbol.asyncDispose, { value: dispose });
}

/** The transport of a directory, got from the chroot that has the server's root for its own. */
function inChrootOfRoot(location: LocationInput, list?: PossibleTransports, options?: TransportOptions): Transport {
  const transport = getTransport(
    typeof location === "string" ? location.replace("chroot+", "") : location,
    list,
    options,
  );
  const inside = chroot(transport.clone("/")).clone(transport.location.segments.join("/"));
  // No clone owns a wire; here it stands for the transport that does.
  const dispose = (): Promise<void> => transport[Symbol.asyncDispose]();
  return Object.defineProperty(inside, Symbol.asyncDispose, { value: dispose });
}
