import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { S3Server } from "../../src/testing.ts";
import { startS3Server } from "../../src/testing.ts";
import { s3Client } from "./s3-client.ts";

const Bucket = "bucket";
const mebibyte = 1024 * 1024;
let server: S3Server;
let client: S3Client;
beforeEach(async () => {
  server = await startS3Server({ memoryBytes: 4 * mebibyte });
  client = s3Client(server);
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

async function put(...keys: string[]): Promise<void> {
  for (const key of keys) await server.write(Bucket, key, `content of ${key}`);
}

async function get(Key: string, more: object = {}): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return await Body?.transformToString();
}

const failing = (name: string, httpStatusCode: number): object => ({ name, $metadata: { httpStatusCode } });

describe("the S3 server's buckets", () => {
  it("are made, found, listed and removed", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "another" }));
    await client.send(new HeadBucketCommand({ Bucket: "another" }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(["bucket", "another"]);
    await client.send(new DeleteBucketCommand({ Bucket: "another" }));
    await expect(client.send(new HeadBucketCommand({ Bucket: "another" }))).rejects.toMatchObject(
      failing("NotFound", 404),
    );
    await put("a");
    await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject(
      failing("BucketNotEmpty", 409),
    );
    await expect(client.send(new CreateBucketCommand({ Bucket: "No_Bucket" }))).rejects.toMatchObject(
      failing("InvalidBucketName", 400),
    );
  });

  it("that are not there have no objects", async () => {
    for (const command of [
      new GetObjectCommand({ Bucket: "none", Key: "a" }),
      new PutObjectCommand({ Bucket: "none", Key: "a", Body: "b" }),
      new ListObjectsV2Command({ Bucket: "none" }),
    ])
      await expect(client.send(command as GetObjectCommand)).rejects.toMatchObject(failing("NoSuchBucket", 404));
  });
});

describe("the S3 server's objects", () => {
  it("keep their content, their metadata and their tag", async () => {
    const stored = await client.send(
      new PutObjectCommand({ Bucket, Key: "a", Body: "hello", Metadata: { mode: "420" }, ContentType: "text/plain" }),
    );
    expect(stored.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: "a" }))).toMatchObject({
      ETag: stored.ETag,
      ContentLength: 5,
      ContentType: "text/plain",
      Metadata: { mode: "420" },
      AcceptRanges: "bytes",
    });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: "b" }))).rejects.toMatchObject(
      failing("NotFound", 404),
    );
    await expect(get("b")).rejects.toMatchObject(failing("NoSuchKey", 404));
  });

  it("are read in ranges, at their ends also", async () => {
    await server.write(Bucket, "a", "0123456789");
    for (const [Range, content, told] of [
      ["bytes=2-4", "234", "bytes 2-4/10"],
      ["bytes=8-100", "89", "bytes 8-9/10"],
      ["bytes=-3", "789", "bytes 7-9/10"],
      ["bytes=9-", "9", "bytes 9-9/10"],
      ["bytes=0-1,4-5", "0123456789", undefined],
    ] as const) {
      const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key: "a", Range }));
      expect([await Body?.transformToString(), ContentRange]).toEqual([content, told]);
    }
    await expect(get("a", { Range: "bytes=10-" })).rejects.toMatchObject(failing("InvalidRange", 416));
  });

  it("are large or small, in files or in memory", async () => {
    const large = Buffer.alloc(9 * mebibyte, "0123456789abcdef!");
    await client.send(new PutObjectCommand({ Bucket, Key: "large", Body: large }));
    expect(large.equals((await server.read(Bucket, "large")) ?? Buffer.alloc(0))).toBe(true);
    expect(await get("large", { Range: `bytes=${5 * mebibyte}-${5 * mebibyte + 4}` })).toBe(
      large.toString("latin1", 5 * mebibyte, 5 * mebibyte + 5),
    );
    await client.send(new PutObjectCommand({ Bucket, Key: "large", Body: "" }));
    expect(await get("large")).toBe("");
  });

  it("are read, and written, on conditions", async () => {
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "one" }));
    expect(await get("a", { IfMatch: ETag })).toBe("one");
    await expect(get("a", { IfMatch: '"x"' })).rejects.toMatchObject(failing("PreconditionFailed", 412));
    await expect(get("a", { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get("a", { IfModifiedSince: new Date() })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    const write = (more: object): Promise<unknown> =>
      client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "two", ...more }));
    await expect(write({ IfNoneMatch: "*" })).rejects.toMatchObject(failing("PreconditionFailed", 412));
    await expect(write({ IfMatch: '"x"' })).rejects.toMatchObject(failing("PreconditionFailed", 412));
    await write({ IfMatch: ETag });
    await expect(write({ Key: "b", IfMatch: ETag })).rejects.toMatchObject(failing("NoSuchKey", 404));
    await write({ Key: "b", IfNoneMatch: "*" });
    expect(await get("a")).toBe("two");
  });

  it("of two writers who both want to be first one is", async () => {
    const write = (Body: string): Promise<unknown> =>
      client.send(new PutObjectCommand({ Bucket, Key: "lock", Body, IfNoneMatch: "*" }));
    const settled = await Promise.allSettled([write("one"), write("two")]);
    expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("are copied, with their metadata or with other", async () => {
    const Key = "a b/ü+%.txt";
    const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
    const { ETag } = await client.send(new PutObjectCommand({ Bucket, Key, Body: "content", Metadata: { a: "1" } }));
    const { CopyObjectResult } = await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    expect(CopyObjectResult?.ETag).toBe(ETag);
    expect((await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).Metadata).toEqual({ a: "1" });
    const replaced = { MetadataDirective: "REPLACE", Metadata: { b: "2" } } as const;
    await client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...replaced }));
    expect((await client.send(new HeadObjectCommand({ Bucket, Key }))).Metadata).toEqual({ b: "2" });
    const copy = (more: object): Promise<unknown> =>
      client.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));
    await expect(copy({})).rejects.toMatchObject(failing("InvalidRequest", 400));
    await expect(copy({ Key: "c", CopySourceIfMatch: '"x"' })).rejects.toMatchObject(
      failing("PreconditionFailed", 412),
    );
    await expect(copy({ CopySource: `${Bucket}/none` })).rejects.toMatchObject(failing("NoSuchKey", 404));
  });

  it("are deleted, one or many, there or not", async () => {
    await put("a", "b", "c", "d");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "none" }));
    const { Deleted } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "b" }, { Key: "<none>" }] } }),
    );
    expect(Deleted).toEqual([{ Key: "b" }, { Key: "<none>" }]);
    const quiet = { Objects: [{ Key: "c" }], Quiet: true };
    expect((await client.send(new DeleteObjectsCommand({ Bucket, Delete: quiet }))).Deleted).toBeUndefined();
    expect(server.keys(Bucket)).toEqual(["d"]);
  });

  it.each([
    "../x",
    "/abs",
    "a//b",
    ".",
    "./a/../b",
    "a\\b",
    "a\u0001b",
    "dir/",
    "%2F+ &<>'\"",
    "\u{10FFFF}",
    "k".repeat(1024),
  ])("have any key: %j", async (Key) => {
    await client.send(new PutObjectCommand({ Bucket, Key, Body: "content" }));
    expect(server.keys(Bucket)).toEqual([Key]);
    expect(await get(Key)).toBe("content");
  });

  it("have no key of more than 1 KiB", async () => {
    const Key = "ü".repeat(513);
    await expect(client.send(new PutObjectCommand({ Bucket, Key, Body: "" }))).rejects.toMatchObject(
      failing("KeyTooLongError", 400),
    );
  });
});

