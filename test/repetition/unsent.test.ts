import { describe, expect, it } from "vitest";

import type { Transport } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import { startFtpServer, startSftpServer } from "../../src/testing.ts";
import { fingerprintOf } from "../reuse/sites.ts";
import { embeddedDavSite } from "./embedded-dav.ts";
import { embeddedS3Site } from "./embedded-s3.ts";
import { once } from "./row-case.ts";
import { contentOf, namesBelow } from "./tree-names.ts";

const home = "/home/joe";

/** What must not be done twice, and is done once. */
const changes: Readonly<Record<string, (transport: Transport) => Promise<unknown>>> = {
  mkdir: (transport) => transport.mkdir("dir"),
  append: (transport) => transport.append("log", "line"),
  "append, from a source": (transport) => transport.append("log", once("line")),
  "put, from a source": (transport) => transport.put("file", once("content")),
};

const expected: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  mkdir: { dir: undefined },
  append: { log: "line" },
  "append, from a source": { log: "line" },
  "put, from a source": { file: "content" },
};

describe("a connection that is lost before anything was sent that changes something", () => {
  it.each(Object.entries(changes))("over sftp: %s is done on the next, once", async (name, change) => {
    let dropped = 0;
    const server = await startSftpServer({
      // One that is not known to act in order is asked nothing before it has said what it can do.
      ident: "Another_1.0",
      onRequest: (request) => (request === "init" && dropped++ === 0 ? "drop" : "answer"),
    });
    try {
      const hostKeyFingerprints = server.hostKeys.map((key) => fingerprintOf(key.public));
      const ssh = { config: null, agent: null, identityFile: null, hostKeyFingerprints };
      const transport = getTransport(server.url, [], { password: server.password, ssh });
      await change(transport);
      expect(there(server.tree)).toEqual(expected[name]);
      expect(dropped).toBe(2);
      await transport.disconnect();
    } finally {
      await server.close();
    }
  });

  it.each(Object.entries(changes))("over ftp: %s is done on the next, once", async (name, change) => {
    let dropped = 0;
    const server = await startFtpServer({
      onCommand: (verb) => (verb === "PWD" && dropped++ === 0 ? "drop" : "answer"),
    });
    try {
      const transport = getTransport(server.url, [], { password: server.password });
      await change(transport);
      expect(there(server.tree)).toEqual(expected[name]);
      expect(dropped).toBe(2);
      await transport.disconnect();
    } finally {
      await server.close();
    }
  });

  it.each(Object.entries({ dav: embeddedDavSite, s3: embeddedS3Site }))(
    "over %s: what is deleted is looked at on the next, and deleted once",
    async (_scheme, open) => {
      const site = await open();
      try {
        await site.seed("file", "content");
        await site.cut(
          "look",
          "before",
          () => site.transport.delete("file"),
          () => Promise.resolve(false),
        );
        expect(await site.names()).toEqual([]);
        expect(site.count("delete")).toBe(1);
      } finally {
        await site.close();
      }
    },
  );
});

function there(tree: Parameters<typeof namesBelow>[0]): Record<string, string | undefined> {
  return Object.fromEntries(namesBelow(tree, home).map((name) => [name, contentOf(tree, `${home}/${name}`)]));
}
