import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import { describe, expect, it } from "vitest";

import type { CredentialsQuestion, Transport, TransportOptions } from "../../../src/index.ts";
import { TransportScope, getTransport } from "../../../src/index.ts";
import { FileTree, startFtpServer } from "../../../src/testing.ts";

describe("an FTP session", () => {
  it("is one for a hundred operations at once, which are answered in their order", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password });
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        await transport.mkdir(`dir-${index}`);
        done.push(index);
      }),
    );
    expect(done).toEqual(Array.from({ length: 100 }, (_, index) => index));
    expect(server.counts).toMatchObject({ accepted: 1, logins: 1, maxOpen: 1 });
  });

  it("is anonymous where nobody says who", async () => {
    await using server = await startFtpServer({ anonymous: true });
    server.tree.mkdir("/pub");
    const transport = getTransport(`ftp://127.0.0.1:${server.port}/pub/`);
    expect(await transport.has("")).toBe(true);
    await expect(transport.put("file", "x")).rejects.toMatchObject({ code: "permission-denied", effect: "none" });
    await transport.disconnect();
  });

  it("begins below /~/ where the login ended up, whatever that directory is called", async () => {
    for (const home of ["/home/joe", '/ho"me', "/with space", "/"]) {
      await using server = await startFtpServer({ home });
      const transport = getTransport(server.url, [], { password: server.password });
      await transport.put("file", home);
      const whole = getTransport(`ftp://joe@127.0.0.1:${server.port}/`, [transport]);
      expect(String(await whole.getBytes(`${home}/file`))).toBe(home);
      expect(server.accepted).toBe(1);
      await transport.disconnect();
    }
  });

  it("asks for a password that was not given, again where it is refused, and keeps the one that was accepted", async () => {
    await using server = await startFtpServer({ users: { joe: "right" } });
    const questions: CredentialsQuestion[] = [];
    const credentials = (question: CredentialsQuestion): string => {
      questions.push(question);
      return question.attempt === 1 ? "wrong" : "right";
    };
    const transport = getTransport(server.url, [], { credentials });
    await transport.stat("");
    await transport.disconnect();
    await transport.stat("");
    expect(questions).toMatchObject([
      { kind: "password", user: "joe", attempt: 1 },
      { kind: "password", user: "joe", attempt: 2 },
    ]);
    expect(server.counts).toMatchObject({ logins: 2, refusedLogins: 1 });
    await transport.disconnect();
  });

  it("gives the account that the server asks for", async () => {
    await using server = await startFtpServer({ account: "books" });
    const at = (account?: string): Transport =>
      getTransport(server.url, [], {
        password: server.password,
        ...(account === undefined ? {} : { ftp: { account } }),
      });
    const transport = at("books");
    await transport.stat("");
    await transport.disconnect();
    await expect(at().stat("")).rejects.toMatchObject({
      code: "authentication-failed",
      hint: expect.stringContaining("account") as string,
    });
    await expect(at("films").stat("")).rejects.toMatchObject({ code: "authentication-failed" });
  });

  it("reads and writes names in Latin-1 where it is told to, and reports those that are no UTF-8 where it is not", async () => {
    const tree = new FileTree();
    await using server = await startFtpServer({ tree, encoding: "latin1" });
    const options: TransportOptions = { password: server.password };
    const latin = getTransport(server.url, [], { ...options, ftp: { encoding: "latin1" } });
    await latin.put("caf\u00e9", "x");
    expect(tree.lstat(`/home/${server.user}/caf\u00e9`)).toMatchObject({ type: "file" });
    expect(await namesOf(latin)).toEqual(["caf\u00e9"]);
    const other = getTransport(server.url, [], options);
    await other.put("plain", "x");
    expect(await namesOf(other)).toEqual(["plain"]);
    await Promise.all([latin.disconnect(), other.disconnect()]);
  });

  it("copies a file that is larger than memory should hold through this machine's disk, over one connection", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password });
    const content = Buffer.alloc(9_000_001, "content ");
    await transport.put("from", content, { mode: 0o640 });
    await transport.copy("from", "to");
    expect(content.equals(await transport.getBytes("to"))).toBe(true);
    expect((await transport.stat("to")).mode).toBe(0o640);
    expect(server.accepted).toBe(1);
  });

  it("never shows the content of a private file to others, not for a moment", async () => {
    const tree = new FileTree();
    const modes: (number | undefined)[] = [];
    await using server = await startFtpServer({
      tree,
      onCommand(verb) {
        if (verb === "STOR")
          for (const { name, stat } of tree.readdir("/home/joe")) if (name.startsWith(".")) modes.push(stat.mode);
        return "answer";
      },
    });
    const transport = getTransport(server.url, [], { password: server.password });
    await transport.put("secret", "x", { mode: 0o400 });
    expect((await transport.stat("secret")).mode).toBe(0o400);
    // Before the second STOR, which has the content, the file was there and closed.
    expect(modes).toEqual([0o600]);
    await transport.disconnect();
  });

  it("gives a wire back whose stream nobody reads, and tells the stream why", async () => {
    await using server = await startFtpServer();
    const options = { password: server.password, unreadTimeoutMs: 50 };
    const transport = getTransport(server.url, [], options);
    await transport.put("large", Buffer.alloc(8_000_000));
    const unread = await transport.get("large");
    const told = new Promise((resolve) => unread.once("error", resolve));
    expect((await transport.stat("large")).sizeBytes).toBe(8_000_000);
    expect(await told).toMatchObject({ code: "timeout", operation: "get" });
    await transport.disconnect();
  });

  it("leaves a stream alone that is read slowly, or whose content is all there", async () => {
    await using server = await startFtpServer();
    const transport = getTransport(server.url, [], { password: server.password, unreadTimeoutMs: 300 });
    const content = Buffer.alloc(3_000_000, "slow ");
    await transport.put("large", content);
    await transport.put("small", "small");
    const small = await transport.get("small");
    const large = await transport.get("large");
    const chunks: Buffer[] = [];
    for await (const chunk of large as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if (chunks.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 150));
    }
    expect(content.equals(Buffer.concat(chunks))).toBe(true);
    expect(String(await buffer(small))).toBe("small");
    await transport.disconnect();
  });

  it("is kept when a part of a file is read, and when a source fails before it gave anything", async () => {
    await using server = await startFtpServer();
    await using scope = new TransportScope();
    const transport = scope.getTransport(server.url, { password: server.password });
    await transport.put("large", Buffer.alloc(8_000_000, "0123456789"));
    for (const offset of [0, 5, 7_000_001]) {
      const part = await transport.getBytes("large", { offset, length: 20 });
      expect(String(part)).toBe("0123456789".repeat(3).slice(offset % 10, (offset % 10) + 20));
    }
    expect(server.accepted).toBe(1);
    const failing = new Readable({
      read() {
        this.destroy(new Error("no content"));
      },
    });
    await expect(transport.put("new", failing)).rejects.toMatchObject({ cause: { message: "no content" } });
    expect(await namesOf(transport)).toEqual(["large"]);
  });
});

async function namesOf(transport: Transport): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list()) names.push(name);
  return names.toSorted();
}
