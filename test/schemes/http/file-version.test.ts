import { describe, expect, it } from "vitest";

import { HttpHeaders } from "../../../src/drivers/http-message.ts";
import { FileVersion } from "../../../src/schemes/http/file-version.ts";

const modified = "Sat, 21 Nov 2026 15:00:00 GMT";

/** Whether two answers with these tags, and the same length and date, are about the same content. */
function isSame(one: string, other: string, otherModified: string = modified): boolean {
  const version = new FileVersion(new HttpHeaders({ etag: one, "last-modified": modified }), 10);
  try {
    version.requireSame(new HttpHeaders({ etag: other, "last-modified": otherModified }), 10);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "unexpected", temporary: true });
    return false;
  }
}

describe("the version of a file", () => {
  it("is the same where its tag was only weak at first, as that of a new file is on Apache", () => {
    expect(isSame('W/"a"', '"a"')).toBe(true);
    expect(isSame('"a"', 'W/"a"')).toBe(true);
    expect(isSame('W/"a"', 'W/"a"')).toBe(true);
  });

  it("is another with another tag, and with another date where no tag is strong on both sides", () => {
    expect(isSame('W/"a"', '"b"')).toBe(false);
    expect(isSame('W/"a"', '"a"', "Sat, 21 Nov 2026 15:00:01 GMT")).toBe(false);
    expect(isSame('"a"', '"a"', "Sat, 21 Nov 2026 15:00:01 GMT")).toBe(true);
  });
});
