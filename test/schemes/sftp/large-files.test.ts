import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { TransportScope } from "../../../src/index.ts";
import { hasProgram, titleNeeding } from "../../servers/find-servers.ts";
import type { OpenSshServer } from "../../servers/openssh.ts";
import { startOpenSsh } from "../../servers/openssh.ts";

const MiB = 2 ** 20;
const content = randomBytes(8 * MiB);

const ciphers = ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr"];

describe.skipIf(!hasProgram("openssh-server"))(titleNeeding("openssh-server", "large files over SFTP"), () => {
  let server: OpenSshServer;
  const scope = new TransportScope();

  beforeAll(async () => {
    // Keys are exchanged again in the middle of every transfer, many times.
    server = await startOpenSsh({ config: ["RekeyLimit 1M"] });
    await writeFile(join(server.root, "large"), content);
  });

  afterAll(async () => {
    await scope.close();
    await server.stop();
  });

  function connect(cipher: string): Transport {
    const { identityFile, knownHostsFile: knownHosts } = server;
    const ssh = { config: null, agent: null, identityFile, knownHosts, ciphers: [cipher] };
    return scope.getTransport(server.url(`${server.root}/`), { ssh });
  }

  describe.each(ciphers)("with %s", (cipher) => {
    it("arrive byte for byte while keys are exchanged again and again", async () => {
      const hash = createHash("sha256");
      await pipeline(await connect(cipher).get("large"), hash);
      expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
    });

    it("are written byte for byte while keys are exchanged again and again", async () => {
      const from = createReadStream(join(server.root, "large"), { highWaterMark: MiB });
      await connect(cipher).put("copy", from, { atomic: false });
      expect((await connect(cipher).getBytes("copy")).equals(content)).toBe(true);
    });

    it("arrive byte for byte at a reader that stops in between, beside one that does not", async () => {
      const transport = connect(cipher);
      const slow = await transport.get("large");
      const [first] = (await slow[Symbol.asyncIterator]().next()).value as Buffer;
      expect(first).toBe(content[0]);
      expect((await transport.getBytes("large")).equals(content)).toBe(true);
      slow.destroy();
    });
  });
});
