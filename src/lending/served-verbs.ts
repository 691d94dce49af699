import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

import { abortedError } from "../transport/operation.ts";
import type { Lock } from "../transport/lock.ts";
import type { Transport } from "../transport/transport.ts";
import type { ByteSource } from "../transport/verb-options.ts";
import type { SaidEntry, ServedVerb } from "./messages.ts";
import { hearLockInfo, sayEntry, sayLockInfo, sayStat } from "./messages.ts";
import type { ServedCall } from "./served-call.ts";
import type { Upload } from "./upload.ts";

/** Does what a call asks for, and answers with what its borrower is told; with a lock, for `lock`. */
type Serve = (call: ServedCall) => Promise<unknown>;

/** What a lender does for its borrowers: each verb as the transport has it. */
export const servedVerbs: Readonly<Record<ServedVerb, Serve>> = {
  has: ({ transport, path, signal }) => transport.has(path, { signal }),
  async stat({ transport, path, args, signal }) {
    return sayStat(await transport.stat(path, { followLinks: args.flag("followLinks"), signal }));
  },
  list: (call) => call.sendEntries(entriesOf(call)),
  async get(call) {
    const { transport, path, args, signal } = call;
    const content = await transport.get(path, { offset: args.count("offset"), length: args.count("length"), signal });
    call.opened();
    await call.sendContent(content);
  },
  readv: (call) => call.sendContent(call.transport.readv(call.path, call.args.ranges(), { signal: call.signal })),
  digest: ({ transport, path, args, signal }) => transport.digest(path, { algorithm: args.algorithm(), signal }),
  readlink: ({ transport, path, signal }) => transport.readlink(path, { signal }),
  async lockInfo({ transport, path, signal }) {
    const info = await transport.lockInfo(path, { signal });
    return info && sayLockInfo(info);
  },

  put: (call) =>
    call.transport.put(call.path, contentOf(call), {
      mode: call.args.count("mode"),
      mtime: call.args.date("mtime"),
      atomic: call.args.flag("atomic"),
      isNew: call.args.flag("isNew"),
      createParents: call.args.flag("createParents"),
      fsync: call.args.flag("fsync"),
      signal: call.signal,
    }),
  append: (call) =>
    call.transport.append(call.path, contentOf(call), { mode: call.args.count("mode"), signal: call.signal }),
  async openWriteStream(call) {
    const { transport, path, args, signal, upload } = call;
    const stream = await transport.openWriteStream(path, { mode: args.count("mode"), signal });
    call.opened(upload.begin());
    await writeAll(upload, stream);
  },
  mkdir: ({ transport, path, args, signal }) => transport.mkdir(path, { mode: args.count("mode"), signal }),
  ensureBase: (call) => baseOf(call).ensureBase({ mode: call.args.count("mode"), signal: call.signal }),
  createPrefix: (call) => baseOf(call).createPrefix({ mode: call.args.count("mode"), signal: call.signal }),
  delete: ({ transport, path, signal }) => transport.delete(path, { signal }),
  rmdir: ({ transport, path, signal }) => transport.rmdir(path, { signal }),
  deleteTree: ({ transport, path, signal }) => transport.deleteTree(path, { signal }),
  rename: ({ transport, path, args, signal }) => transport.rename(path, args.path("to"), { signal }),
  move: ({ transport, path, args, signal }) => transport.move(path, args.path("to"), { signal }),
  copy: ({ transport, path, args, signal }) => transport.copy(path, args.path("to"), { signal }),
  symlink: ({ transport, path, args, signal }) => transport.symlink(args.text("target"), path, { signal }),
  hardlink: ({ transport, path, args, signal }) => transport.hardlink(args.path("to"), path, { signal }),
  setAttributes: ({ transport, path, args, signal }) =>
    transport.setAttributes(path, { mode: args.count("mode"), mtime: args.date("mtime") }, { signal }),
  async lock({ transport, path, args, signal }): Promise<Lock> {
    const lock = await transport.lock(path, { waitMs: args.count("waitMs"), signal });
    if (!signal.aborted) return lock;
    // Nobody is there any more who would give it back.
    await lock.release();
    throw abortedError({ name: "lock", signal });
  },
  breakLock: ({ transport, path, args, signal }) =>
    transport.breakLock(path, hearLockInfo({ id: args.text("id"), holder: args.text("holder") }), { signal }),
};

/** Whether there is such a verb, whoever says so. */
export function isServedVerb(verb: unknown): verb is ServedVerb {
  return typeof verb === "string" && Object.hasOwn(servedVerbs, verb);
}

async function* entriesOf({ transport, path, args, signal }: ServedCall): AsyncGenerator<SaidEntry> {
  for await (const entry of transport.list(path, { mtimes: args.flag("mtimes"), signal })) yield sayEntry(entry);
}

/** Verbs without a path act on a transport's base. */
function baseOf({ transport, path }: ServedCall): Transport {
  return transport.clone(path);
}

/** What came with the call, so that it can be sent to the server twice; else what is going to come. */
function contentOf({ args, body, upload }: ServedCall): ByteSource {
  return args.flag("inline") === true ? (body ?? Buffer.alloc(0)) : upload;
}

/** Writes content as it comes; more may come as soon as some of it is written. */
async function writeAll(upload: Upload, stream: Writable): Promise<void> {
  const ended = finished(stream);
  const feed = async (): Promise<void> => {
    for (let chunk = await upload.take(); chunk !== undefined; chunk = await upload.take()) {
      const { length } = chunk;
      stream.write(chunk, (error) => {
        if (error === null || error === undefined) upload.settle(length);
      });
    }
    stream.end();
  };
  const feeding = feed().catch((error: unknown) => void stream.destroy(error as Error));
  try {
    await ended;
  } catch (error) {
    upload.fail(error);
    throw error;
  } finally {
    await feeding;
  }
}
