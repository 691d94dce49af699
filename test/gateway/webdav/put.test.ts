import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as startRequest } from "node:http";
import { setTimeout } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import type { Transport } from "../../../src/index.ts";
import { TransportError, getTransport } from "../../../src/index.ts";
import { TransportDecorator } from "../../../src/extend.ts";
import { longAgo, storeWith } from "../gateway-site.ts";
import type { DavSite, MemorySite } from "./dav-site.ts";
import { memorySite, token, writable } from "./dav-site.ts";

/** An upload whose body the test sends by hand. */
function upload(site: DavSite, path: string, headers: Record<string, string> = {}): ClientRequest {
  const { port } = site.gateway;
  const request = startRequest({
    ...{ host: "127.0.0.1", port, path, method: "PUT", agent: false },
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
  request.on("error", () => undefined); // A test that cuts it off knows.
  return request;
}

async function statusOf(request: ClientRequest): Promise<number> {
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode ?? 0;
}

const started = async (site: MemorySite): Promise<void> =>
  await expect.poll(() => site.names("/").some((name) => name.endsWith(".tmp"))).toBe(true);

describe("PUT at a gateway", () => {
  it("makes a file, and replaces one", async () => {
    const site = await memorySite(["/f"]);
    expect(await site.status("PUT", "/new", {}, "one")).toBe(201);
    expect(await site.status("PUT", "/new", {}, "other")).toBe(204);
    expect([site.content("/new"), site.names("/")]).toEqual(["other", ["f", "new"]]);
  });

  it.each([
    ["/no/new", {}, 409],
    ["/f/new", {}, 409],
    ["/e", {}, 405],
    ["/e/", {}, 405],
    ["/new/", {}, 405],
    ["/", {}, 405],
    ["/f", { "content-range": "bytes 0-0/1" }, 400],
    ["/f", { "content-encoding": "gzip" }, 415],
  ])("to %s with %o is answered with %i, and changes nothing", async (target, headers, code) => {
    const site = await memorySite(["/f", "/e/"]);
    expect(await site.status("PUT", target, headers, "x")).toBe(code);
    expect([site.names("/"), site.content("/f")]).toEqual([["f", "e"], "content of /f"]);
  });

  it("holds to what it is told to expect there", async () => {
    const store = await storeWith({ f: "content" });
    const site = await writable(store);
    expect(await site.status("PUT", "/f", { "if-none-match": "*" }, "x")).toBe(412);
    expect(await site.status("PUT", "/f", { "if-match": '"other"' }, "x")).toBe(412);
    expect(await site.status("PUT", "/f", { "if-unmodified-since": "Thu, 04 Mar 2010 05:06:07 GMT" }, "x")).toBe(412);
    expect(await site.status("PUT", "/new", { "if-match": "*" }, "x")).toBe(412);
    expect(String(await store.getBytes("f"))).toBe("content");
    expect(await store.has("new")).toBe(false);
    expect(await site.status("PUT", "/new", { "if-none-match": "*" }, "x")).toBe(201);
    const { etag } = (await site.ask("GET", "/f")).headers;
    expect(await site.status("PUT", "/f", { "if-match": `"other", ${etag}` }, "y")).toBe(204);
    expect(await site.status("PUT", "/f", { "if-match": String(etag) }, "z")).toBe(412);
    expect(String(await store.getBytes("f"))).toBe("y");
  });

  it("lets one of many make a file that was not there, where each wants to be the first", async () => {
    const site = await memorySite();
    const contents = Array.from({ length: 20 }, (_, at) => `content ${at}`);
    const put = (body: string): Promise<number> => site.status("PUT", "/f", { "if-none-match": "*" }, body);
    const statuses = await Promise.all(contents.map(put));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, ...Array.from({ length: 19 }, () => 412)]);
    expect(site.content("/f")).toBe(contents[statuses.indexOf(201)]);
  });

  it("shows the old content until all of the new is there", async () => {
    const site = await memorySite(["/f"]);
    const request = upload(site, "/f");
    request.write("the new ");
    await started(site);
    expect((await site.ask("GET", "/f")).text).toBe("content of /f");
    request.end("content");
    expect(await statusOf(request)).toBe(204);
    expect([site.content("/f"), site.names("/")]).toEqual(["the new content", ["f"]]);
  });

  it.each([{}, { "content-length": "100" }])(
    "keeps the old content, and nothing else, where the upload is cut off: %o",
    async (headers) => {
      const site = await memorySite(["/f"]);
      const request = upload(site, "/f", headers);
      request.write("the new ");
      await started(site);
      request.destroy();
      await expect.poll(() => [site.names("/"), site.tree.openFiles]).toEqual([["f"], 0]);
      expect(site.content("/f")).toBe("content of /f");
    },
  );

  it("asks for the body when it is welcome, and not before", async () => {
    const site = await memorySite(["/f"]);
    const welcome = upload(site, "/f", { expect: "100-continue" });
    welcome.flushHeaders();
    await once(welcome, "continue");
    welcome.end("new");
    expect([await statusOf(welcome), site.content("/f")]).toEqual([204, "new"]);
    const refused = upload(site, "/f", { expect: "100-continue", "if-none-match": "*" });
    let asked = false;
    refused.on("continue", () => (asked = true));
    refused.flushHeaders();
    expect([await statusOf(refused), asked]).toEqual([412, false]);
  });

  it("answers what it refuses also to who sends all of it first, and goes on with the same connection", async () => {
    const site = await memorySite(["/f"]);
    const body = "x".repeat(2 * 1024 * 1024);
    expect(await site.status("PUT", "/f", { "if-none-match": "*" }, body)).toBe(412);
    expect(site.content("/f")).toBe("content of /f");
  });

  it("sets the time that a client sends with a file", async () => {
    const site = await memorySite();
    const { status, headers } = await site.ask("PUT", "/f", { headers: { "x-oc-mtime": "1614834367" }, body: "x" });
    expect([status, headers["x-oc-mtime"]]).toEqual([201, "accepted"]);
    expect(site.tree.stat("/f").mtime).toEqual(longAgo);
  });

  it("takes no more than the transport takes", async () => {
    const slow = new SlowPut(getTransport("memory:///"));
    const site = await writable(slow);
    const request = upload(site, "/f");
    const [chunk, chunks] = [Buffer.alloc(64 * 1024), 1024];
    let written = 0;
    const writing = (async () => {
      for (; written < chunks; written++) if (!request.write(chunk)) await once(request, "drain");
      request.end();
    })();
    await unchanging(() => written);
    // The rest is with the client: between the two there are the kernel's buffers and nothing else.
    expect(slow.received).toBeLessThan(1024 * 1024);
    expect(written).toBeLessThan(chunks / 2);
    slow.goOn();
    await writing;
    expect([await statusOf(request), slow.received]).toEqual([201, chunks * chunk.length]);
  });

  it("replaces a file at the last moment also where a rename replaces nothing", async () => {
    const store = await storeWith({ f: "old" });
    const site = await writable(new NoReplace(store));
    const request = upload(site, "/f");
    request.write("new");
    await expect.poll(async () => (await namesOf(store)).length).toBe(2);
    expect(String(await store.getBytes("f"))).toBe("old");
    request.end();
    expect(await statusOf(request)).toBe(204);
    expect([String(await store.getBytes("f")), await namesOf(store)]).toEqual(["new", ["f"]]);
    const cutOff = upload(site, "/f");
    cutOff.write("newer");
    await expect.poll(async () => (await namesOf(store)).length).toBe(2);
    cutOff.destroy();
    await expect.poll(() => namesOf(store)).toEqual(["f"]);
    expect(String(await store.getBytes("f"))).toBe("new");
  });

  it("says what kept it from being done, and nothing of where that is", async () => {
    const site = await writable(new Full(await storeWith({ f: "old" })));
    const { status, text } = await site.ask("PUT", "/f", { body: "new" });
    expect([status, text]).toEqual([507, "507 Insufficient Storage: there is no room for it\n"]);
  });
});

