import { finished } from "node:stream/promises";

import type { RepetitionSite } from "./repetition-site.ts";
import type { RowCase } from "./row-case.ts";
import { holds, isThere, much, once } from "./row-case.ts";

const old = async (site: RepetitionSite): Promise<void> => site.seed("file", "old");

async function writeStream({ transport }: RepetitionSite): Promise<void> {
  const stream = await transport.openWriteStream("file");
  const written = finished(stream);
  stream.end("new");
  await written;
}

const put: readonly RowCase[] = [
  ...(["before", "after"] as const).flatMap((when): RowCase[] => [
    {
      row: "put",
      step: "write",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", "new"),
      happened: async (site) => (await site.names()).length > 1,
      outcome: "resolves",
      value: 3,
      left: { file: "new" },
    },
    {
      row: "put",
      about: "of which the name is all that lacks",
      step: "rename",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", "newer"),
      happened: holds("file", "newer"),
      outcome: "resolves",
      value: 5,
      left: { file: "newer" },
    },
    {
      row: "put, from a source",
      step: "write",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", once("new")),
      happened: async (site) => (await site.names()).length > 1,
      outcome: "unknown or none",
      left: { file: "old" },
      sent: 1,
    },
    {
      row: "put, its last step",
      step: "rename",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", once("new", " content")),
      happened: holds("file", "new content"),
      outcome: "resolves",
      value: 11,
      left: { file: "new content" },
      sent: when === "after" ? 1 : 2,
    },
    {
      row: "put, its last step",
      about: "where nothing was",
      step: "rename",
      when,
      run: ({ transport }) => transport.put("file", once("new")),
      happened: holds("file", "new"),
      outcome: "resolves",
      value: 3,
      left: { file: "new" },
      sent: when === "after" ? 1 : 2,
    },
    {
      row: "put, parts made one",
      step: "complete",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", once(...Array.from({ length: 15 }, () => much))),
      happened: holds("file", much.repeat(15)),
      outcome: "resolves",
      value: 15 * much.length,
      left: { file: much.repeat(15) },
      sent: when === "after" ? 1 : 2,
    },
    {
      row: "put in place",
      step: "open to write",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", "new", { atomic: false }),
      happened: holds("file", "new"),
      outcome: "resolves",
      value: 3,
      left: { file: "new" },
    },
    {
      row: "put in place, from a source",
      step: "open to write",
      when,
      prepare: old,
      run: ({ transport }) => transport.put("file", once("new"), { atomic: false }),
      happened: holds("file", "new"),
      outcome: "unknown",
      left: { file: when === "before" ? "old" : "new" },
      sent: 1,
    },
  ]),
];

const append: readonly RowCase[] = [
  ...(["before", "after"] as const).flatMap((when): RowCase[] => [
    {
      row: "append",
      step: "append",
      when,
      prepare: old,
      run: ({ transport }) => transport.append("file", ", new"),
      happened: holds("file", "old, new"),
      outcome: when === "after" ? "resolves" : "unknown",
      value: 3,
      left: { file: when === "after" ? "old, new" : "old" },
      sent: 1,
    },
    {
      row: "append",
      about: "to nothing",
      step: "append",
      when: "after",
      run: ({ transport }) => transport.append(`file ${when}`, "new"),
      happened: holds(`file ${when}`, "new"),
      outcome: "resolves",
      value: 0,
      left: { [`file ${when}`]: "new" },
      sent: 1,
    },
    {
      row: "append, from a source",
      step: "append",
      when,
      prepare: old,
      run: ({ transport }) => transport.append("file", once(", new")),
      happened: holds("file", "old, new"),
      outcome: "unknown",
      left: { file: when === "after" ? "old, new" : "old" },
      sent: 1,
    },
  ]),
];

const streams: readonly RowCase[] = (["before", "after"] as const).map((when) => ({
  row: "openWriteStream",
  step: "open to write",
  when,
  prepare: old,
  run: writeStream,
  happened: holds("file", ""),
  outcome: "resolves",
  left: { file: "new" },
}));

/** Copies and changes of what a file has beside its content. */
const others: readonly RowCase[] = (["before", "after"] as const).flatMap((when): RowCase[] => [
  {
    row: "copy",
    step: "copy",
    when,
    prepare: old,
    run: ({ transport }) => transport.copy("file", "copy"),
    happened: isThere("copy"),
    outcome: "resolves",
    left: { file: "old", copy: "old" },
  },
  {
    row: "copy",
    about: "of which the name is all that lacks",
    step: "rename",
    when,
    prepare: old,
    run: ({ transport }) => transport.copy("file", "copy"),
    happened: isThere("copy"),
    outcome: "resolves",
    left: { file: "old", copy: "old" },
  },
  {
    row: "setAttributes",
    step: "attributes",
    when,
    prepare: old,
    run: async ({ transport }) => {
      await transport.setAttributes("file", { mode: 0o640 });
      return (await transport.stat("file")).mode;
    },
    happened: async ({ transport }) => (await transport.stat("file")).mode === 0o640,
    outcome: "resolves",
    value: 0o640,
    left: { file: "old" },
    sent: 2,
  },
]);

export const contentRows: readonly RowCase[] = [...put, ...append, ...streams, ...others];
