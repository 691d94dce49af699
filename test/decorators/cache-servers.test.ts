import { cache, getTransport } from "samewire";
import { startHttpServer, startSftpServer } from "samewire/testing";
import { afterEach, describe, expect, it } from "vitest";

import { collect } from "../../src/testing/conformance/content.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { seed } from "../secrets/bearer.ts";
import { longAgo, textOf } from "./cached.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

describe("on SFTP", () => {
  it("a file that is read a hundred times is sent once, and a directory that is listed as often too", async () => {
    const server = await startSftpServer();
    open.push(server);
    const { tree, user, password } = server;
    for (const name of ["a", "b"]) seed(tree, `/home/${user}/${name}`);
    tree.setAttributes(`/home/${user}/a`, { mtime: longAgo }, { followLinks: false });
    const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
    const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
    const inner = getTransport(server.url, [], { password, ssh });
    open.push({ close: () => inner.disconnect() });
    const count = (...names: string[]): number =>
      names.reduce((sum, name) => sum + (server.requests.get(name) ?? 0), 0);

    const plain = async (times: number, transport = inner): Promise<number> => {
      const before = [...server.requests.values()].reduce((sum, one) => sum + one, 0);
      for (let time = 0; time < times; time++) {
        expect(await textOf(transport.getBytes("a"))).toBe("content");
        expect((await collect(transport.list())).map(({ name }) => name).toSorted()).toEqual(["a", "b"]);
        expect(await transport.has("b")).toBe(true);
      }
      return [...server.requests.values()].reduce((sum, one) => sum + one, 0) - before;
    };
    const without = await plain(100);
    const readsBefore = count("read");
    const listsBefore = count("opendir");
    const transport = cache(inner, { maxAgeMs: 60_000 });
    const asked = await plain(100, transport as typeof inner);
    expect(count("read") - readsBefore).toBeLessThanOrEqual(2);
    expect(count("opendir") - listsBefore).toBe(1);
    // A look for every content, and little else.
    expect(asked).toBeLessThan(100 + 20);
    expect(without).toBeGreaterThan(5 * asked);
    expect(transport.report()).toMatchObject({ hits: 2 * 99, validated: 99, misses: 3, shared: 0 });
    expect(server.accepted).toBe(1);
  });

  it("a file that is written again within the second of its time is never old", async () => {
    const server = await startSftpServer();
    open.push(server);
    const { tree, user, password } = server;
    const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
    const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
    const transport = getTransport(`cache+${server.url}`, [], { password, ssh });
    open.push({ close: () => transport.disconnect() });
    for (let number = 100; number < 140; number++) {
      const file = tree.open(`/home/${user}/file`, { write: true, create: true });
      file.write(0, Buffer.from(String(number)));
      file.close();
      expect(await textOf(transport.getBytes("file"))).toBe(String(number));
    }
  });
});

describe("on HTTP", () => {
  it("a file is told by its tag, of which the head asks: its content is sent once for each", async () => {
    const server = await startHttpServer();
    open.push(server);
    seed(server.tree, "/file");
    server.tree.setAttributes("/file", { mtime: longAgo }, { followLinks: false });
    const transport = getTransport(`cache+${server.url}`, []);
    open.push({ close: () => transport.disconnect() });
    const methods = (): string[] => server.requests.map(({ method }) => method);
    for (let times = 0; times < 10; times++) expect(await textOf(transport.getBytes("file"))).toBe("content");
    expect(methods()).toEqual(["HEAD", "GET", ...Array.from({ length: 9 }, () => "HEAD")]);
    for (let times = 0; times < 10; times++) expect((await transport.stat("file")).etag).toMatch(/^"/);
    expect(methods()).toHaveLength(12);

    const file = server.tree.open("/file", { write: true });
    file.write(0, Buffer.from("CONTENT"));
    file.close();
    expect(await textOf(transport.getBytes("file"))).toBe("CONTENT");
    expect(methods().filter((method) => method === "GET")).toHaveLength(2);
  });
});
