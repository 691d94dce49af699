import type { Transport, TransportOptions } from "../../src/index.ts";
import {
  TransportScope,
  copyFiles,
  copyTree,
  getTransport,
  planSync,
  resolveFile,
  sync,
  walk,
} from "../../src/index.ts";
import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import { changingCalls, readingCalls } from "../../src/testing/conformance/verb-calls.ts";

/** A path by which a connection is made: it rejects with what the first thing that needs it rejects with. */
export type Path = (url: string, options: TransportOptions) => Promise<unknown>;

const aFile = "file";

/** A transport for one call; nothing of it outlives the call. */
async function using(transport: Transport, work: (transport: Transport) => Promise<unknown>): Promise<unknown> {
  try {
    return await work(transport);
  } finally {
    await transport.disconnect();
  }
}

function firstVerbs(prefix = ""): Record<string, Path> {
  const calls = { ...readingCalls, ...changingCalls };
  return Object.fromEntries(
    Object.entries(calls).map(([verb, call]): [string, Path] => [
      `a first ${prefix}${verb}`,
      (url, options) => using(getTransport(prefix + url, [], options), (transport) => call(transport, aFile)),
    ]),
  );
}

async function failuresOf(work: Promise<{ readonly failures: readonly { readonly error: Error }[] }>): Promise<void> {
  const { failures } = await work;
  throw failures[0]?.error ?? new Error("nothing failed");
}

function withMemory(work: (other: Transport) => Promise<unknown>): Promise<unknown> {
  return using(getTransport("memory:///other/", []), async (other) => {
    await other.put(aFile, "content", { createParents: true });
    return await work(other);
  });
}

/** Every way in which a program comes to a connection by the library; those of the command line are elsewhere. */
export const paths: Readonly<Record<string, Path>> = {
  "connect()": (url, options) => using(getTransport(url, [], options), (transport) => transport.connect()),
  ...firstVerbs(),
  ...Object.fromEntries(
    ["readonly+", "chroot+", "trace+noop+"].map((prefix): [string, Path] => [
      `a first verb behind ${prefix}`,
      (url, options) => using(getTransport(prefix + url, [], options), (transport) => transport.getBytes(aFile)),
    ]),
  ),
  "a clone": (url, options) => using(getTransport(url, [], options).clone("a"), (clone) => clone.stat("")),
  "a transport without a list": async (url, options) => {
    await using transport = getTransport(url, undefined, options);
    await transport.stat("");
  },
  "a transport of a scope": async (url, options) => {
    await using scope = new TransportScope();
    await scope.getTransport(url, options).stat("");
  },
  "the ambient scope": async (url, options) => {
    await using scope = new TransportScope();
    await scope.run(() => getTransport(url, undefined, options).stat(""));
  },
  resolveFile: async (url, options) => {
    const { transport, path } = resolveFile(new URL(aFile, url), [], options);
    await using(transport, (resolved) => resolved.getBytes(path));
  },
  "a stream": async (url, options) =>
    await using(getTransport(url, [], options), async (transport) => await bytesOf(await transport.get(aFile))),
  walk: (url, options) => using(getTransport(url, [], options), (transport) => collect(walk(transport))),
  "the source of copyTree": (url, options) =>
    withMemory((other) => using(getTransport(url, [], options), (transport) => copyTree(transport, other))),
  "the target of copyTree": (url, options) =>
    withMemory((other) => using(getTransport(url, [], options), (transport) => copyTree(other, transport))),
  "the source of copyFiles": (url, options) =>
    withMemory((other) =>
      using(getTransport(url, [], options), (transport) => failuresOf(copyFiles(transport, [aFile], other))),
    ),
  "the target of copyFiles": (url, options) =>
    withMemory((other) =>
      using(getTransport(url, [], options), (transport) => failuresOf(copyFiles(other, [aFile], transport))),
    ),
  "the source of sync": (url, options) =>
    withMemory((other) => using(getTransport(url, [], options), (transport) => sync(transport, other))),
  "the target of sync": (url, options) =>
    withMemory((other) => using(getTransport(url, [], options), (transport) => sync(other, transport))),
  planSync: (url, options) =>
    withMemory((other) => using(getTransport(url, [], options), (transport) => planSync(other, transport))),
  "a hundred first verbs at once": (url, options) =>
    using(getTransport(url, [], options), async (transport) => {
      const all = await Promise.allSettled(Array.from({ length: 100 }, (_, at) => transport.clone(`${at}`).stat("")));
      for (const settled of all) if (settled.status === "fulfilled") throw new Error("one was let through");
      for (const settled of all) if (settled.status === "rejected") throw settled.reason;
    }),
  "a second verb, after the first was refused": (url, options) =>
    using(getTransport(url, [], options), async (transport) => {
      await transport.stat("").catch(() => undefined);
      await transport.getBytes(aFile);
    }),
  "connect(), after a verb was refused": (url, options) =>
    using(getTransport(url, [], options), async (transport) => {
      await transport.stat("").catch(() => undefined);
      await transport.connect();
    }),
  "a candidate that was refused": (url, options) => {
    const list: Transport[] = [];
    return using(getTransport(url, list, options), async (transport) => {
      await transport.stat("").catch(() => undefined);
      await getTransport(new URL("other/", url), list, options).stat("");
    });
  },
  localAddress: (url, options) =>
    using(getTransport(url, [], { ...options, localAddress: "127.0.0.1" }), (transport) => transport.stat("")),
  "an IP family": (url, options) =>
    using(getTransport(url, [], { ...options, family: 4 }), (transport) => transport.stat("")),
};
