import { describe, expect, it } from "vitest";

import { lowerBound } from "../../benchmarks/connections/lower-bound.ts";

describe("the lower bound of connections", () => {
  it("is one for any number of paths, decorators, spellings of the host and of the default port", () => {
    const same = ["sftp://joe@host/a", "readonly+sftp://joe@HOST/b/", "trace+noop+sftp://joe@host:22/c"];
    expect(lowerBound(same)).toBe(1);
  });

  it("counts every other scheme, user, host and port", () => {
    expect(
      lowerBound(["sftp://joe@h/", "memory://joe@h/", "sftp://Joe@h/", "sftp://joe@i/", "sftp://joe@h:2222/"]),
    ).toBe(5);
  });
});
