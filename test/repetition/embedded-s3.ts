import { getTransport } from "../../src/index.ts";
import type { S3Condition, S3ServerRequest } from "../../src/testing.ts";
import { startS3Server } from "../../src/testing.ts";
import { Cutter } from "./cutter.ts";
import { onTheWire } from "./embedded-site.ts";
import type { RepetitionSite, RepetitionSubject, Step } from "./repetition-site.ts";

const bucket = "bucket";

function stepsOf({ operation, key = "" }: S3ServerRequest): readonly Step[] {
  const isMarker = key.endsWith("/");
  if (key.endsWith(".lock")) return lockSteps[operation ?? ""] ?? [];
  switch (operation) {
    case "ListObjectsV2":
      return ["look", "list"];
    case "GetObject":
      return ["open to read"];
    case "PutObject":
      return isMarker ? ["mark"] : ["write", "open to write"];
    case "CompleteMultipartUpload":
      return ["complete"];
    case "DeleteObject":
      return [isMarker ? "rmdir" : "delete"];
    case "DeleteObjects":
      return ["delete"];
    case "CopyObject":
      return ["copy"];
    default:
      return [];
  }
}

/** What is asked for of a lock's object; to put nobody's note in its place is to give it back, too. */
const lockSteps: Readonly<Record<string, readonly Step[]>> = {
  GetObject: ["see the lock"],
  PutObject: ["lock"],
  DeleteObject: ["unlock"],
};

export async function embeddedS3Site(ignores: readonly S3Condition[] = []): Promise<RepetitionSite> {
  const cutter = new Cutter();
  const server = await startS3Server({ ignores, onRequest: (request) => cutter.react(stepsOf(request)) });
  const { endpoint, region, accessKeyId, secretAccessKey } = server;
  const transport = getTransport(`s3://${bucket}/`, [], {
    s3: { endpoint, region, accessKeyId, secretAccessKey },
  } as never);
  return {
    ...(await onTheWire(transport, server, cutter)),
    seed: (path, content) => server.write(bucket, path, content),
    seedDirectory: (path) => server.write(bucket, `${path}/`, ""),
    content: async (path) => (await server.read(bucket, path))?.toString(),
    names: async () => [
      ...server.keys(bucket).map((key) => key.replace(/\/$/, "")),
      ...server.uploads(bucket).map((key) => `unfinished upload of ${key}`),
    ],
  };
}

const steps: ReadonlySet<Step> = new Set<Step>([
  "look",
  "list",
  "open to read",
  "write",
  "complete",
  "mark",
  "delete",
  "rmdir",
  "copy",
]);

/** The server of this package, by S3. What a small source gives is in memory before it is sent, and a directory goes with all that is in it. */
export const embeddedS3: RepetitionSubject = {
  name: "s3 on the in-process server",
  open: () => embeddedS3Site(),
  steps: { before: steps, after: steps },
  leftOut: (["before", "after"] as const).flatMap((when) => [
    `put, from a source: ${when} write`,
    `deleteTree, at its last directory: ${when} rmdir`,
  ]),
};
