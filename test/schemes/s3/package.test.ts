import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { S3Server } from "../../../src/testing.ts";
import { startS3Server } from "../../../src/testing.ts";
import { ensureBuilt, root } from "../../process/built-package.ts";

const run = promisify(execFile);

/** Notes every module that is asked for; without the SDK there is none. */
const hooks = (present: boolean): string => `
  export async function resolve(specifier, context, next) {
    if (!specifier.startsWith("@aws-sdk/client-s3")) return next(specifier, context);
    console.log("asked for", specifier);
    if (${present}) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package " + specifier), { code: "ERR_MODULE_NOT_FOUND" });
  }
`;

/** What the loader says, which comes when it likes. */
const isNote = (line: string): boolean => line.startsWith("asked for ");

/** A program of its own, of which nothing is set up but what the environment says. */
describe("a program that reads s3: by its URL alone", () => {
  let server: S3Server;
  beforeAll(async () => {
    await ensureBuilt();
    server = await startS3Server();
    await server.write("bucket", "dir/file", "content");
  });
  afterAll(() => server.close());

  async function program(lines: string, present: boolean, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
    const { PATH } = process.env;
    const preload = `
      import { register } from "node:module";
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks(present))}));
    `;
    const source = `
      import * as samewire from ${JSON.stringify(pathToFileURL(join(root, "dist/index.js")).href)};
      ${lines}
    `;
    const args = [
      "--import",
      `data:text/javascript,${encodeURIComponent(preload)}`,
      "--input-type=module",
      "-e",
      source,
    ];
    const { stdout } = await run(process.execPath, args, {
      env: { PATH, HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true", ...env },
      timeout: 20_000,
    });
    return stdout.trim().split("\n");
  }

  const environment = (): NodeJS.ProcessEnv => ({
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_REGION: server.region,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  });

  it("loads the SDK with the first verb, and not before", async () => {
    const out = await program(
      `
        const transport = samewire.getTransport("s3://bucket/dir/");
        console.log("made", transport.base);
        console.log(String(await transport.getBytes("file")));
        await transport.disconnect();
      `,
      true,
      environment(),
    );
    expect(out[0]).toBe("made s3://bucket/dir/");
    expect(out).toContain("asked for @aws-sdk/client-s3");
    expect(out.filter((line) => !isNote(line)).at(-1)).toBe("content");
  });

  it("is told what to install where the SDK is missing", async () => {
    const out = await program(
      `
        const transport = samewire.getTransport("s3://bucket/dir/");
        for (const work of [transport.getBytes("file"), transport.connect()])
          await work.catch((error) => console.log(error.code, error.hint));
      `,
      false,
      environment(),
    );
    expect(out.filter((line) => line.startsWith("missing-driver"))).toEqual([
      "missing-driver Install it: npm install @aws-sdk/client-s3",
      "missing-driver Install it: npm install @aws-sdk/client-s3",
    ]);
  });

  it("is told how to say who asks where nobody knows", async () => {
    const out = await program(
      `
        const transport = samewire.getTransport("s3://bucket/dir/");
        await transport.getBytes("file").catch((error) => console.log(error.code, error.hint));
      `,
      true,
      { AWS_ENDPOINT_URL: server.endpoint },
    );
    expect(out.filter((line) => !isNote(line)).at(-1)).toMatch(
      /^authentication-failed .*accessKeyId.*AWS_ACCESS_KEY_ID/,
    );
  });

  it("does not show one key's request as another's, whose key is in the environment", async () => {
    const before = server.requests.length;
    const out = await program(
      `
        for (const [url, s3] of [["s3://other@bucket/dir/"], ["s3://bucket/dir/", { secretAccessKey: "hush" }]]) {
          const transport = samewire.getTransport(url, [], s3 === undefined ? {} : { s3 });
          await transport.getBytes("file").catch((error) => console.log(error.code, error.hint));
        }
      `,
      true,
      environment(),
    );
    expect(out.filter((line) => !isNote(line))).toEqual(
      Array(2).fill(expect.stringMatching(/^authentication-failed Pass s3: \{/)),
    );
    expect(server.requests.slice(before)).toEqual([]);
  });
});
