import { setImmediate } from "node:timers/promises";

import type { TreeReport, VerbOptions } from "samewire";
import { copyTree, getTransport, isTransportError, sync, walk } from "samewire";

import { bytesOf, bytesOfPiece, lengthOf } from "./content.ts";
import type { Content, Piece } from "./content.ts";
import type { Deed, DeedOf } from "./deed.ts";
import type { Doing, Done } from "./doing.ts";
import { expect, isTroubleOnTheWay } from "./doing.ts";
import { isNobodys } from "./nobodys.ts";
import { performRead } from "./perform-read.ts";
import { below, isFile } from "./world.ts";

/** Does it, and compares what it answers with what is there. Rejects as the verb does. */
export async function perform(deed: Deed, doing: Doing): Promise<Done> {
  const { transport, signal } = doing;
  const options = { signal };
  switch (deed.verb) {
    case "put": {
      const piece = written(doing, deed.path, deed.bytes);
      const bytes = await transport.put(deed.path, source(piece, deed.chunked), {
        ...options,
        atomic: transport.capabilities.atomicReplace,
        createParents: deed.createParents,
      });
      return expect(bytes === piece.bytes, () => `put says that it wrote ${bytes} bytes of ${piece.bytes}`);
    }
    case "append": {
      const piece = written(doing, deed.path, deed.bytes);
      const before = await transport.append(deed.path, bytesOfPiece(piece), options);
      const item = doing.world.get(deed.path);
      const length = isFile(item) ? lengthOf(item) : 0;
      return expect(before === length, () => `append says that there were ${before} bytes where there were ${length}`);
    }
    case "openWriteStream":
      return await writeStream(deed, doing);
    case "mkdir":
      await transport.mkdir(deed.path, options);
      return {};
    case "delete":
      await transport.delete(deed.path, options);
      return {};
    case "deleteTree":
      await transport.deleteTree(deed.path, options);
      return {};
    case "rename":
    case "move":
    case "copy":
      await transport[deed.verb](deed.path, deed.to, options);
      return {};
    case "copyTree":
      return judged(await copyTree(transport.clone(`./${deed.path}`), transport.clone(`./${deed.to}`), options));
    case "sync": {
      const how = { ...options, delete: true, compare: "content" } as const;
      return judged(await sync(transport.clone(`./${deed.path}`), transport.clone(`./${deed.to}`), how));
    }
    case "upload":
      return judged(await upload(deed, doing, options));
    case "download":
      return await download(deed.path, doing, options);
    case "lock":
      return await takeLock(deed.path, doing);
    default:
      return await performRead(deed, doing);
  }
}

/** The piece that a write adds to a file, as it was predicted. */
function written({ prediction, piece }: Doing, path: string, bytes: number): Piece {
  const item = prediction.refused === undefined ? prediction.after.get(path) : undefined;
  return (isFile(item) ? item.at(-1) : undefined) ?? piece(bytes);
}

function source(piece: Piece, chunked: boolean): Buffer | AsyncIterable<Buffer> {
  const bytes = bytesOfPiece(piece);
  return chunked ? chunks(bytes) : bytes;
}

async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
  const step = Math.max(1, Math.ceil(bytes.length / 3));
  for (let at = 0; at < bytes.length; at += step) {
    await setImmediate();
    yield bytes.subarray(at, at + step);
  }
}

async function writeStream({ path, bytes, ending }: DeedOf<"openWriteStream">, doing: Doing): Promise<Done> {
  const content = bytesOfPiece(written(doing, path, bytes));
  const stream = await doing.transport.openWriteStream(path, { signal: doing.signal });
  const closed = new Promise<Error | undefined>((resolve) => {
    let failure: Error | undefined;
    stream.on("error", (error: Error) => (failure = error)).once("close", () => resolve(failure));
  });
  const middle = Math.ceil(content.length / 2);
  stream.write(content.subarray(0, middle));
  if (ending === "end") stream.end(content.subarray(middle));
  else
    setImmediate().then(
      () => stream.destroy(),
      () => undefined,
    );
  const failure = await closed;
  if (ending === "destroy") return { torn: true };
  if (failure === undefined) return {};
  if (isTroubleOnTheWay(failure)) return { torn: true };
  throw failure;
}

/** What a tree verb could not do is no failure of the whole, and leaves the rest in some state between. */
function judged({ failures }: TreeReport): Done {
  for (const { error, path } of failures)
    if (!isTroubleOnTheWay(error)) return { wrong: `it could not do ${JSON.stringify(path)}: ${error.message}` };
  return failures.length > 0 ? { torn: true } : {};
}

async function upload(
  { to }: DeedOf<"upload">,
  { transport, prediction }: Doing,
  options: VerbOptions,
): Promise<TreeReport> {
  await using local = getTransport("memory:///");
  const names = new Set<string>();
  for (const [path, item] of below(prediction.after, to)) {
    if (!isFile(item)) continue;
    names.add(path);
    await local.put(path, bytesOf(item));
  }
  return await copyTree(local, transport.clone(`./${to}`), options);
}

async function download(path: string, { transport, world }: Doing, options: VerbOptions): Promise<Done> {
  await using local = getTransport("memory:///");
  const { failures } = await copyTree(transport.clone(`./${path}`), local, options);
  for (const { error } of failures) if (!isTroubleOnTheWay(error)) return { wrong: `download: ${error.message}` };
  const missing = new Set(failures.map((failure) => failure.path));
  const expected = new Map(below(world, path));
  const seen: Content[] = [];
  for await (const { path: found } of walk(local)) {
    const item = expected.get(found);
    if (isNobodys(found)) continue;
    if (!isFile(item)) return { wrong: `download brought ${JSON.stringify(found)}, which is not there` };
    if (!bytesOf(item).equals(await local.getBytes(found)))
      return { wrong: `download brought other bytes of ${found}` };
    seen.push(item);
    expected.delete(found);
  }
  const lost = [...expected].find(([name, item]) => isFile(item) && !missing.has(name) && !missing.has(""));
  return lost === undefined ? { seen } : { wrong: `download left out ${JSON.stringify(lost[0])}` };
}

/** Takes it, is refused it a second time, and gives it back. */
async function takeLock(path: string, { transport, signal, forgetsLocks }: Doing): Promise<Done> {
  const lock = await transport.lock(path, { signal });
  const isForgotten = (error: unknown): boolean => forgetsLocks && isTransportError(error, "locked");
  let torn = false;
  try {
    await (await transport.lock(path)).release();
    if (!forgetsLocks) return { wrong: "a lock was given to two" };
    torn = true;
  } catch (error) {
    torn = !isTransportError(error, "locked");
    if (torn && !isTroubleOnTheWay(error)) return { wrong: `a lock that is held is refused so: ${String(error)}` };
  }
  try {
    await lock.release();
    return { torn };
  } catch (error) {
    if (isTroubleOnTheWay(error) || isForgotten(error)) return { torn: true };
    return { wrong: `a lock cannot be given back: ${String(error)}` };
  }
}
