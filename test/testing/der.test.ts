import { describe, expect, it } from "vitest";

import { integer, objectId, octetString, sequence, time } from "../../src/testing/servers/der.ts";

describe("distinguished encoding", () => {
  it("keeps a number positive", () => {
    expect(integer(Buffer.from([0x7f])).toString("hex")).toBe("02017f");
    expect(integer(Buffer.from([0x80])).toString("hex")).toBe("02020080");
  });

  it("writes lengths in as few bytes as will do", () => {
    const heads = { 0x7f: "047f", 0x80: "048180", 0xff: "0481ff", 0x100: "04820100", 0x1_0000: "0483010000" };
    for (const [length, head] of Object.entries(heads)) {
      const encoded = octetString(Buffer.alloc(Number(length)));
      expect(encoded.subarray(0, encoded.length - Number(length)).toString("hex")).toBe(head);
    }
    expect(sequence().toString("hex")).toBe("3000");
  });

  it("writes the large parts of an object identifier in base 128", () => {
    expect(objectId("1.2.840.113549").toString("hex")).toBe("06062a864886f70d");
  });

  it("writes a time with two digits of the year before 2050, with four from then on", () => {
    expect(time(new Date("2049-12-31T23:59:59.999Z")).toString("latin1")).toBe("\x17\x0d491231235959Z");
    expect(time(new Date("2050-01-01T00:00:00Z")).toString("latin1")).toBe("\x18\x0f20500101000000Z");
  });
});
