import { describe, expect, it } from "vitest";

import { getTransport, isTransportError } from "../../../src/index.ts";

describe("the location of a bucket", () => {
  it("has the bucket as its host, and a path of any plain text", () => {
    const transport = getTransport("s3://my.bucket-1/a%20b/%C3%BC", []);
    expect(transport.base).toBe("s3://my.bucket-1/a%20b/%C3%BC/");
    expect(transport.abspath("50% #1?")).toBe("s3://my.bucket-1/a%20b/%C3%BC/50%25%20%231%3F");
    expect(transport.clone("../../../..").base).toBe("s3://my.bucket-1/");
  });

  it.each([
    ["s3://bucket:9000/", "the option s3: { endpoint }"],
    ["s3://bucket/a?versionId=1", "%3F"],
    ["s3:///key", "names no host"],
  ])("is not %s", (url, says) => {
    expect(() => getTransport(url, [])).toThrow(says);
  });

  it.each(["s3.example.com", "ftp://s3.example.com", "https://joe:secret@s3.example.com", "https://h/?token=secret"])(
    "is on no service like %s, and says no secret about it",
    (endpoint) => {
      let thrown: unknown;
      try {
        getTransport("s3://bucket/", [], { s3: { endpoint } });
      } catch (error) {
        thrown = error;
      }
      expect(isTransportError(thrown, "invalid-url")).toBe(true);
      expect(String(thrown)).not.toContain("secret");
    },
  );

  it("says which service it leads to, and nobody's secret", () => {
    const s3 = { endpoint: "https://s3.example.com/", accessKeyId: "AKIA", secretAccessKey: "hush" };
    const here = getTransport("s3://bucket/", [], { s3 }).connectionReport()?.label;
    expect(here).toBe("s3: at https://s3.example.com");
    const { endpoint, ...amazon } = s3;
    expect(getTransport("s3://bucket/", [], { s3: amazon }).connectionReport()?.label).toBe("s3://bucket");
    expect(endpoint).toBeDefined();
  });
});
