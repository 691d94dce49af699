import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { S3Options, Transport, TransportOptions } from "../../../src/index.ts";
import { TransportScope, getTransport } from "../../../src/index.ts";
import type { S3Server } from "../../../src/testing.ts";
import { startS3Server } from "../../../src/testing.ts";
import { toThisMachine } from "../../reuse/sites.ts";

describe("s3: shares", () => {
  let server: S3Server;
  let options: TransportOptions & { readonly s3: S3Options };
  beforeAll(async () => {
    server = await startS3Server({ buckets: ["one", "two"], anonymous: true });
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    options = { s3: { endpoint, region, accessKeyId, secretAccessKey } };
    await server.write("one", "file", "one");
    await server.write("two", "dir/file", "two");
  });
  afterAll(() => server.close());

  /** Connections that were accepted while `work` used a fresh scope. */
  async function wires(work: (scope: TransportScope) => Promise<unknown>): Promise<number> {
    const before = server.accepted;
    await using scope = new TransportScope();
    await work(scope);
    return server.accepted - before;
  }

  async function readBoth(one: Transport, two: Transport): Promise<void> {
    expect(await Promise.all([one.getBytes("file"), two.getBytes("dir/file")]).then(String)).toBe("one,two");
  }

  it("one connection for several buckets in paths, also where nothing but the URL is given", async () => {
    expect(
      await wires(async (scope) => {
        const one = scope.getTransport("s3://one/", options);
        const two = scope.getTransport("s3://two/");
        expect([one.base, two.base]).toEqual(["s3://one/", "s3://two/"]);
        await readBoth(one, two);
        expect(one.explainReuse("s3://two/dir/").reuse).toBe(true);
      }),
    ).toBe(1);
  });

  it("no connection between buckets that are host names", async () => {
    const virtual = {
      lookup: toThisMachine,
      s3: { ...options.s3, endpoint: `http://localhost:${server.port}`, pathStyle: false },
    };
    expect(
      await wires(async (scope) => {
        const one = scope.getTransport("s3://one/", virtual);
        await readBoth(one, scope.getTransport("s3://two/", virtual));
        expect(one.explainReuse("s3://two/")).toMatchObject({ reuse: false, option: "s3.bucket" });
        expect(one.reuseConnectionFor("s3://one/else/")).toBeDefined();
      }),
    ).toBe(2);
  });

  it("a connection between the ways of saying who asks: in the URL, as user and password, as keys", async () => {
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const s3 = { endpoint, region };
    expect(
      await wires(async (scope) => {
        const url = `s3://${accessKeyId}:${encodeURIComponent(secretAccessKey)}@two/dir/`;
        const one = scope.getTransport("s3://one/", options);
        const two = scope.getTransport(url, { s3 });
        expect(two.base).toBe(`s3://${accessKeyId}@two/dir/`);
        const three = scope.getTransport("s3://one/", { user: accessKeyId, password: secretAccessKey, s3 });
        await Promise.all([one.has("file"), two.has("file"), three.has("file")]);
      }),
    ).toBe(1);
  });

  it("a connection between two spellings of an endpoint", async () => {
    const spelled = { s3: { ...options.s3, endpoint: `${server.endpoint.toUpperCase()}/` } };
    expect(
      await wires(async (scope) =>
        readBoth(scope.getTransport("s3://one/", options), scope.getTransport("s3://two/", spelled)),
      ),
    ).toBe(1);
  });

  const other: Record<string, S3Options> = {
    endpoint: { endpoint: "https://s3.example.com" },
    region: { region: "eu-west-1" },
    accessKeyId: { accessKeyId: "another" },
    password: { secretAccessKey: "another" },
    sessionToken: { sessionToken: "another" },
    profile: { profile: "another" },
    anonymous: { anonymous: true },
    pathStyle: { pathStyle: false },
  };
  it.each(Object.entries(other))(
    "no connection with another %s, which is not shown where it is secret",
    async (name, s3) => {
      await wires(async (scope) => {
        const one = scope.getTransport("s3://one/", options);
        await one.has("file");
        const verdict = one.explainReuse("s3://one/", { s3 });
        expect(verdict).toMatchObject({ reuse: false, option: name === "password" ? name : `s3.${name}` });
        if (name === "password" || name === "sessionToken") expect(verdict.reason).not.toContain("another");
      });
    },
  );

  it("nothing with a location that was read from elsewhere", async () => {
    await wires(async (scope) => {
      const one = scope.getTransport("s3://one/", options);
      await one.has("file");
      expect(one.reuseConnectionFor("s3://one/", { credentials: "explicit" })).toBeUndefined();
    });
  });

  it("an idle connection with who comes later with a secret", async () => {
    const { accessKeyId, secretAccessKey, ...place } = options.s3;
    expect(
      await wires(async (scope) => {
        const early = scope.getTransport("s3://one/", { s3: place });
        scope.getTransport("s3://two/", { s3: { ...place, accessKeyId, secretAccessKey } as S3Options });
        expect(String(await early.getBytes("file"))).toBe("one");
        await scope.getTransport("s3://two/").has("dir");
      }),
    ).toBe(1);
    expect(server.requests.at(-1)?.headers["authorization"]).toContain(`Credential=${accessKeyId}/`);
  });

  it("as many connections as it is told that it may have", async () => {
    const many = { ...options, connections: 3 };
    const reads = (transport: Transport): Promise<unknown> =>
      Promise.all(Array.from({ length: 30 }, () => transport.getBytes("file")));
    expect(await wires((scope) => reads(scope.getTransport("s3://one/", options)))).toBe(1);
    expect(await wires((scope) => reads(scope.getTransport("s3://one/", many)))).toBe(3);
  });

  it("nothing unsigned is asked for but where it is told to", async () => {
    const before = server.requests.length;
    await using transport = getTransport("s3://one/", undefined, {
      s3: { endpoint: server.endpoint, region: server.region, anonymous: true },
    });
    expect(String(await transport.getBytes("file"))).toBe("one");
    expect(server.requests.slice(before).map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });
});
