import { finished } from "node:stream/promises";

import { describe, expect, it } from "vitest";

import { patternedBytes } from "../../src/testing/conformance/content.ts";
import { embeddedDavSite } from "./embedded-dav.ts";
import { embeddedFtpSite } from "./embedded-ftp.ts";
import { embeddedS3Site } from "./embedded-s3.ts";
import { embeddedSftpSite } from "./embedded-sftp.ts";

const bytes = 8 * 1024 * 1024;

const sites = { sftp: () => embeddedSftpSite(), ftp: embeddedFtpSite, dav: embeddedDavSite, s3: embeddedS3Site };

describe.each(Object.entries(sites))("a lost connection over %s", (_scheme, open) => {
  it("ends a read that has begun: nothing has happened, and the rest is not read from another version", async () => {
    const site = await open();
    try {
      await site.seed("file", patternedBytes(bytes));
      const stream = await site.transport.get("file");
      const read = async (): Promise<void> => {
        for await (const _chunk of stream) site.sever();
      };
      await expect(read()).rejects.toMatchObject({ code: "connection-lost", effect: "none", operation: "get" });
      expect(site.count("open to read")).toBe(1);
      expect((await site.transport.getBytes("file")).length).toBe(bytes);
    } finally {
      await site.close();
    }
  });
});

describe.each(Object.entries({ sftp: () => embeddedSftpSite(), ftp: embeddedFtpSite }))(
  "a lost connection over %s",
  (_scheme, open) => {
    it("ends a write stream that is open: what it wrote may be there, and is not written again", async () => {
      const site = await open();
      try {
        const stream = await site.transport.openWriteStream("file");
        const written = finished(stream);
        stream.write("begun");
        const holdsBegun = async (): Promise<boolean> => (await site.content("file")) === "begun";
        await expect.poll(holdsBegun).toBe(true);
        site.sever();
        stream.end(", and ended");
        await expect(written).rejects.toMatchObject({ code: "connection-lost", effect: "unknown" });
        expect(await site.transport.has("nothing of that name")).toBe(false);
        expect(await site.content("file")).toBe("begun");
        expect(site.count("open to write")).toBe(1);
      } finally {
        await site.close();
      }
    });
  },
);
