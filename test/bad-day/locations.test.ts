import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ErrorCode, Transport } from "../../src/index.ts";
import { TransportScope, getTransport, resolveFile } from "../../src/index.ts";
import { Witness } from "./witness.ts";

/** What is refused, with what, and what the message says of the way out. None may be shown the password. */
const refused: readonly (readonly [what: string, location: string, code: ErrorCode, says: RegExp])[] = [
  ["the empty text", "", "invalid-url", /Write \. for the working directory/],
  ["no host", "sftp:///path", "invalid-url", /names no host/],
  ["no host behind a user", "sftp://joe:hunter2@/path", "invalid-url", /names no host/],
  ["no slashes", "sftp:/host/path", "invalid-url", /Write sftp:\/\//],
  ["a port out of range", "sftp://joe:hunter2@host:65536/", "invalid-url", /port/],
  ["a port that is no number", "sftp://host:hunter2@evil:x/", "invalid-url", /./],
  ["two at signs", "sftp://joe:hunter2@x@host/", "invalid-url", /write @ as %40/],
  ["a host that begins with a hyphen", "sftp://joe:hunter2@-oProxyCommand=x/", "invalid-url", /host/],
  ["a user that begins with a hyphen", "sftp://-l:hunter2@host/", "invalid-url", /user cannot begin with "-"/],
  ["a user for a shell", "sftp://jo%24(x):hunter2@host/", "invalid-url", /user has/],
  ["an IPv6 address without an end", "sftp://joe:hunter2@[::1/", "invalid-url", /\]/],
  ["a backslash in the authority", "sftp://joe:hunter2@h\\@evil/", "invalid-url", /backslash/],
  ["a query", "sftp://joe:hunter2@host/a?b=hunter2", "invalid-url", /%3F/],
  ["a fragment", "sftp://joe:hunter2@host/a#hunter2", "invalid-url", /%23/],
  ["half an escape", "sftp://joe:hunter2@host/%4", "invalid-path", /%/],
  ["half an escape in a password", "sftp://joe:hunter2%zz@host/", "invalid-url", /%/],
  ["a carriage return", "sftp://joe:hunter2@host/a\rb", "invalid-url", /control character/],
  ["a line feed in the host", "sftp://joe:hunter2@ho\nst/", "invalid-url", /control character/],
  ["an encoded line feed in the user", "sftp://jo%0Ae:hunter2@host/", "invalid-url", /control character/],
  ["an encoded NUL in the password", "sftp://joe:hunter2%00@host/", "invalid-url", /control character/],
  ["an encoded NUL in the path", "sftp://joe:hunter2@host/a%00b", "invalid-path", /NUL/],
  ["encoded dots", "sftp://joe:hunter2@host/a/%2e%2e/b", "invalid-path", /unencoded/],
  ["an encoded slash", "sftp://joe:hunter2@host/a%2Fb", "invalid-path", /Write \//],
  ["an unknown scheme", "gopher://joe:hunter2@host/", "unsupported-scheme", /Registered are: .*sftp/],
  ["the scheme ssh", "ssh://joe:hunter2@host/", "unsupported-scheme", /Write sftp:\/\//],
  ["an unknown decorator", "magic+sftp://joe:hunter2@host/", "unsupported-scheme", /Registered are/],
  ["a decorator alone", "readonly+://joe:hunter2@host/", "unsupported-scheme", /Registered are/],
  ["names of every object", "__proto__://joe:hunter2@host/", "invalid-url", /./],
  ["a name of every object", "constructor://joe:hunter2@host/", "unsupported-scheme", /Registered are/],
];

describe("a location that is refused", () => {
  let witness: Witness;
  beforeEach(() => {
    witness = new Witness(["hunter2"]);
  });
  afterEach(() => witness.swear());

  it.each(refused)("%s", async (_what, location, code, says) => {
    const list: Transport[] = [];
    await using scope = new TransportScope();
    const candidate = getTransport("memory://bad-day/");
    const ways: Record<string, () => unknown> = {
      getTransport: () => getTransport(location, list),
      "getTransport in a scope": () => scope.run(() => getTransport(location)),
      "getTransport of a scope": () => scope.getTransport(location),
      resolveFile: () => resolveFile(location, list),
      reuseConnectionFor: () => candidate.reuseConnectionFor(location),
      explainReuse: () => candidate.explainReuse(location),
      relpath: () => candidate.relpath(location),
    };
    for (const [way, ask] of Object.entries(ways)) {
      const failing = Promise.resolve().then(ask);
      const error = await failing.then(
        () => expect.unreachable(`${way} takes it`),
        (reason: unknown) => reason,
      );
      witness.hear(error);
      expect(error, way).toMatchObject({ name: "TransportError", code, effect: "none", temporary: false });
      expect((error as Error).message, way).toMatch(says);
    }
    expect(list).toEqual([]);
    expect([...scope]).toEqual([]);
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 7],
    ["an object that looks like a URL", { href: "sftp://joe:hunter2@host/" }],
    ["a transport", getTransport("memory://bad-day/")],
  ])("what is no location at all: %s", async (_what, location) => {
    const failing = Promise.resolve().then(() => getTransport(location as unknown as string, []));
    await expect(failing).rejects.toMatchObject({ name: "TransportError", code: "invalid-url" });
  });

  it("is refused before the network is asked for anything, and the same list serves the next location", () => {
    const list: Transport[] = [];
    const good = getTransport("memory://bad-day-list/", list);
    expect(() => getTransport("memory://bad-day-list/a%00b", list)).toThrow(
      expect.objectContaining({ code: "invalid-path" }),
    );
    expect(getTransport("memory://bad-day-list/", list)).toBe(good);
    expect(list).toEqual([good]);
  });
});

describe("a path that is refused", () => {
  it.each(["a\0b", "\0", "../\0"])("%j, by every verb, before anything is sent", async (path) => {
    const witness = new Witness();
    await using transport = getTransport("memory://bad-day-paths/");
    const verbs: Record<string, () => Promise<unknown>> = {
      has: () => transport.has(path),
      stat: () => transport.stat(path),
      list: () => exhaust(transport.list(path)),
      get: () => transport.get(path),
      getBytes: () => transport.getBytes(path),
      readv: () => exhaust(transport.readv(path, [{ offset: 0, length: 1 }])),
      put: () => transport.put(path, ""),
      append: () => transport.append(path, ""),
      openWriteStream: () => transport.openWriteStream(path),
      mkdir: () => transport.mkdir(path),
      delete: () => transport.delete(path),
      rmdir: () => transport.rmdir(path),
      deleteTree: () => transport.deleteTree(path),
      rename: () => transport.rename("x", path),
      move: () => transport.move("x", path),
      copy: () => transport.copy("x", path),
      symlink: () => transport.symlink("x", path),
      readlink: () => transport.readlink(path),
      hardlink: () => transport.hardlink("x", path),
      setAttributes: () => transport.setAttributes(path, {}),
      lock: () => transport.lock(path),
    };
    for (const [operation, verb] of Object.entries(verbs))
      await witness.failure(verb(), { code: "invalid-path", operation, says: /NUL/ });
    expect(transport.connectionReport()?.wiresOpened).toBe(0);
    await witness.swear();
  });
});

async function exhaust(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of iterable);
}
