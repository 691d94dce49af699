import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { describe, it } from "vitest";

import type { LocationInput, PossibleTransports, Transport, TransportOptions } from "../../src/index.ts";
import { chroot, getTransport, limit, retry } from "../../src/index.ts";
import type { ConformanceSite, PlannedCall } from "../../src/testing.ts";
import { conformance, fastClock, faulty, slow, useTestDecorators } from "../../src/testing.ts";
import { memorySite } from "./memory-site.ts";

useTestDecorators();

for (const prefix of [
  "noop+",
  "trace+",
  "readonly+",
  "noop+trace+noop+",
  "chroot+",
  "trace+chroot+noop+chroot+",
  "log+",
  "retry+",
  "log+cache+trace+",
  "cache+",
  "unlistable+",
]) {
  conformance({ describe, it }, { name: `${prefix}memory`, open: () => memorySite({ prefix }) });
}

/** What prefixes give, but with what their tests can wait for. */
const inCode: Readonly<Record<string, { readonly prefix: string; readonly wrap: (inner: Transport) => Transport }>> = {
  "limit+memory, with as many bytes as anybody wants": {
    prefix: "limit+",
    wrap: (inner) => limit(inner, { operations: 4, bytesPerSecond: 2 ** 31 }),
  },
  "slow+memory, with a millisecond for each step": { prefix: "slow+", wrap: (inner) => slow(inner, { delayMs: 1 }) },
  "retry+faulty+memory, with a plan of what retry makes good": {
    prefix: "retry+faulty+",
    wrap: (inner) => retry(faulty(inner, everyFifth), { clock: fastClock(50) }),
  },
};

for (const [name, { prefix, wrap }] of Object.entries(inCode))
  conformance({ describe, it }, { name, open: () => memorySite({ prefix }), getTransport: wrapped(prefix, wrap) });

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

/** What is read from once cannot be put again, and a lock that somebody holds takes all attempts: with those nothing goes wrong. */
function everyFifth({ verb, call }: PlannedCall): "before" | undefined {
  return call % 5 === 0 && !["put", "append", "lock"].includes(verb) ? "before" : undefined;
}

/** Gets a transport as its prefix says, but wrapped in code. */
function wrapped(prefix: string, wrap: (inner: Transport) => Transport) {
  return (location: LocationInput, list?: PossibleTransports, options?: TransportOptions): Transport => {
    if (typeof location !== "string" || !location.startsWith(prefix)) return getTransport(location, list, options);
    const transport = getTransport(location.slice(prefix.length), list, options);
    const dispose = (): Promise<void> => transport[Symbol.asyncDispose]();
    return Object.defineProperty(wrap(transport), Symbol.asyncDispose, { value: dispose });
  };
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
