import type { Logger } from "samewire";
import { getTransport, log, unlistable } from "samewire";
import { describe, expect, it } from "vitest";

import { collect } from "../../src/testing/conformance/content.ts";

describe("log", () => {
  it.each(["by a prefix", "in code"])("writes a line for every verb, %s", async (how) => {
    const lines: { level: string; fields: object; message: string }[] = [];
    const write =
      (level: string) =>
      (fields: object, message: string): void =>
        void lines.push({ level, fields, message });
    const logger: Logger = {
      ...{ trace: write("trace"), debug: write("debug"), info: () => undefined },
      ...{ warn: write("warn"), error: write("error") },
    };
    const transport =
      how === "in code"
        ? log(getTransport("memory:///"), logger)
        : getTransport("log+memory:///", undefined, { logger });
    await transport.put("file", "the content");
    await transport.clone("sub").mkdir("../other");
    await collect(transport.list());
    await expect(transport.getBytes("missing")).rejects.toMatchObject({ code: "not-found" });
    const seen = lines.filter(({ fields }) => "verb" in fields);
    expect(seen).toEqual([
      { level: "debug", message: "put", fields: expect.objectContaining({ verb: "put", path: "file" }) },
      { level: "debug", message: "mkdir", fields: expect.objectContaining({ verb: "mkdir", path: "../other" }) },
      { level: "debug", message: "list", fields: expect.objectContaining({ verb: "list", path: "" }) },
      {
        level: "warn",
        message: expect.stringContaining("[not-found]"),
        fields: expect.objectContaining({ verb: "getBytes", code: "not-found", effect: "none" }),
      },
    ]);
    expect(JSON.stringify(seen)).not.toContain("the content");
  });
});

describe("unlistable", () => {
  it("lists nothing, and says so beforehand", async () => {
    const transport = unlistable(getTransport("memory:///"));
    await transport.put("file", "content");
    expect(transport.capabilities.listable).toBe(false);
    await expect(collect(transport.list())).rejects.toMatchObject({ code: "unsupported", operation: "list" });
    await expect(transport.deleteTree("")).rejects.toMatchObject({ code: "unsupported" });
    expect(String(await transport.getBytes("file"))).toBe("content");
  });
});
