import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterEach, beforeAll, describe, expect, it } from "vitest";

import type { HttpServer, HttpServerOptions } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const identity = await generateTlsIdentity();

const kinds: Record<string, HttpServerOptions> = {
  "HTTP/1.1": {},
  "HTTP/1.1 over TLS": { tls: identity },
  "HTTP/2": { tls: identity, http2: true },
};

/** Programs that use the built package as their users do, in a process of their own. */
describe.each(Object.entries(kinds))("a program that reads over %s", (_kind, options) => {
  let server: HttpServer;

  beforeAll(async () => {
    if (!existsSync(join(root, "dist/index.js"))) await run("npm", ["run", "build"], { cwd: root });
  });
  afterEach(() => server.close());

  /** Runs a program; the limit is far above what ending by itself takes, and below every idle limit. */
  async function program(text: string): Promise<string> {
    server = await startHttpServer(options);
    seedTree(server.tree, "/file", "content");
    seedTree(server.tree, "/large", Buffer.alloc(16 * 1024 * 1024));
    const prelude = `
      import * as samewire from "samewire";
      const options = ${JSON.stringify(options.tls === undefined ? {} : { tls: { ca: identity.cert } })};
      const transport = samewire.getTransport(${JSON.stringify(server.url)}, [], options);
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", prelude + text], {
      cwd: root,
      timeout: 20_000,
    });
    return stdout;
  }

  it("and forgets to close anything ends by itself, its connection still open", async () => {
    const out = await program(`
      console.log(String(await transport.getBytes("file")), transport.connectionReport().state, performance.now() < 15_000);
    `);
    expect(out).toBe("content ready true\n");
    expect(server.accepted).toBe(1);
    await expect.poll(() => server.open).toBe(0);
  });

  it("and leaves a stream unread ends by itself", async () => {
    expect(await program(`await transport.get("large"); console.log("opened");`)).toBe("opened\n");
  });

  it("lives until its operations are answered", async () => {
    expect(
      await program(`
        transport.stat("large").then(() => transport.getBytes("file")).then((bytes) => console.log(String(bytes)));
      `),
    ).toBe("content\n");
  });

  it("loads no vendor's package before it needs one", async () => {
    const out = await program(`
      import { createRequire } from "node:module";
      const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => /node_modules.(undici|htmlparser2)/.test(path)).length;
      const before = loaded();
      await transport.has("file");
      console.log(before, loaded() > 0);
    `);
    expect(out).toBe("0 true\n");
  });
});
