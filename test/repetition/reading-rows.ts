import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import type { RepetitionSite, Step } from "./repetition-site.ts";
import type { RowCase } from "./row-case.ts";
import { never } from "./row-case.ts";

type ReadingRow = "has" | "stat" | "list" | "get" | "getBytes" | "readv" | "digest" | "readlink";

const content = "some content";
const sha256 = "290f493c44f5d63d06b374d0a5abd292fae38b92cab2fae5efefe1b0e9347f56";

/** How each verb is used, at which of its requests it is cut, and what it resolves with. */
const verbs: Record<ReadingRow, [Step, (site: RepetitionSite) => Promise<unknown>, unknown]> = {
  has: ["look", ({ transport }) => transport.has("file"), true],
  stat: ["look", async ({ transport }) => (await transport.stat("file")).sizeBytes, content.length],
  list: ["list", async ({ transport }) => (await collect(transport.list(""))).map(({ name }) => name), ["file"]],
  get: ["open to read", async ({ transport }) => String(await bytesOf(await transport.get("file"))), content],
  getBytes: ["open to read", async ({ transport }) => String(await transport.getBytes("file")), content],
  readv: [
    "open to read",
    async ({ transport }) => String(Buffer.concat(await collect(transport.readv("file", [{ offset: 5, length: 7 }])))),
    "content",
  ],
  digest: ["digest", ({ transport }) => transport.digest("file"), sha256],
  readlink: ["readlink", ({ transport }) => transport.readlink("link"), "file"],
};

export const readingRows: readonly RowCase[] = Object.entries(verbs).flatMap(([row, [step, run, value]]) =>
  (["before", "after"] as const).map((when) => ({
    row: row as ReadingRow,
    step,
    when,
    prepare: async (site: RepetitionSite) => {
      await site.seed("file", content);
      if (row === "readlink") await site.transport.symlink("file", "link");
    },
    run,
    happened: never,
    outcome: "resolves" as const,
    value,
    left: row === "readlink" ? { file: content, link: content } : { file: content },
    sent: 2,
  })),
);
