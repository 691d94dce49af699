import { describe, expect, it } from "vitest";

import { startS3Server } from "../../src/testing.ts";
import { bucket, names, s3Days } from "./s3-day.ts";

/** A page of a listing, as a server that means no good writes it. */
function page(
  keys: readonly string[],
  token?: string,
  prefixes: readonly string[] = [],
): { status: number; body: string } {
  const next = token === undefined ? "" : `<NextContinuationToken>${token}</NextContinuationToken>`;
  const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"x"</ETag></Contents>`).join("");
  const common = prefixes.map((prefix) => `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`).join("");
  const body = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${token !== undefined}</IsTruncated>${next}${contents}${common}</ListBucketResult>`;
  return { status: 200, body };
}

describe("a bad day with s3: listings", () => {
  const day = s3Days();

  it("that say again and again that they go on at the same place come to an end", async () => {
    const { witness } = day();
    const transport = day().transport();
    day().on("ListObjectsV2", page(["a"], "again"));
    await witness.failure(names(transport), { code: "protocol-error", operation: "list", says: /no end|listing/ });
    expect(day().asked("GET", /list-type=2/)).toBeLessThan(10);
    await day().works(transport);
  });

  it("that go round in a circle of places come to an end", async () => {
    const { witness } = day();
    const transport = day().transport();
    let n = 0;
    day().on("ListObjectsV2", () => page(["a", "b"], `place-${n++ % 3}`));
    await witness.failure(names(transport), { code: "protocol-error", operation: "list", says: /no end|listing/ });
    expect(n).toBeLessThan(1_000);
    await day().works(transport);
  });

  it("that go on without anything in them come to an end", async () => {
    const { witness } = day();
    const transport = day().transport();
    let n = 0;
    day().on("ListObjectsV2", () => page([], `place-${n++}`));
    await witness.failure(names(transport), { code: "protocol-error", operation: "list", says: /no end|listing/ });
    expect(n).toBeLessThan(1_000);
    await day().works(transport);
  });

  it("that go on, and do not say where, come to an end", async () => {
    const { witness } = day();
    const transport = day().transport();
    const { status, body } = page(["a"]);
    day().on("ListObjectsV2", { status, body: body.replace("<IsTruncated>false", "<IsTruncated>true") });
    await witness.failure(names(transport), { code: "protocol-error", operation: "list", says: /no end|listing/ });
    await day().works(transport);
  });

  it("of keys that were not asked for show none of them", async () => {
    const transport = day().transport();
    day().on("ListObjectsV2", page(["elsewhere/secret", "dir/mine", "dirty"], undefined, ["other/", "dir/sub/"]));
    expect((await names(transport, "dir")).toSorted()).toEqual(["mine", "sub"]);
  });

  it("that begin with pages without anything in them are read on, by whoever asks what is there", async () => {
    const { server, witness } = day();
    for (const key of ["dir/", "dir/file", "empty/"]) await server.write(bucket, key, "content");
    const transport = day().transport();
    // Its own tokens say behind which key they go on: this one is before every key.
    const before = `1${Buffer.from("!").toString("base64")}`;
    day().on("ListObjectsV2", ({ target }) => (target.includes("continuation-token") ? "answer" : page([], before)));
    expect(await transport.has("dir/file")).toBe(true);
    expect((await transport.stat("dir")).type).toBe("directory");
    expect(await names(transport)).toEqual(["dir", "empty"]);
    await transport.put("dir/other", "content");
    await witness.failure(transport.rmdir("dir"), {
      code: "directory-not-empty",
      operation: "rmdir",
      says: /something in/,
    });
    await transport.rmdir("empty");
    expect(server.keys(bucket)).toEqual(["dir/", "dir/file", "dir/other"]);
  });

  it("of a page for each key are read to the end before a directory is taken for empty", async () => {
    const { witness } = day();
    await using server = await startS3Server({ pageKeys: 1 });
    for (const key of ["dir/", "dir/file", "empty/"]) await server.write(bucket, key, "content");
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const transport = day().transport({ s3: { endpoint, region, accessKeyId, secretAccessKey, sessionToken: null } });
    await witness.failure(transport.rmdir("dir"), {
      code: "directory-not-empty",
      operation: "rmdir",
      says: /something in/,
    });
    await transport.rmdir("empty");
    expect(server.keys(bucket)).toEqual(["dir/", "dir/file"]);
    await transport.disconnect();
  });

  it("with a key of 1 KiB are read, and a longer one is not asked for", async () => {
    const { server, witness } = day();
    const key = `${"d".repeat(200)}/${"k".repeat(823)}`;
    await server.write(bucket, key, "content");
    const transport = day().transport();
    expect(String(await transport.getBytes(key))).toBe("content");
    expect(await names(transport, "d".repeat(200))).toEqual(["k".repeat(823)]);
    const put = transport.put(`${key}x`, "content");
    await witness.failure(put, { code: "invalid-path", operation: "put", says: /1,024|too long/ });
  });

  it("where a directory and an object have one name show both readings", async () => {
    const { server } = day();
    await server.write(bucket, "both", "an object");
    await server.write(bucket, "both/", "with content of its own");
    await server.write(bucket, "both/below", "below");
    const transport = day().transport();
    expect((await names(transport)).includes("both")).toBe(true);
    expect(await names(transport, "both/")).toEqual(["below"]);
    expect(String(await transport.getBytes("both"))).toBe("an object");
    expect(String(await transport.getBytes("both/below"))).toBe("below");
  });
});
