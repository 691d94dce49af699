import { writeFile } from "node:fs/promises";
import { finished } from "node:stream/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import type { SftpReaction } from "../../src/testing.ts";
import type { EmbeddedSite } from "./sites.ts";
import { embeddedSite } from "./sites.ts";
import { Witness } from "./witness.ts";

const rename = "posix-rename@openssh.com";

describe("a bad day with sftp, request by request", () => {
  let site: EmbeddedSite;
  let witness: Witness;
  let scope: TransportScope;

  beforeEach(async () => {
    site = await embeddedSite();
    witness = new Witness(site.secrets);
    scope = new TransportScope();
  });
  afterEach(async () => {
    await scope.close();
    witness.hear(scope.report());
    await expect.poll(() => site.tap.open).toBe(0);
    await expect.poll(() => site.openFiles()).toBe(0);
    await site.close();
    await witness.swear();
  });

  function transportWith(options: TransportOptions = {}): Transport {
    return scope.getTransport(site.url, { logger: witness.logger, ...site.options, ...options });
  }

  /** Answers every request but those with this name; those as `reaction` says, the first `times` times. */
  function reactTo(wanted: string, reaction: SftpReaction, times = Infinity): void {
    let left = times;
    site.react = (name) => (name === wanted && left-- > 0 ? reaction : "answer");
  }

  it("a wrong password in a URL is authentication-failed, for every verb at one login, and is shown nowhere", async () => {
    witness.keepSecret("wr@ng: word", "wr%40ng%3A%20word");
    const url = site.url.replace("joe@", "joe:wr%40ng%3A%20word@");
    const { password: _password, ...options } = site.options;
    const transport = scope.getTransport(url, { logger: witness.logger, ...options });
    const refused = { code: "authentication-failed", operation: "connect", says: /joe.*password/ } as const;
    await Promise.all([transport.stat("x"), transport.put("x", "y")].map((work) => witness.failure(work, refused)));
    await witness.failure(transport.getBytes("x"), refused);
    expect(site.tap.accepted).toBe(1);
    witness.hear([transport, transport.base, transport.location, transport.explainReuse(url)]);
    const right = transportWith();
    await right.put("file", "content");
    expect(await site.reread("file")).toBe("content");
    expect(site.tap.accepted).toBe(2);
  });

  it("a wrong answer of a callback is authentication-failed until connect() is called, and then it is asked again", async () => {
    witness.keepSecret("a bad guess");
    let answer = "a bad guess";
    const { password, ...options } = site.options;
    const transport = scope.getTransport(site.url, { logger: witness.logger, ...options, credentials: () => answer });
    const refused = { code: "authentication-failed", operation: "connect", says: /joe/ } as const;
    await witness.failure(transport.stat("x"), refused);
    answer = password as string;
    await witness.failure(transport.stat("x"), refused);
    await transport.connect();
    expect(await transport.has("x")).toBe(false);
  });

  it("no password is said to a server whose host key is unknown", async () => {
    await writeFile(site.knownHostsFile, "");
    let asked = 0;
    const { password: _password, ...options } = site.options;
    const transport = scope.getTransport(site.url, {
      logger: witness.logger,
      ...options,
      credentials: () => `${++asked}`,
    });
    await witness.failure(transport.stat("x"), { code: "host-key-unknown", operation: "connect", says: /SHA256:/ });
    expect(asked).toBe(0);
  });

  it.each(["open", "write", "fsetstat", "close"])(
    "a connection that is cut at the %s of an atomic put leaves the old content, and no temporary",
    async (request) => {
      await site.seed("file", "the old content");
      const transport = transportWith();
      await transport.stat("file");
      reactTo(request, "drop", 1);
      await witness.failure(transport.put("file", once("the new content"), { mode: 0o600 }), {
        code: "connection-lost",
        operation: "put",
        temporary: true,
        path: "file",
        says: /connection/,
      });
      expect(String(await transport.getBytes("file"))).toBe("the old content");
      expect(await site.names()).toEqual(["file"]);
    },
  );

  it("a connection that is cut at the rename of an atomic put is replaced, and the file renamed on the next", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    reactTo(rename, "drop", 1);
    expect(await transport.put("file", once("the new content"), { mode: 0o600 })).toBe(15);
    expect(await site.reread("file")).toBe("the new content");
    expect(await site.names()).toEqual(["file"]);
    expect((await transport.stat("file")).mode).toBe(0o600);
  });

  it("a connection that is cut at every rename of an atomic put leaves the old content, and no temporary", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    reactTo(rename, "drop");
    await witness.failure(transport.put("file", once("the new content"), { mode: 0o600 }), {
      code: "connection-lost",
      operation: "put",
      effect: "unknown",
      temporary: true,
      path: "file",
      says: /connection/,
    });
    expect(String(await transport.getBytes("file"))).toBe("the old content");
    expect(await site.names()).toEqual(["file"]);
  });

  it("an atomic put whose last answer is lost has taken effect, as a look tells", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    cutAnswerTo(rename);
    expect(await transport.put("file", once("the new content"))).toBe(15);
    expect(await site.reread("file")).toBe("the new content");
    expect(await site.names()).toEqual(["file"]);
  });

  it("an atomic put whose last answer is lost, and which nobody can look at, says that it may have taken effect, as it has", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    cutAnswerTo(rename, () => site.door.shut());
    await witness.failure(transport.put("file", once("the new content")), {
      code: "connection-lost",
      operation: "put",
      effect: "unknown",
      says: /connection/,
    });
    expect(await site.reread("file")).toBe("the new content");
    await site.door.open();
    await transport.connect();
    expect(await site.names()).toEqual(["file"]);
  });

  it("an atomic put of bytes in memory whose last answer is lost is repeated, or may have taken effect", async () => {
    await site.seed("file", "the old content");
    const transport = transportWith();
    await transport.stat("file");
    cutAnswerTo(rename);
    expect(await transport.put("file", "the new content")).toBe(15);
    cutAnswerTo(rename, () => site.door.shut());
    await witness.failure(transport.put("file", "newer content"), {
      code: "connection-failed",
      operation: "put",
      effect: "unknown",
      says: /nothing listens there/,
    });
    expect(await site.reread("file")).toBe("newer content");
    await site.door.open();
    await transport.connect();
    expect(await site.names()).toEqual(["file"]);
  });

  it("a write stream whose connection is cut fails, and what it wrote may be there", async () => {
    const transport = transportWith();
    const stream = await transport.openWriteStream("file");
    reactTo("write", "drop", 1);
    const writing = finished(stream);
    stream.end("content");
    await witness.failure(writing, {
      code: "connection-lost",
      operation: "openWriteStream",
      effect: "unknown",
      says: /connection/,
    });
    expect(await transport.has("file")).toBe(true);
  });

  it("a listing that is cut in the middle is an error, never a shorter directory", async () => {
    for (let n = 0; n < 300; n++) await site.seed(`file ${n}`, "");
    const transport = transportWith();
    await transport.stat("");
    let readdirs = 0;
    site.react = (name) => (name === "readdir" && ++readdirs > 1 ? "drop" : "answer");
    const listed: string[] = [];
    const listing = (async () => {
      for await (const { name } of transport.list("")) listed.push(name);
    })();
    await witness.failure(listing, { code: "connection-lost", operation: "list", temporary: true, says: /connection/ });
    expect(listed.length).toBeLessThan(300);
    site.react = () => "answer";
    for await (const { name } of transport.list("")) listed.push(name);
    expect(new Set(listed).size).toBe(300);
  });

  it("one request that is never answered is timeout, and the others on the wire go on", async () => {
    await site.seed("slow", "content");
    await site.seed("quick", "content");
    const transport = transportWith({ silenceTimeoutMs: 500 });
    await transport.stat("quick");
    site.react = (name, path) => (name === "lstat" && path?.endsWith("/slow") === true ? "silence" : "answer");
    const slow = witness.failure(transport.stat("slow"), {
      code: "timeout",
      operation: "stat",
      temporary: true,
      path: "slow",
      says: /said nothing for 500 ms.*silenceTimeoutMs/,
    });
    let over = false;
    void slow.finally(() => (over = true)).catch(() => undefined);
    while (!over) await transport.stat("quick");
    await slow;
    expect(site.tap.accepted).toBe(1);
  });

  /** Lets a request take effect and cuts the connection before its answer arrives, once. */
  function cutAnswerTo(wanted: string, first: () => Promise<void> = () => Promise.resolve()): void {
    site.react = (name) => {
      if (name !== wanted) return "answer";
      site.react = () => "answer";
      site.tap.stall(true, "down");
      void first().then(() => setTimeout(cut, 20));
      return "answer";
    };
    const cut = (): void => {
      site.tap.sever();
      site.tap.stall(false);
    };
  }
});

/** Content that cannot be read a second time. */
async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
