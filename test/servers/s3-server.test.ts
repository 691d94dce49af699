import { createHash, createHmac } from "node:crypto";
import { connect } from "node:net";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { hasProgram, titleNeeding } from "./find-servers.ts";
import type { S3Server } from "./s3-server.ts";
import { startS3 } from "./s3-server.ts";

describe.runIf(hasProgram("swift"))(titleNeeding("swift", "an S3 server"), () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.stop());

  it("stores objects for who signs with the right secret", async () => {
    expect((await signedFetch(server, "PUT", "/bucket")).status).toBe(200);
    expect((await signedFetch(server, "PUT", "/bucket/a/b", { body: "content" })).status).toBe(200);
    expect(await (await signedFetch(server, "GET", "/bucket/a/b")).text()).toBe("content");
    expect((await signedFetch(server, "DELETE", "/bucket/a/b")).status).toBe(204);
    await expect
      .poll(() => server.requests)
      .toEqual(["PUT /bucket 200", "PUT /bucket/a/b 200", "GET /bucket/a/b 200", "DELETE /bucket/a/b 204"]);
  });

  it("refuses another secret", async () => {
    const answer = await signedFetch(server, "GET", "/", { secret: "another" });
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining("SignatureDoesNotMatch")]);
  });

  it("counts connections, and those that are open", async () => {
    const [accepted, open] = [server.accepted, server.openConnections];
    const socket = connect(server.port, "127.0.0.1");
    await expect.poll(() => [server.accepted, server.openConnections]).toEqual([accepted + 1, open + 1]);
    socket.destroy();
    await expect.poll(() => server.openConnections).toBe(open);
  });
});

/** Asks with a signature of AWS, version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function signedFetch(
  server: S3Server,
  method: string,
  path: string,
  { body = "", secret = server.secretAccessKey }: { readonly body?: string; readonly secret?: string } = {},
): Promise<Response> {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [time.slice(0, 8), server.region, "s3", "aws4_request"];
  const headers = { host: `127.0.0.1:${server.port}`, "x-amz-content-sha256": sha256(body), "x-amz-date": time };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const canonical = [method, path, "", ...lines, "", names, sha256(body)].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha256(canonical)].join("\n");
  const credential = `Credential=${server.accessKeyId}/${scope.join("/")}, SignedHeaders=${names}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, Signature=${hmac(key, text).toString("hex")}`;
  return fetch(server.url(path), {
    method,
    headers: { ...headers, authorization },
    ...(method === "PUT" ? { body } : {}),
  });
}
