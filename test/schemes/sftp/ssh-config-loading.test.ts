import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { expect, it } from "vitest";

import { resolveSshConfig } from "../../../src/schemes/sftp/ssh-config.ts";
import { temporaryDirectory } from "./openssh-client.ts";

/** Alone in its file, because what is loaded stays loaded. */
it("the package that parses ssh_config is loaded only when there is a file to read", () => {
  using directory = temporaryDirectory();
  const file = directory.file("config");
  writeFileSync(file, "Port 5");
  const { cache } = createRequire(import.meta.url);
  const isLoaded = (): boolean => Object.keys(cache).some((path) => path.includes("/node_modules/ssh-config/"));

  resolveSshConfig({ host: "alias" }, { file: null });
  expect(isLoaded()).toBe(false);
  expect(resolveSshConfig({ host: "alias" }, { file }).port).toBe(5);
  expect(isLoaded()).toBe(true);
});
