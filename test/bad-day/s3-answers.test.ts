import { describe, expect, it } from "vitest";

import type { ErrorCode } from "../../src/index.ts";
import type { S3OperationName } from "../../src/testing.ts";
import type { ExpectedFailure } from "./witness.ts";
import { bucket, names, refusal, s3Days } from "./s3-day.ts";

const mebibyte = 1024 * 1024;

/** More than goes in one request. */
async function* large(pieces = 40): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < pieces; n++) {
    await Promise.resolve();
    yield Buffer.alloc(mebibyte, "new");
  }
}

describe("a bad day with s3: what is answered", () => {
  const day = s3Days();

  describe("200 is said, and in its body that it failed", () => {
    it("of putting an upload together: it is a failure, and nothing is left", async () => {
      const { server, witness } = day();
      await server.write(bucket, "file", "old");
      const transport = day().transport();
      day().on("CompleteMultipartUpload", { ...(refusal(500, "InternalError") as object), status: 200 });
      const put = transport.put("file", large());
      await witness.failure(put, { code: "unexpected", operation: "put", path: "file", says: /failed/ });
      expect(String(await server.read(bucket, "file"))).toBe("old");
      expect(server.uploads(bucket)).toEqual([]);
      await day().works(transport);
    });

    it("of a copy: it is a failure", async () => {
      const { server, witness } = day();
      await server.write(bucket, "from", "content");
      const transport = day().transport();
      day().on("CopyObject", { ...(refusal(500, "InternalError") as object), status: 200 });
      await witness.failure(transport.copy("from", "to"), {
        code: "unexpected",
        operation: "copy",
        effect: "unknown",
        says: /failed/,
      });
      day().on("CopyObject", { status: 200, body: '<?xml version="1.0"?>\n   \n' });
      await witness.failure(transport.copy("from", "to"), {
        code: "protocol-error",
        operation: "copy",
        effect: "unknown",
        says: /answer|say/,
      });
      await day().works(transport);
    });

    it.each([
      ["AccessDenied", "permission-denied", "none"],
      ["InternalError", "unexpected", "unknown"],
    ] as const)("of all of many deletions, as %s: nothing is said that is not known", async (word, code, effect) => {
      const { server, witness } = day();
      for (const name of ["a", "b"]) await server.write(bucket, `dir/${name}`, name);
      const errors = ["a", "b"].map((name) => `<Error><Key>dir/${name}</Key><Code>${word}</Code></Error>`).join("");
      day().on("DeleteObjects", { status: 200, body: `<DeleteResult>${errors}</DeleteResult>` });
      await witness.failure(day().transport().deleteTree("dir"), {
        code,
        operation: "deleteTree",
        effect,
        says: /dir/,
      });
    });

    it("of some of many deletions: it is a failure", async () => {
      const { server, witness } = day();
      for (const name of ["a", "b", "c"]) await server.write(bucket, `dir/${name}`, name);
      const transport = day().transport();
      const error = "<Error><Key>dir/b</Key><Code>AccessDenied</Code><Message>No.</Message></Error>";
      day().on("DeleteObjects", {
        status: 200,
        body: `<DeleteResult><Deleted><Key>dir/a</Key></Deleted>${error}</DeleteResult>`,
      });
      await witness.failure(transport.deleteTree("dir"), {
        code: "permission-denied",
        operation: "deleteTree",
        effect: "unknown",
        says: /dir\/b|not allow/,
      });
      await day().works(transport);
    });
  });

  describe("the service is busy", () => {
    it("a burst of SlowDown is waited out", async () => {
      const transport = day().transport();
      await transport.put("file", "content");
      let asked = 0;
      for (const operation of ["GetObject", "PutObject", "ListObjectsV2"] as const)
        day().on(operation, () => (asked++ % 10 < 2 ? refusal(503, "SlowDown") : "answer"));
      expect(String(await transport.getBytes("file"))).toBe("content");
      await transport.put("file", "more content");
      await Promise.all(Array.from({ length: 10 }, (_, n) => transport.put(`file-${n}`, "content")));
      expect(asked).toBeGreaterThan(12);
      expect(day().server.keys(bucket)).toHaveLength(11);
    });

    it("one that stays busy is given up within the limit, and says so", async () => {
      const { witness } = day();
      const transport = day().transport({ leaseTimeoutMs: 800 });
      await transport.put("file", "content");
      day().on("GetObject", refusal(503, "SlowDown"));
      const error = await witness.failure(transport.getBytes("file"), {
        code: "too-many-connections",
        operation: "getBytes",
        temporary: true,
        says: /too many|busy/,
      });
      expect(error.message).not.toContain("<Error>");
      await day().works(transport);
    });
  });

  describe("the service fails, or refuses", () => {
    const words: Record<
      string,
      [reaction: ReturnType<typeof refusal>, code: ErrorCode, more: Partial<ExpectedFailure>]
    > = {
      InternalError: [refusal(500, "InternalError"), "unexpected", { effect: "unknown", temporary: true }],
      "a word that nobody knows": [refusal(500, "Oops"), "unexpected", { effect: "unknown", temporary: true }],
      NotImplemented: [refusal(501, "NotImplemented"), "unsupported", { effect: "none", temporary: false }],
      "501 and no word": [{ status: 501 }, "unsupported", { effect: "none", temporary: false }],
      "507 and no word": [{ status: 507 }, "no-space", { effect: "none", temporary: false }],
      "502 of a proxy": [{ status: 502 }, "unexpected", { effect: "unknown", temporary: true }],
      "504 of a proxy": [{ status: 504 }, "timeout", { effect: "unknown", temporary: true }],
      OperationAborted: [refusal(409, "OperationAborted"), "unexpected", { effect: "none", temporary: true }],
      SlowDown: [refusal(503, "SlowDown"), "too-many-connections", { effect: "none", temporary: true }],
      "429 and no word": [{ status: 429 }, "too-many-connections", { effect: "none", temporary: true }],
    };
    it.each(Object.entries(words))("%s says what is known of the effect", async (_what, [reaction, code, more]) => {
      const { witness } = day();
      const transport = day().transport({ leaseTimeoutMs: 300 });
      await transport.put("before", "content");
      day().on("PutObject", reaction);
      await witness.failure(transport.put("file", "content"), { code, operation: "put", says: /\w/, ...more });
    });
  });

  describe("who is not let in", () => {
    const refusals: Record<string, [status: number, code: string, expected: ErrorCode, says: RegExp]> = {
      "another secret": [403, "SignatureDoesNotMatch", "authentication-failed", /signature.*Check the access key/],
      "an unknown key": [403, "InvalidAccessKeyId", "authentication-failed", /access key/],
      "an expired token": [400, "ExpiredToken", "authentication-failed", /expired.*new temporary credentials/],
      "a token that is none": [400, "InvalidToken", "authentication-failed", /token/],
      "a clock that is wrong": [403, "RequestTimeTooSkewed", "authentication-failed", /clock/],
      "too few rights": [403, "AccessDenied", "permission-denied", /not allow/],
    };
    it.each(Object.entries(refusals))("for %s is told what to do", async (_why, [status, code, expected, says]) => {
      const { witness } = day();
      const transport = day().transport();
      day().on("GetObject", refusal(status, code, "<StringToSign>AWS4-HMAC-SHA256\nsecret#key/of+joe</StringToSign>"));
      await witness.failure(transport.getBytes("file"), { code: expected, operation: "getBytes", path: "file", says });
    });

    it("may still describe what it names where it may not list", async () => {
      const { server, witness } = day();
      await server.write(bucket, "file", "content");
      const transport = day().transport();
      day().on("ListObjectsV2", refusal(403, "AccessDenied"));
      expect(await transport.stat("file")).toMatchObject({ type: "file", sizeBytes: 7 });
      expect(String(await transport.getBytes("file"))).toBe("content");
      await witness.failure(names(transport), { code: "permission-denied", operation: "list", says: /not allow/ });
    });

    it("asks no more until connect() is called", async () => {
      const { server, witness } = day();
      const transport = day().transport({ s3: { secretAccessKey: "another secret#key" } });
      witness.keepSecret("another secret#key");
      const expected = { code: "authentication-failed", operation: "put", says: /signature/ } as const;
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => witness.failure(transport.put(`file-${n}`, "content"), expected)),
      );
      expect(server.requests).toHaveLength(1);
    });
  });

  describe("the bucket is elsewhere", () => {
    const told: Record<string, [S3OperationName, ReturnType<typeof refusal>]> = {
      "a 307": [
        "GetObject",
        refusal(307, "TemporaryRedirect", "<Endpoint>bucket.s3-eu-west-1.example</Endpoint>", {
          location: "http://127.0.0.1:9/bucket/file",
          "x-amz-bucket-region": "eu-west-1",
        }),
      ],
      "a 301": [
        "GetObject",
        refusal(301, "PermanentRedirect", "<Endpoint>bucket.s3-eu-west-1.example</Endpoint>", {
          "x-amz-bucket-region": "eu-west-1",
        }),
      ],
      "a 400": ["GetObject", refusal(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")],
    };
    it.each(Object.entries(told))(
      "%s says which region to give, and is not followed",
      async (_what, [operation, answer]) => {
        const { witness } = day();
        const transport = day().transport();
        day().on(operation, answer);
        await witness.failure(transport.getBytes("file"), {
          code: "unsupported",
          operation: "getBytes",
          says: /another region.*eu-west-1/,
        });
        await day().works(transport);
      },
    );

    it("a region that is no such thing is not repeated", async () => {
      const { witness } = day();
      const transport = day().transport();
      day().on("GetObject", refusal(400, "AuthorizationHeaderMalformed", "<Region>x\u001B[31m; rm -rf</Region>"));
      const error = await witness.failure(transport.getBytes("file"), {
        code: "unsupported",
        operation: "getBytes",
        says: /another region/,
      });
      expect(error.message).not.toContain("rm -rf");
    });
  });

  describe("the answer is none", () => {
    const listing =
      '<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><Contents><Key>a</Key>';
    const nonsense: Record<string, [S3OperationName, string, RegExp]> = {
      "a listing that ends in the middle": ["ListObjectsV2", listing, /answer|XML/],
      "a listing that is a page for people": [
        "ListObjectsV2",
        "<html><body><p>It works!</body></html>",
        /answer|XML|listing/,
      ],
      "nothing at all": ["ListObjectsV2", "", /answer|XML|listing/],
      "entities that grow": [
        "ListObjectsV2",
        '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><ListBucketResult><Contents><Key>&c;</Key></Contents></ListBucketResult>',
        /./,
      ],
    };
    it.each(Object.entries(nonsense))(
      "%s is a protocol error, and no empty directory",
      async (_what, [operation, body, says]) => {
        const { witness } = day();
        const transport = day().transport();
        day().on(operation, { status: 200, headers: { "content-type": "application/xml" }, body });
        await witness.failure(names(transport), { code: "protocol-error", operation: "list", says });
        await day().works(transport);
      },
    );

    it("an upload whose number nobody says is not begun", async () => {
      const { witness } = day();
      const transport = day().transport();
      day().on("CreateMultipartUpload", {
        status: 200,
        body: "<InitiateMultipartUploadResult><Bucket>bucket</Bucket></InitiateMultipartUploadResult>",
      });
      await witness.failure(transport.put("file", large()), {
        code: "protocol-error",
        operation: "put",
        says: /upload/,
      });
    });

    it("a part that nobody says was kept is given up with its upload", async () => {
      const { server, witness } = day();
      const transport = day().transport();
      // Once it has all of the part: what is said before is not believed for another reason.
      day().on("UploadPart", { takes: 8 * mebibyte, next: { status: 200 } });
      await witness.failure(transport.put("file", large()), { code: "protocol-error", operation: "put", says: /part/ });
      expect(server.keys(bucket)).toEqual([]);
    });
  });
});
