import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import type { S3OperationName, S3Server, S3ServerRequest } from "../../src/testing.ts";
import { startS3Server } from "../../src/testing.ts";
import type { Act } from "./site.ts";
import type { WebStage } from "./web-stage.ts";
import { Bell, content, openWebStage, reads } from "./web-stage.ts";

// What the SDK thinks of this version of Node it says once to every process; a cell's warnings are those of its fault.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

export const bucket = "bucket";
const accessKeyId = "ASIASAMEWIRETEST";
const secretAccessKey = "secret#key/of+joe";
const sessionToken = "session#token/of+joe==";

export interface S3Stage extends WebStage {
  readonly server: S3Server;
  /** Has an operation heard when it is asked for. */
  hear(operation: S3OperationName, heard: () => void): void;
  /** What an object holds; undefined where there is none. */
  holds(key: string): Promise<Buffer | undefined>;
}

/** What changes something, and how it is seen from the other side whether it has. */
export type Changing = Pick<Act<S3Stage>, "name" | "run" | "manner" | "happened">;

/** A server of its own behind a wedge. */
export async function openS3Stage(): Promise<S3Stage> {
  const heard = { operation: undefined as S3OperationName | undefined, tell: (): void => undefined };
  const server = await startS3Server({
    users: { [accessKeyId]: { secretAccessKey, sessionToken } },
    onRequest: ({ operation }: S3ServerRequest) => {
      if (operation !== undefined && operation === heard.operation) heard.tell();
      return "answer";
    },
  });
  await server.write(bucket, "file", content);
  await server.write(bucket, "other", "another content");
  await server.write(bucket, "dir/member", "of the directory");
  const stage = await openWebStage({
    server,
    bell: new Bell(),
    scheme: "http",
    options: {},
    works,
  });
  const { lookup } = stage.names;
  const endpoint = stage.url.slice(0, -1);
  return {
    ...stage,
    url: `s3://${bucket}/`,
    options: {
      lookup,
      proxy: null,
      s3: { endpoint, region: server.region, accessKeyId, secretAccessKey, sessionToken },
    },
    server,
    hear: (operation, tell) => Object.assign(heard, { operation, tell }),
    holds: async (key) => (server.keys(bucket).includes(key) ? await server.read(bucket, key) : undefined),
  };
}

async function works(transport: Transport, name: string): Promise<void> {
  await transport.put(name, `content of ${name}`);
  expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
  await reads(transport);
}

/** Strikes when an operation was asked for, before its body is read. */
export const atRequest =
  (operation: S3OperationName): Act<S3Stage>["arm"] =>
  (stage, strike) =>
    stage.hear(operation, strike);

/** Strikes in the answer to an operation, once so many bytes of it have passed: 0 strikes when all is done, and nobody was told. */
export const inAnswer =
  (operation: S3OperationName, bytes: number): Act<S3Stage>["arm"] =>
  (stage, strike) => {
    let isArmed = true;
    stage.hear(operation, () => {
      if (isArmed) stage.wedge.afterBytes(bytes, "down", strike);
      isArmed = false;
    });
  };

export const secrets: readonly string[] = [secretAccessKey, encodeURIComponent(secretAccessKey), sessionToken];
