import { posix } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

import type { Transport } from "samewire";

import type { BasicFtpSession } from "../sites/basic-ftp-peer.ts";

/** One thing that both sides do, each with the calls that its documentation has for it. */
export interface SmallTask {
  readonly name: string;
  readonly ours: () => Promise<unknown>;
  readonly theirs: () => Promise<unknown>;
}

const content = Buffer.alloc(4_096, "samewire ");

/** Puts in an empty directory what the tasks find there. */
export async function prepare(transport: Transport): Promise<void> {
  await transport.mkdir("directory");
  for (const path of ["file", "directory/one", "directory/two"]) await transport.put(path, content);
}

export function tasks(transport: Transport, { client, base }: BasicFtpSession): readonly SmallTask[] {
  const at = (path: string): string => posix.join(base, path);
  const upload = (path: string): Promise<unknown> => client.uploadFrom(Readable.from([content]), at(path));
  return [
    {
      name: "stat",
      ours: () => transport.stat("file"),
      theirs: async () => [await client.size(at("file")), await client.lastMod(at("file"))],
    },
    {
      name: "list",
      ours: async () => {
        const entries = [];
        for await (const entry of transport.list("directory")) entries.push(entry);
        return entries;
      },
      theirs: () => client.list(at("directory")),
    },
    {
      name: "get 4 KiB",
      ours: () => transport.getBytes("file"),
      theirs: async () => {
        const sink = new PassThrough();
        await Promise.all([buffer(sink), client.downloadTo(sink, at("file"))]);
      },
    },
    {
      name: "put 4 KiB in place",
      ours: () => transport.put("file", content, { atomic: false }),
      theirs: () => upload("file"),
    },
    {
      name: "put 4 KiB atomically",
      ours: () => transport.put("file", content),
      theirs: async () => {
        await upload("temporary");
        await client.rename(at("temporary"), at("file"));
      },
    },
  ];
}
