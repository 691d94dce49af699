import { createHash } from "node:crypto";

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { DigestAlgorithm, Transport } from "samewire";
import { TransportScope } from "samewire";
import { startFtpServer, startS3Server } from "samewire/testing";
import { describe, expect, it } from "vitest";

import { ftpSite } from "../conformance/ftp-site.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import { startProftpd } from "../servers/proftpd.ts";
import { s3Client } from "../testing/s3-client.ts";

const content = Buffer.alloc(1024 * 1024, "some content, ");
const digestIn = (algorithm: DigestAlgorithm): string => createHash(algorithm).update(content).digest("hex");

/** Bytes that a digest brought here. */
async function bytesFor(transport: Transport, path: string, algorithm: DigestAlgorithm): Promise<number> {
  await transport.connect();
  const before = transport.connectionReport()?.bytesReceived ?? 0;
  expect(await transport.digest(path, { algorithm })).toBe(digestIn(algorithm));
  return (transport.connectionReport()?.bytesReceived ?? 0) - before;
}

describe.runIf(hasProgram("proftpd"))(titleNeeding("proftpd", "a digest on ProFTPD with mod_digest"), () => {
  it("is computed by the server, whatever the file's name is", async () => {
    const server = await startProftpd({ config: ["LoadModule mod_digest.c", "DigestEngine on"] });
    const site = await ftpSite(server);
    const scope = new TransportScope();
    try {
      const transport = scope.getTransport(site.url, site.options);
      // A name like a digest, and one that could be taken for a part of another file.
      for (const path of ["file", digestIn("md5"), digestIn("sha256"), "file 0 5", "ünï code"]) {
        await site.seed?.(path, content);
        for (const algorithm of ["sha256", "sha1", "md5"] as const)
          expect(await bytesFor(transport, path, algorithm), `${algorithm} of ${path}`).toBeLessThan(2_000);
      }
      await expect(transport.digest("missing")).rejects.toMatchObject({ code: "not-found" });
      await transport.mkdir("dir");
      await expect(transport.digest("dir")).rejects.toMatchObject({ code: "is-a-directory" });
    } finally {
      await scope.close();
      await site.close();
      await server.stop();
    }
  });
});

it("a digest on an FTP server that computes none is that of what is read", async () => {
  await using server = await startFtpServer();
  await using scope = new TransportScope();
  const transport = scope.getTransport(server.url, { password: server.password });
  await transport.put("file", content);
  expect(await bytesFor(transport, "file", "sha256")).toBeGreaterThan(content.length);
});

describe("a digest on S3", () => {
  it("is the one that was stored with an object, and that of what is read where that is another one", async () => {
    await using server = await startS3Server({ minPartBytes: 1 });
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const client = s3Client(server);
    await using scope = new TransportScope();
    const transport = scope.getTransport("s3://bucket/", { s3: { endpoint, region, accessKeyId, secretAccessKey } });
    const object = (Key: string) => ({ Bucket: "bucket", Key });
    try {
      await client.send(new PutObjectCommand({ ...object("stored"), Body: content, ChecksumAlgorithm: "SHA256" }));
      expect(await bytesFor(transport, "stored", "sha256")).toBeLessThan(4_000);
      expect(await bytesFor(transport, "stored", "md5")).toBeGreaterThan(content.length);

      const how = { ChecksumAlgorithm: "SHA256" } as const;
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...object("parts"), ...how }));
      const halves = [content.subarray(0, 600_000), content.subarray(600_000)];
      const Parts = await Promise.all(
        halves.map(async (Body, index) => {
          const part = { ...object("parts"), UploadId, PartNumber: index + 1 };
          const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand({ ...part, Body, ...how }));
          return { PartNumber: index + 1, ETag, ChecksumSHA256 };
        }),
      );
      await client.send(
        new CompleteMultipartUploadCommand({ ...object("parts"), UploadId, MultipartUpload: { Parts } }),
      );
      expect(await bytesFor(transport, "parts", "sha256")).toBeGreaterThan(content.length);
    } finally {
      client.destroy();
    }
  });
});
