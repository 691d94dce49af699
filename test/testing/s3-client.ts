import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { S3Client } from "@aws-sdk/client-s3";

import type { S3Server } from "../../src/testing.ts";

/** The official client, set up as for a server of one's own; what fails it does not try again. */
export function s3Client(server: S3Server, config: S3ClientConfig = {}): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1, ...config });
}

/** A request as the client hands it to its connection. */
export interface SentRequest {
  method: string;
  path: string;
  query?: Record<string, unknown>;
  headers: Record<string, string>;
  body?: unknown;
}

/** Lets every request of a client be changed once it is signed. */
export function tamper(client: S3Client, change: (request: SentRequest) => void): S3Client {
  client.middlewareStack.add(
    (next) => async (handed) => {
      change(handed.request as SentRequest);
      return await next(handed);
    },
    { step: "deserialize", priority: "low", name: "tamper" },
  );
  return client;
}
