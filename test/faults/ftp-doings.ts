import { finished } from "node:stream/promises";

import { expect } from "vitest";

import { bytesOf, collect, oddChunks } from "../../src/testing/conformance/content.ts";
import type { FtpStage } from "./ftp-stage.ts";
import { large, small } from "./ftp-stage.ts";
import type { Act } from "./site.ts";

/** What somebody does when a fault strikes. */
export type Doing = Pick<Act<FtpStage>, "name" | "manner" | "run" | "happened">;

const more = " and more";

function holds(name: string, content: string | Buffer): NonNullable<Doing["happened"]> {
  return ({ server }) => server.files.get(`/${name}`)?.equals(Buffer.from(content)) === true;
}

export const stat: Doing = {
  name: "stat",
  manner: "reading",
  run: async (transport, options) =>
    expect(await transport.stat("small", options)).toMatchObject({ type: "file", sizeBytes: small.length }),
};

export const list: Doing = {
  name: "list",
  manner: "reading",
  run: async (transport, options) =>
    expect((await collect(transport.list("", options))).map(({ name }) => name).toSorted()).toEqual(["large", "small"]),
};

export const getBytes: Doing = {
  name: "getBytes",
  manner: "reading",
  run: async (transport, options) => expect(String(await transport.getBytes("small", options))).toBe(small),
};

export const get: Doing = {
  name: "get",
  manner: "streaming",
  run: async (transport, options) => expect(String(await bytesOf(await transport.get("small", options)))).toBe(small),
};

/** Of content that can be sent twice. */
export const put: Doing = {
  name: "put",
  manner: "replacing",
  run: (transport, options) => transport.put("small", "the new content", options),
  happened: holds("small", "the new content"),
};

/** Of content that comes once. */
export const putSource: Doing = {
  name: "put of a stream",
  manner: "changing",
  run: (transport, options) => transport.put("small", oddChunks(large), options),
  happened: holds("small", large),
};

export const append: Doing = {
  name: "append",
  manner: "replacing",
  run: (transport, options) => transport.append("small", more, options),
  happened: holds("small", `${small}${more}`),
};

export const appendSource: Doing = {
  name: "append of a stream",
  manner: "changing",
  run: (transport, options) => transport.append("small", oddChunks(Buffer.from(more)), options),
  happened: holds("small", `${small}${more}`),
};

export const openWriteStream: Doing = {
  name: "openWriteStream",
  manner: "changing",
  run: async (transport, options) => {
    const stream = await transport.openWriteStream("new", options);
    stream.end("what is written");
    await finished(stream);
  },
  happened: holds("new", "what is written"),
};

export const rename: Doing = {
  name: "rename",
  manner: "replacing",
  run: (transport, options) => transport.rename("small", "renamed", options),
  happened: (stage) => !stage.server.files.has("/small") && holds("renamed", small)(stage),
};

/** Named for the verb, which is a word of the language. */
export const deleting: Doing = {
  name: "delete",
  manner: "replacing",
  run: (transport, options) => transport.delete("small", options),
  happened: ({ server }) => !server.files.has("/small"),
};
