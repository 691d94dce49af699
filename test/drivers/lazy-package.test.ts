import { expect, it } from "vitest";

import { lazyPackage } from "../../src/drivers/lazy-package.ts";

const load = (cause: Error): (() => Promise<unknown>) =>
  lazyPackage({ name: "undici", install: "undici@7", needs: "http: needs", load: () => Promise.reject(cause) });

it("a package that is not there is said to be so, without the way that was searched", async () => {
  const absent = Object.assign(new Error("Cannot find package 'undici' imported from /a/b"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  await expect(load(absent)()).rejects.toMatchObject({
    message:
      "[missing-driver] http: needs the package undici, which cannot be loaded. Install it: npm install undici@7",
  });
});

it("a package that is there and fails says why", async () => {
  await expect(load(new Error('Dynamic require of "node:net" is not supported'))()).rejects.toMatchObject({
    message: expect.stringContaining('cannot be loaded: Dynamic require of "node:net" is not supported. Install it'),
  });
});
