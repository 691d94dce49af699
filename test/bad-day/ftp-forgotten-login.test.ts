import { beforeEach, describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { ftpDays } from "./ftp-day.ts";

const notLoggedIn = "530 Please login with USER and PASS.";

describe("a session whose login the server has forgotten", () => {
  const day = ftpDays();
  beforeEach(() => {
    day().server.files.set("/file", Buffer.from("content"));
  });

  /** From now on the session that there is is nobody's; later ones are like any other. */
  function forget(verbs: readonly string[]): void {
    const { server } = day();
    const [session] = server.sessions;
    for (const verb of verbs) {
      const polite = server.scriptFor(verb);
      server.on(verb, async (asking, argument) => {
        if (asking === session) await asking.reply(notLoggedIn);
        else await (typeof polite === "string" ? asking.reply(polite) : polite(asking, argument));
      });
    }
  }

  const verbs = "EPSV PASV RETR STOR SIZE MLST MLSD DELE MKD RNFR RNTO MDTM MFMT STAT LIST CWD PWD".split(" ");

  it.each<[string, (transport: Transport) => Promise<unknown>, unknown]>([
    ["has", (transport) => transport.has("file"), true],
    ["stat", async (transport) => (await transport.stat("file")).sizeBytes, 7],
    ["getBytes", async (transport) => String(await transport.getBytes("file")), "content"],
    ["get", async (transport) => String((await (await transport.get("file")).toArray())[0]), "content"],
    ["put", (transport) => transport.put("new", "content"), 7],
    ["put in place", (transport) => transport.put("new", "content", { atomic: false }), 7],
    ["mkdir", (transport) => transport.mkdir("new"), undefined],
    ["delete", (transport) => transport.delete("file"), undefined],
    ["rename", (transport) => transport.rename("file", "new"), undefined],
  ])("is replaced, and who calls %s does not notice", async (_name, work, result) => {
    const transport = day().transport();
    await transport.connect();
    forget(verbs);
    expect(await work(transport)).toBe(result);
    expect(day().server.accepted).toBe(2);
  });

  it("does not make what is there look as if it were not, on a server that is asked in many ways", async () => {
    const { server } = day();
    server.features = ["EPSV", "SIZE", "MDTM", "UTF8"];
    server.on("STAT", (session) => session.reply("213-Status:\n-rw-r--r-- 1 joe users 7 Jan 02 2020 file\n213 End."));
    const transport = day().transport();
    expect(await transport.has("file")).toBe(true);
    forget(verbs);
    expect(await transport.has("file")).toBe(true);
    expect(server.accepted).toBe(2);
  });

  it("is told from a server that says the same of what is not allowed, whose session goes on", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    server.on("DELE", "530 Not for you.").on("MKD", "530 Not for you.");
    for (const [operation, work] of [
      ["delete", () => transport.delete("file")],
      ["mkdir", () => transport.mkdir("new")],
    ] as const)
      await witness.failure(work(), { code: "permission-denied", operation, says: /530 Not for you/ });
    await day().works(transport);
    expect(server.accepted).toBe(1);
  });

  it("that is forgotten again and again is told, and is not tried for ever", async () => {
    const { server, witness } = day();
    const transport = day().transport();
    for (const verb of verbs) server.on(verb, notLoggedIn);
    await witness.failure(transport.delete("file"), {
      code: "connection-lost",
      operation: "delete",
      effect: "none",
      temporary: true,
      says: /forgot who is logged in: 530/,
    });
    expect(server.accepted).toBeLessThanOrEqual(3);
    await day().works(transport);
  });
});