/** Resolves when a number has stayed as it is for a while. */
async function unchanging(number: () => number): Promise<void> {
  for (let [last, times] = [number(), 0]; times < 8;) {
    await setTimeout(40);
    times = number() === last && last > 0 ? times + 1 : 0;
    last = number();
  }
}

async function namesOf(transport: Transport): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of transport.list()) names.push(name);
  return names;
}

/** Reads one chunk of what is put, and the rest when it is told to go on. */
class SlowPut extends TransportDecorator {
  readonly prefix = "slow-put";
  readonly boundary = false;
  received = 0;
  #goOn: () => void = () => undefined;
  readonly #going = new Promise<void>((resolve) => (this.#goOn = resolve));

  protected around(inner: Transport): SlowPut {
    return new SlowPut(inner);
  }

  goOn(): void {
    this.#goOn();
  }

  override async put(_path: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    for await (const chunk of source) {
      this.received += chunk.length;
      await this.#going;
    }
    return this.received;
  }
}

/** As servers are that refuse to rename onto what is there. */
class NoReplace extends TransportDecorator {
  readonly prefix = "no-replace";
  readonly boundary = false;

  protected around(inner: Transport): NoReplace {
    return new NoReplace(inner);
  }

  override get capabilities(): Transport["capabilities"] {
    return { ...this.inner.capabilities, atomicReplace: false };
  }
}

class Full extends TransportDecorator {
  readonly prefix = "full";
  readonly boundary = false;

  protected around(inner: Transport): Full {
    return new Full(inner);
  }

  override async put(): Promise<never> {
    throw new TransportError("no-space", "quota of /home/joe exceeded", { url: "sftp://joe@secret.example/" });
  }
}
