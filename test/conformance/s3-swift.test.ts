import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, describe, it, vi } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite } from "../../src/testing.ts";
import { conformance, startTap } from "../../src/testing.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { S3Server } from "../servers/s3-server.ts";
import { startS3 } from "../servers/s3-server.ts";
import { directoriesAbove } from "./s3-site.ts";

// Swift takes some 20 ms of a processor for each request, and one case makes hundreds.
vi.setConfig({ testTimeout: 120_000 });

const name = "s3 on OpenStack Swift";
const Bucket = "bucket";

interface Service {
  readonly server: S3Server;
  /** The official client: another way to what is stored. */
  readonly client: S3Client;
}

describe.runIf(hasProgram("swift"))(titleNeeding("swift", `as ${name}`), () => {
  let started: Promise<Service> | undefined;
  let sites = 0;

  afterAll(async () => {
    const service = await started;
    service?.client.destroy();
    await service?.server.stop();
  });

  async function start(): Promise<Service> {
    const server = await startS3();
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
    await client.send(new CreateBucketCommand({ Bucket }));
    return { server, client };
  }

  async function open(): Promise<ConformanceSite> {
    const { server, client } = await (started ??= start());
    const { accessKeyId, secretAccessKey, region } = server;
    const home = `site ${++sites}/`;
    await client.send(new PutObjectCommand({ Bucket, Key: home, Body: "" }));
    const tap = await startTap({ port: server.port });
    return {
      url: `s3://${Bucket}/${encodeURI(home)}`,
      options: {
        s3: { endpoint: `http://127.0.0.1:${tap.port}`, region, accessKeyId, secretAccessKey },
        // How long waiting for oneself is watched is the pool's policy, which users are not offered.
        deadlockAfterMs: 500,
      } as TransportOptions,
      secrets: [secretAccessKey],
      server: tap,
      openFiles: async () => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: home }));
        return Uploads.length;
      },
      seed: async (path, content) => {
        const put = (key: string, Body: Uint8Array): Promise<unknown> =>
          client.send(new PutObjectCommand({ Bucket, Key: `${home}${key}`, Body }));
        for (const directory of directoriesAbove(path)) await put(directory, Buffer.alloc(0));
        await put(path, content);
      },
      reread: async (path) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: `${home}${path}` }));
        return (await Body?.transformToByteArray()) ?? Buffer.alloc(0);
      },
      close: () => tap.close(),
    };
  }

  conformance({ describe, it }, { name, open });
});