describe("the S3 server's listings", () => {
  async function pages(more: object): Promise<readonly string[][]> {
    const found: string[][] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken, ...more }));
      const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}…`);
      found.push([...(page.Contents ?? []).map(({ Key }) => Key ?? ""), ...prefixes]);
      expect(page.KeyCount).toBe(found.at(-1)?.length);
      ContinuationToken = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
    } while (ContinuationToken !== undefined);
    return found;
  }

  it("are in the order of UTF-8, in pages", async () => {
    await put("b", "a", "\u{1F600}", "\uFF5E", "B");
    expect(await pages({})).toEqual([["B", "a", "b", "\uFF5E", "\u{1F600}"]]);
    expect(await pages({ MaxKeys: 2 })).toEqual([["B", "a"], ["b", "\uFF5E"], ["\u{1F600}"]]);
    expect(await pages({ MaxKeys: 0 })).toEqual([[]]);
    expect(await pages({ StartAfter: "a" })).toEqual([["b", "\uFF5E", "\u{1F600}"]]);
  });

  it("show what has a delimiter after the prefix once, on one page only", async () => {
    await put("a/1", "a/2", "a/3/4", "a/3/5", "b", "c/1", "c/2", "d");
    expect(await pages({ Delimiter: "/" })).toEqual([["b", "d", "a/…", "c/…"]]);
    expect(await pages({ Delimiter: "/", MaxKeys: 1 })).toEqual([["a/…"], ["b"], ["c/…"], ["d"]]);
    expect(await pages({ Delimiter: "/", Prefix: "a/" })).toEqual([["a/1", "a/2", "a/3/…"]]);
    expect(await pages({ Prefix: "a/3" })).toEqual([["a/3/4", "a/3/5"]]);
    expect(await pages({ Delimiter: "/", StartAfter: "c/1" })).toEqual([["d", "c/…"]]);
  });

  it("encode keys where they are asked to", async () => {
    await put("a b/ü+<1>\u0001");
    const page = await client.send(new ListObjectsV2Command({ Bucket, EncodingType: "url" }));
    expect(page.Contents?.map(({ Key }) => Key)).toEqual(["a+b/%C3%BC%2B%3C1%3E%01"]);
    expect(page.EncodingType).toBe("url");
  });

  it("refuse a token that is none", async () => {
    await expect(pages({ ContinuationToken: "no token" })).rejects.toMatchObject(failing("InvalidArgument", 400));
  });
});

describe("the S3 server's uploads in parts", () => {
  const Key = "large";
  const whole = Buffer.alloc(5 * mebibyte, "part one");

  async function begin(): Promise<string> {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { a: "1" } }));
    return UploadId ?? "";
  }

  async function part(UploadId: string, PartNumber: number, Body: string | Buffer): Promise<object> {
    const { ETag, ChecksumCRC32 } = await client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    );
    return { ETag, ChecksumCRC32, PartNumber };
  }

  const complete = (UploadId: string, Parts: object[]): Promise<unknown> =>
    client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));

  it("are one object when they are complete, and none before", async () => {
    const id = await begin();
    const second = await part(id, 7, "the rest");
    const first = await part(id, 3, whole);
    expect(server.keys(Bucket)).toEqual([]);
    const { Parts, Bucket: named } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId: id }));
    expect([named, Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])]).toEqual([
      Bucket,
      [
        [3, whole.length],
        [7, 8],
      ],
    ]);
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "lar" }));
    expect(Uploads?.map(({ Key: key, UploadId }) => [key, UploadId])).toEqual([[Key, id]]);
    expect(await complete(id, [first, second])).toMatchObject({
      ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) as string,
    });
    expect(String(await server.read(Bucket, Key))).toBe(`${String(whole)}the rest`);
    expect(server.uploads(Bucket)).toEqual([]);
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ Metadata: { a: "1" } });
    expect(await get(Key, { Range: `bytes=${whole.length - 3}-${whole.length + 2}` })).toBe("onethe");
  });

  it("are not completed from parts that are wrong, small or out of order, and can still be then", async () => {
    const id = await begin();
    const [first, second] = [await part(id, 1, whole), await part(id, 2, "small")];
    const third = await part(id, 3, "end");
    await expect(complete(id, [second, first])).rejects.toMatchObject(failing("InvalidPartOrder", 400));
    await expect(complete(id, [first, second, third])).rejects.toMatchObject(failing("EntityTooSmall", 400));
    await expect(complete(id, [{ ...first, ETag: '"x"' }])).rejects.toMatchObject(failing("InvalidPart", 400));
    await expect(complete(id, [{ ...first, PartNumber: 9 }])).rejects.toMatchObject(failing("InvalidPart", 400));
    await expect(complete(id, [])).rejects.toMatchObject(failing("MalformedXML", 400));
    await complete(id, [first, third]);
    expect((await server.read(Bucket, Key))?.length).toBe(whole.length + 3);
    await expect(complete(id, [first])).rejects.toMatchObject(failing("NoSuchUpload", 404));
  });

  it("are aborted with all their parts", async () => {
    const id = await begin();
    await part(id, 1, whole);
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }));
    expect([server.uploads(Bucket), server.keys(Bucket)]).toEqual([[], []]);
    await expect(part(id, 1, whole)).rejects.toMatchObject(failing("NoSuchUpload", 404));
    await expect(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: id }))).rejects.toMatchObject(
      failing("NoSuchUpload", 404),
    );
  });

  it("keep to the checksum that was announced", async () => {
    const announced = { Bucket, Key, ChecksumAlgorithm: "SHA256" } as const;
    const { UploadId = "" } = await client.send(new CreateMultipartUploadCommand(announced));
    await expect(part(UploadId, 1, whole)).rejects.toMatchObject(failing("InvalidRequest", 400));
    const sent = { Bucket, Key, UploadId, PartNumber: 1, Body: "content", ChecksumAlgorithm: "SHA256" } as const;
    const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand(sent));
    await expect(complete(UploadId, [{ PartNumber: 1, ETag }])).rejects.toMatchObject(failing("InvalidRequest", 400));
    const told = await complete(UploadId, [{ PartNumber: 1, ETag, ChecksumSHA256 }]);
    expect(told).toMatchObject({ ChecksumSHA256: expect.stringMatching(/^[^-]+-1$/) as string });
  });

  it("are copied from other objects", async () => {
    await server.write(Bucket, "source", "0123456789");
    const id = await begin();
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key,
        UploadId: id,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange: "bytes=2-5",
      }),
    );
    await complete(id, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    expect(await get(Key)).toBe("2345");
  });

  it("are listed in pages", async () => {
    for (const key of ["a", "b", "a"]) await client.send(new CreateMultipartUploadCommand({ Bucket, Key: key }));
    const first = await client.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 1 }));
    const second = await client.send(
      new ListMultipartUploadsCommand({
        Bucket,
        KeyMarker: first.NextKeyMarker,
        UploadIdMarker: first.NextUploadIdMarker,
      }),
    );
    expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
    expect([...(first.Uploads ?? []), ...(second.Uploads ?? [])].map((upload) => upload.Key)).toEqual(["a", "a", "b"]);
  });
});
