import { describe, expect, it } from "vitest";

import type { ErrorCode, Transport } from "../../src/index.ts";
import { isTempName, isTransportError } from "../../src/index.ts";
import type { WebdavReaction } from "../../src/testing.ts";
import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import type { WebdavDay } from "./webdav-day.ts";
import { impatient, webdavDay } from "./webdav-day.ts";

/** Every verb that asks a server for something, as it is used. */
const verbs: Readonly<Record<string, (transport: Transport) => Promise<unknown>>> = {
  stat: (transport) => transport.stat("file"),
  has: (transport) => transport.has("file"),
  get: async (transport) => await bytesOf(await transport.get("file")),
  getBytes: (transport) => transport.getBytes("file", { offset: 2, length: 3 }),
  readv: (transport) => collect(transport.readv("file", [{ offset: 0, length: 4 }])),
  list: (transport) => collect(transport.list("dir")),
  put: (transport) => transport.put("file", "the new content"),
  "put of something new": (transport) => transport.put("new", "the new content"),
  "put in place": (transport) => transport.put("file", "the new content", { atomic: false }),
  mkdir: (transport) => transport.mkdir("new"),
  delete: (transport) => transport.delete("file"),
  rmdir: (transport) => transport.rmdir("empty"),
  deleteTree: (transport) => transport.deleteTree("dir"),
  rename: (transport) => transport.rename("file", "renamed"),
  "rename of a directory": (transport) => transport.rename("dir", "renamed"),
  move: (transport) => transport.move("file", "other"),
  copy: (transport) => transport.copy("file", "other"),
};

/** What may happen to a request, and to all that follow, with what a verb may fail with then. */
export interface Fault {
  readonly reaction: WebdavReaction;
  readonly codes: readonly ErrorCode[];
}

const patienceMs = 8_000;

/** What is there but for temporaries. */
function visible(day: WebdavDay): Record<string, string> {
  return Object.fromEntries(
    Object.entries(day.everything()).filter(([path]) => !isTempName(path.slice(path.lastIndexOf("/") + 1))),
  );
}

/** How many requests a verb makes when all goes well. */
async function requestsOf(verb: (transport: Transport) => Promise<unknown>): Promise<number> {
  const day = await webdavDay();
  await verb(day.transport());
  const { length } = day.server.requests;
  await day.end();
  return length;
}

/** Runs a verb of which from the request `from` on something happens to all. Asserts that it settles, with an error that is true. */
async function examine(name: string, { reaction, codes }: Fault, from: number): Promise<void> {
  const day = await webdavDay();
  const before = visible(day);
  let asked = 0;
  day.on(() => (++asked >= from ? reaction : "answer"));
  const transport = day.transport(reaction === "silence" ? impatient : {});
  const timer = { id: undefined as NodeJS.Timeout | undefined };
  const late = new Promise<never>((_resolve, reject) => {
    timer.id = setTimeout(() => reject(new Error(`${name} did not settle`)), patienceMs);
  });
  const work = verbs[name]?.(transport) ?? expect.unreachable(name);
  const error: unknown = await Promise.race([work, late]).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  clearTimeout(timer.id);
  const where = `${name}, at request ${from}: ${String(error)}`;
  if (error !== undefined) {
    day.witness.hear(error);
    if (!isTransportError(error)) throw new Error(where, { cause: error });
    expect(codes, where).toContain(error.code);
    if (error.effect === "none") expect(visible(day), where).toEqual(before);
    if (error.effect === "done") expect(visible(day), where).not.toEqual(before);
  }
  await day.works(transport);
  await day.end();
}

/** Lets each of some faults happen to each verb at each of its requests. */
export function examineAll(faults: Readonly<Record<string, Fault>>): void {
  describe.each(Object.entries(faults))("from some request on %s:", (_fault, what) => {
    it.each(Object.keys(verbs))("%s settles, and says truly what it has changed", { timeout: 30_000 }, async (name) => {
      const requests = await requestsOf(verbs[name] ?? expect.unreachable(name));
      expect(requests).toBeGreaterThan(0);
      const settled = await Promise.allSettled(
        Array.from({ length: requests }, (_, index) => examine(name, what, index + 1)),
      );
      for (const result of settled) if (result.status === "rejected") throw result.reason;
    });
  });
}
