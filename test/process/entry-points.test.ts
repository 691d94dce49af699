import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { beforeAll, expect, it } from "vitest";

import { ensureBuilt, root } from "./built-package.ts";

beforeAll(ensureBuilt, 120_000);

// A module that waited for something while it was loaded could not be required.
it.each(["samewire", "samewire/extend", "samewire/testing"])(
  "%s is imported and required, as one module and without a word on stderr",
  async (name) => {
    const text = `
      const { createRequire } = await import("node:module");
      const required = createRequire(process.cwd() + "/")(${JSON.stringify(name)});
      const imported = await import(${JSON.stringify(name)});
      console.log(Object.keys(imported).length > 10 && Object.keys(imported).every((key) => imported[key] === required[key]));
    `;
    const program = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", text], { cwd: root });
    expect(await program).toEqual({ stdout: "true\n", stderr: "" });
  },
);
