import type { TransportOptions } from "../../src/index.ts";
import type { ConformanceSite, S3Server } from "../../src/testing.ts";
import { startTap } from "../../src/testing.ts";

const bucket = "bucket";
let sites = 0;

/** A directory of its own on an S3 server of this package, behind a tap that counts. */
export async function s3Site(
  server: S3Server,
  {
    endpoint = (port) => `http://127.0.0.1:${port}`,
    pathStyle = true,
    options = {},
  }: {
    readonly endpoint?: (port: number) => string;
    readonly pathStyle?: boolean;
    readonly options?: TransportOptions;
  } = {},
): Promise<ConformanceSite> {
  const { accessKeyId, secretAccessKey, region } = server;
  const home = `site ${++sites}/`;
  await server.write(bucket, home, "");
  const tap = await startTap({ port: server.port });
  return {
    url: `s3://${bucket}/${encodeURI(home)}`,
    options: {
      ...options,
      s3: { endpoint: endpoint(tap.port), region, pathStyle, accessKeyId, secretAccessKey },
      // How long waiting for oneself is watched is the pool's policy, which users are not offered.
      deadlockAfterMs: 500,
    } as TransportOptions,
    secrets: [secretAccessKey],
    server: tap,
    // What is neither completed nor aborted is stored, and paid for, until somebody looks.
    openFiles: () => server.uploads(bucket).filter((key) => key.startsWith(home)).length,
    seed: async (path, content) => {
      for (const directory of directoriesAbove(path)) await server.write(bucket, `${home}${directory}`, "");
      await server.write(bucket, `${home}${path}`, content);
    },
    reread: async (path) =>
      (await server.read(bucket, `${home}${path}`)) ?? Promise.reject(new Error("it is not there")),
    close: () => tap.close(),
  };
}

/** The keys of the empty objects that the directories above a path are, from the outermost on. */
export function directoriesAbove(path: string): readonly string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, at) => `${names.slice(0, at + 1).join("/")}/`);
}
