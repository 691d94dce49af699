import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { beforeAll, describe, expect, it } from "vitest";

import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { startOpenProxy } from "../bad-day/scripted-proxy.ts";
import { ensureBuilt, root } from "./built-package.ts";

const run = promisify(execFile);
const identity = await generateTlsIdentity();

/** TLS inside TLS is a stream to Node, and no socket: whether it keeps the process alive is not its own to say. */
describe.each(["http", "https"] as const)("a program that reads through a proxy of the kind %s:", (kind) => {
  beforeAll(ensureBuilt);

  it.each([false, true])("ends by itself, its connection still open (HTTP/2: %s)", async (http2) => {
    const server = await startHttpServer({ tls: identity, http2 });
    await using proxy = await startOpenProxy(kind === "https" ? identity : undefined);
    const options = { proxy: proxy.url(kind), tls: { ca: identity.cert } };
    const program = `
      import { getTransport } from "samewire";
      const transport = getTransport(${JSON.stringify(server.url)}, [], ${JSON.stringify(options)});
      console.log(await transport.has("missing"), transport.connectionReport().state);
    `;
    try {
      const all = ["--input-type=module", "--eval", program];
      expect((await run(process.execPath, all, { cwd: root, timeout: 20_000 })).stdout).toBe("false ready\n");
      expect([proxy.accepted, server.accepted]).toEqual([1, 1]);
    } finally {
      await server.close();
    }
  });
});
