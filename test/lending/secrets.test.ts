import { inspect } from "node:util";

import { afterEach, beforeEach, expect, it } from "vitest";

import { TransportScope, borrow, getTransport, lend } from "../../src/index.ts";
import type { SftpServer } from "../../src/testing.ts";
import { generateSshKey, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { watchedChannel } from "./channels.ts";

const password = "tr0ub4dor&3#secret";
let server: SftpServer;
let scope: TransportScope;

beforeEach(async () => {
  server = await startSftpServer({ users: { joe: { password } } });
  scope = new TransportScope();
});

afterEach(async () => {
  await scope.close();
  await server.close();
});

it("nothing that crosses the channel holds a credential, whatever is done and whatever fails", async () => {
  const key = (await generateSshKey("ed25519")).private;
  const hostKeyFingerprints = server.hostKeys.map((one) => fingerprintOf(one.public));
  const ssh = { config: null, agent: null, identityFile: null, privateKey: key, hostKeyFingerprints };
  const secret = encodeURIComponent(password);
  const transport = scope.getTransport(`sftp://joe:${secret}@127.0.0.1:${server.port}/`, { ssh });
  const refused = scope.getTransport(`sftp://eve:${secret}@127.0.0.1:${server.port}/`, { ssh });
  const channel = watchedChannel();
  const lending = lend([transport, refused], channel.lender);
  const borrowed = await borrow(channel.borrower);
  try {
    const mine = getTransport(`sftp://joe@127.0.0.1:${server.port}/~/`, borrowed);
    await mine.put("file", "content");
    expect(String(await mine.getBytes("file"))).toBe("content");
    const errors = [
      await mine.stat("missing").catch((error: unknown) => error),
      await getTransport(`sftp://eve@127.0.0.1:${server.port}/`, borrowed)
        .stat("")
        .catch((error: unknown) => error),
    ];
    expect(errors).toMatchObject([{ code: "not-found" }, { code: "authentication-failed", operation: "stat" }]);
    const seen = [
      channel.crossed().toString("latin1"),
      inspect([borrowed, mine, lending.report(), lending, errors], { depth: 10, showHidden: true }),
      JSON.stringify([mine, lending.report(), errors]),
    ];
    expect(seen[0]).toContain("content");
    const [, line = ""] = key.split("\n");
    for (const hidden of [password, secret, Buffer.from(password).toString("base64"), line])
      for (const text of seen) expect(text.includes(hidden)).toBe(false);
  } finally {
    await borrowed.close();
    await lending.ended;
  }
});
