import { describe, expect, it } from "vitest";

import { decodeChunks } from "../../src/testing/servers/s3-aws-chunks.ts";
import { S3Error } from "../../src/testing/servers/s3-error.ts";
import { S3Signer, canonicalRequest, sha256 } from "../../src/testing/servers/s3-signature.ts";

/** The examples that AWS publishes: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its neighbours. */
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const time = "20130524T000000Z";
const signer = new S3Signer(secret, { date: "20130524", region: "us-east-1" }, time);
const host = "examplebucket.s3.amazonaws.com";
const nothing = sha256("");
const get = { method: "GET", path: "/", query: new Map<string, string>(), payload: nothing };

describe("signatures of the S3 server are those of AWS's examples", () => {
  it("for an object's range", () => {
    const headers = { host, range: "bytes=0-9", "x-amz-content-sha256": nothing, "x-amz-date": time };
    const signedHeaders = Object.keys(headers);
    expect(signer.request(canonicalRequest({ ...get, path: "/test.txt", headers, signedHeaders }))).toBe(
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    );
  });

  it("for an upload to a key that has to be encoded", () => {
    const payload = sha256("Welcome to Amazon S3.");
    const headers = {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      host,
      "x-amz-content-sha256": payload,
      "x-amz-date": time,
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    };
    const put = { ...get, method: "PUT", path: "/test$file.text", payload, headers };
    expect(signer.request(canonicalRequest({ ...put, signedHeaders: Object.keys(headers) }))).toBe(
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    );
  });

  it.each([
    ["fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", { lifecycle: "" }],
    ["34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", { prefix: "J", "max-keys": "2" }],
  ])("for a query: %s", (signature, query) => {
    const headers = { host, "x-amz-content-sha256": nothing, "x-amz-date": time };
    const parameters = new Map(Object.entries(query));
    const signedHeaders = Object.keys(headers);
    expect(signer.request(canonicalRequest({ ...get, query: parameters, headers, signedHeaders }))).toBe(signature);
  });

  it("for a URL that carries its signature", () => {
    const query = new Map([
      ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
      ["X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"],
      ["X-Amz-Date", time],
      ["X-Amz-Expires", "86400"],
      ["X-Amz-SignedHeaders", "host"],
    ]);
    const request = { ...get, path: "/test.txt", query, payload: "UNSIGNED-PAYLOAD" };
    expect(signer.request(canonicalRequest({ ...request, headers: { host }, signedHeaders: ["host"] }))).toBe(
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    );
  });
});

describe("a body that is signed in pieces", () => {
  const seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  const pieces: readonly [string, string][] = [
    ["a".repeat(65_536), "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
    ["a".repeat(1024), "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
    ["", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
  ];
  const written = pieces
    .map(([content, signature]) => `${content.length.toString(16)};chunk-signature=${signature}\r\n${content}\r\n`)
    .join("");

  /** Hands a text over in packets of some size. */
  async function* packets(text: string, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < text.length; at += size) {
      await Promise.resolve();
      yield Buffer.from(text.slice(at, at + size));
    }
  }

  async function decode(text: string, size = 1000): Promise<{ content: string; trailers: Map<string, string> }> {
    const trailers = new Map<string, string>();
    const chunks: Buffer[] = [];
    for await (const chunk of decodeChunks(packets(text, size), trailers, { signer, seed })) chunks.push(chunk);
    return { content: Buffer.concat(chunks).toString(), trailers };
  }

  it.each([1, 7, 1000, 100_000])("is AWS's example, in packets of %i bytes", async (size) => {
    expect((await decode(written, size)).content).toBe("a".repeat(66_560));
  });

  it("is refused once a byte of it, or of a signature, is another", async () => {
    for (const changed of [written.replace("aa\r\n", "ab\r\n"), written.replace("signature=0", "signature=1")])
      await expect(decode(changed)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });

  it("is refused where it ends early, or is no such thing", async () => {
    await expect(decode(written.slice(0, 30_000))).rejects.toMatchObject({ code: "IncompleteBody" });
    await expect(decode(`nonsense\r\n${written}`)).rejects.toBeInstanceOf(S3Error);
    await expect(decode("a".repeat(100_000))).rejects.toBeInstanceOf(S3Error);
  });

  it("may have checksums after it, which are signed, too", async () => {
    const line = "x-amz-checksum-crc32c:sOO8/Q==\n";
    const last = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9";
    const trailer = (signature: string): string =>
      `${written.slice(0, -2)}x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:${signature}\r\n\r\n`;
    const { trailers } = await decode(trailer(signer.trailer(last, line)));
    expect(trailers).toEqual(new Map([["x-amz-checksum-crc32c", "sOO8/Q=="]]));
    await expect(decode(trailer("0".repeat(64)))).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
    const unsigned = `${written.slice(0, -2)}x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n`;
    await expect(decode(unsigned)).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
  });
});
