import { describe, expect, it } from "vitest";

import { gatewayToken } from "../../src/cli/gateway-token.ts";

describe("the token of a gateway", () => {
  it("is what the environment says, else another one each time", async () => {
    const given = { SAMEWIRE_TOKEN: "a-token-of-our-own" };
    expect(await gatewayToken(undefined, given)).toEqual({ token: "a-token-of-our-own", isNew: false });
    for (const nothing of [{}, { SAMEWIRE_TOKEN: "" }]) {
      const [one, other] = [await gatewayToken(undefined, nothing), await gatewayToken(undefined, nothing)];
      expect([one.isNew, one.token.length >= 32, one.token === other.token]).toEqual([true, true, false]);
    }
  });

  it("that is too short is refused without showing it", async () => {
    const refused = gatewayToken(undefined, { SAMEWIRE_TOKEN: "too-short" });
    await expect(refused).rejects.toThrow("what is in SAMEWIRE_TOKEN is no token");
    await expect(refused).rejects.not.toThrow("too-short");
  });
});
