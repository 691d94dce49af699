import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";

import type { ErrorCode } from "../../errors/error-code.ts";
import type { TransportError } from "../../errors/transport-error.ts";
import { getTransport } from "../../samewire.ts";
import type { Capabilities } from "../../transport/capabilities.ts";
import type { Entry } from "../../transport/stat.ts";
import { isTempName } from "../../transport/temp-name.ts";
import type { TransportOptions } from "../../transport/transport-options.ts";
import type { Transport } from "../../transport/transport.ts";
import type { ByteSource, PutOptions } from "../../transport/verb-options.ts";
import type { ConformanceServer, ConformanceSite, ConformanceSubject } from "./conformance-subject.ts";
import { collect } from "./content.ts";
import type { ExpectedError } from "./expect-rejection.ts";
import { expectRejection } from "./expect-rejection.ts";

/** What a case works with. Its functions need no `this`. */
export interface CaseContext {
  /** The empty directory of the case. */
  readonly transport: Transport;
  readonly capabilities: Capabilities;
  readonly url: string;
  /** Texts that nothing may show. */
  readonly secrets: readonly string[];
  /** The process that locks are held by. */
  readonly lockHolder: number;
  readonly hasServer: boolean;
  /** Present where the case says that it needs `server`. */
  readonly server: ConformanceServer;
  /** A transport of the case's directory, or of another location, with a list, or on a wire of its own. */
  readonly open: (possibleTransports?: Transport[], location?: string, options?: TransportOptions) => Transport;
  /** Has a file there, with the directories above it, whether or not the transport can write. */
  readonly seed: (path: string, content?: string | Uint8Array) => Promise<void>;
  /** Writes a file: atomically where the server can. */
  readonly write: (path: string, content: ByteSource, options?: PutOptions) => Promise<number>;
  /** Asserts what a file holds, by a look that is independent of the transport where there is one. */
  readonly expectContent: (path: string, content: string | Uint8Array) => Promise<void>;
  /** The names in a directory, sorted: as they are listed, or, where nothing is, as the site looks them up. */
  readonly names: (path?: string) => Promise<string[]>;
  /** Asserts which names are in a directory; where neither the transport nor the site can list it, that each of them is there. */
  readonly expectNames: (wanted: readonly string[], path?: string) => Promise<void>;
  /** Asserts that work fails with one of the codes, saying where, and showing no secret. */
  readonly rejects: (
    work: Promise<unknown>,
    codes: ErrorCode | readonly ErrorCode[],
    expected?: ExpectedError,
  ) => Promise<TransportError>;
}

/** Runs a case in a fresh directory, and clears up whatever it did. `known` is what the server was found to be able to do. */
export async function inCase(
  subject: ConformanceSubject,
  run: (context: CaseContext) => Promise<void>,
  known?: Capabilities,
): Promise<void> {
  const site = await subject.open();
  const opened: Transport[] = [];
  try {
    const context = caseContext(subject, site, opened, known);
    await run(context);
    if (context.capabilities.listable || site.names !== undefined) await expectNoTemporaries(context);
    await expectNoOpenFiles(site);
  } finally {
    await Promise.all(opened.map((transport) => transport.disconnect()));
    await site.close();
  }
}

function caseContext(
  subject: ConformanceSubject,
  site: ConformanceSite,
  opened: Transport[],
  known: Capabilities | undefined,
): CaseContext {
  const { getTransport: get = getTransport } = subject;
  const shared = site.possibleTransports !== undefined;
  const transport = get(site.url, site.possibleTransports ?? [], site.options);
  if (!shared) opened.push(transport);
  const capabilities = known ?? transport.capabilities;
  const atomic = capabilities.atomicReplace;
  const names: CaseContext["names"] = async (path = "") => {
    if (capabilities.listable) return (await collect(transport.list(path))).map(({ name }) => name).toSorted();
    assert.ok(site.names !== undefined, "this case needs listings, of the transport or of its site");
    return (await site.names(path)).toSorted();
  };
  const write: CaseContext["write"] = (path, content, options) => transport.put(path, content, { atomic, ...options });
  return {
    transport,
    url: site.url,
    secrets: site.secrets ?? [],
    lockHolder: site.lockHolder ?? process.pid,
    capabilities,
    hasServer: site.server !== undefined,
    get server() {
      assert.ok(site.server !== undefined, "this case needs a counted server");
      return site.server;
    },
    open: (possibleTransports, location = site.url, options = {}) => {
      const another = get(location, possibleTransports, { ...site.options, ...options });
      opened.push(another);
      return another;
    },
    seed: async (path, content = "content") => {
      if (site.seed !== undefined) await site.seed(path, Buffer.from(content));
      else await write(path, content, { createParents: true });
    },
    write,
    expectContent: async (path, content) => {
      const found = await (site.reread?.(path) ?? transport.getBytes(path));
      const wanted = Buffer.from(content);
      if (wanted.equals(found)) return;
      assert.equal(found.length, wanted.length, `${path} holds as many bytes`);
      assert.equal(
        Buffer.from(found).toString("latin1").slice(0, 500),
        wanted.toString("latin1").slice(0, 500),
        `${path} holds the same bytes`,
      );
      assert.fail(`${path} differs after its first 500 bytes`);
    },
    names,
    expectNames: async (wanted, path = "") => {
      if (capabilities.listable || site.names !== undefined) return assert.deepEqual(await names(path), wanted);
      for (const name of wanted)
        assert.ok(await transport.has(`${path}/${name}`.replace(/^\//, "")), `${name} is there`);
    },
    rejects: (work, codes, expected) => expectRejection(work, codes, expected, site.secrets),
  };
}

/** Whatever a case did to files, no temporary remains. */
async function expectNoTemporaries(context: CaseContext, path = ""): Promise<void> {
  const { transport } = context;
  if (!(await transport.has(path))) return;
  for await (const entry of entriesOf(context, path)) {
    assert.ok(!isTempName(entry.name), `a temporary remains: ${entry.path}`);
    const { type } = entry.stat ?? (await transport.stat(entry.path));
    if (type === "directory") await expectNoTemporaries(context, entry.path);
  }
}

async function* entriesOf({ transport, capabilities, names }: CaseContext, path: string): AsyncGenerator<Entry> {
  if (capabilities.listable) return yield* transport.list(path);
  for (const name of await names(path)) yield { name, path: path === "" ? name : `${path}/${name}` };
}

/** Turns of the event loop in which files that were given up may still be closed. */
const turnsToClose = 2_000;

async function expectNoOpenFiles({ openFiles = () => 0 }: ConformanceSite): Promise<void> {
  let open = await openFiles();
  for (let turns = 0; open > 0 && turns < turnsToClose; turns++) {
    await turn();
    open = await openFiles();
  }
  assert.equal(open, 0, "files that the server holds open after the case");
}
