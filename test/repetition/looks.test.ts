import { describe, expect, it } from "vitest";

import type { TransportOptions } from "../../src/index.ts";
import { isTempName } from "../../src/index.ts";
import type { EmbeddedSftpSite } from "./embedded-sftp.ts";
import { embeddedSftpSite } from "./embedded-sftp.ts";
import { once } from "./row-case.ts";

const home = "/home/joe";
const unknown = { code: "connection-lost", effect: "unknown" };

async function at(test: (site: EmbeddedSftpSite) => Promise<void>, options: TransportOptions = {}): Promise<void> {
  const site = await embeddedSftpSite(options);
  try {
    await test(site);
    expect(await site.transport.has("nothing of that name")).toBe(false);
  } finally {
    await site.close();
  }
}

/** Does something once, however often it is called. */
function onlyOnce(deed: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) deed();
    isDone = true;
  };
}

describe("a look at what became of a change whose connection was lost", () => {
  it("does not hide, where it fails as well, what the connection was lost by", async () => {
    await at(async ({ transport, cutter, seed, names }) => {
      await seed("file", "content");
      cutter.meanwhile("look", () => "drop");
      const work = cutter.cut("delete", "after", () => transport.delete("file"));
      await expect(work).rejects.toMatchObject({ ...unknown, operation: "delete", path: "file" });
      cutter.meanwhile("look", () => undefined);
      expect(await names()).toEqual([]);
    });
  });

  it("ends within its limits where the server is silent by then, with what the connection was lost by", async () => {
    const silent = { silenceTimeoutMs: 400, keepaliveIntervalMs: 50 };
    await at(async ({ transport, cutter }) => {
      cutter.meanwhile("look", () => "silence");
      await expect(cutter.cut("mkdir", "before", () => transport.mkdir("dir"))).rejects.toMatchObject(unknown);
      cutter.meanwhile("look", () => undefined);
    }, silent);
  });

  it("ends when it is aborted: it may have been done", async () => {
    await at(async ({ transport, cutter, seed, count }) => {
      await seed("file", "content");
      const abort = new AbortController();
      cutter.meanwhile("look", () => {
        abort.abort();
        return "silence";
      });
      const work = cutter.cut("delete", "before", () => transport.delete("file", { signal: abort.signal }));
      await expect(work).rejects.toMatchObject({ effect: "unknown", operation: "delete" });
      cutter.meanwhile("look", () => undefined);
      expect(count("delete")).toBe(1);
    });
  });

  it("is not made where all goes well", async () => {
    await at(async ({ transport, count }) => {
      const before = count("look");
      await transport.mkdir("dir");
      await transport.put("file", once("content"), { isNew: true });
      await transport.rename("file", "renamed");
      await transport.delete("renamed");
      await transport.rmdir("dir");
      expect(count("look")).toBe(before);
    });
  });
});

describe("whoever else is there while the connection is lost", () => {
  it("and makes the directory keeps it: nobody is told that it was made by another than who did", async () => {
    await at(async ({ transport, cutter, tree, count }) => {
      cutter.meanwhile(
        "mkdir",
        onlyOnce(() => tree.mkdir(`${home}/dir`)),
      );
      await expect(cutter.cut("mkdir", "before", () => transport.mkdir("dir"))).rejects.toMatchObject(unknown);
      expect(count("mkdir")).toBe(2);
    });
  });

  it("and makes anew what was deleted keeps it", async () => {
    await at(async ({ transport, cutter, seed, content, count }) => {
      await seed("file", "mine");
      cutter.meanwhile(
        "look",
        onlyOnce(() => void seed("file", "another's")),
      );
      await expect(cutter.cut("delete", "after", () => transport.delete("file"))).rejects.toMatchObject(unknown);
      expect(await content("file")).toBe("another's");
      expect(count("delete")).toBe(1);
    });
  });

  it("and makes anew what was renamed loses neither, as a log's writer would", async () => {
    await at(async ({ transport, cutter, seed, content }) => {
      await seed("log", "yesterday");
      cutter.meanwhile(
        "look",
        onlyOnce(() => void seed("log", "today")),
      );
      await expect(cutter.cut("rename", "after", () => transport.rename("log", "log.1"))).rejects.toMatchObject(
        unknown,
      );
      expect(await content("log")).toBe("today");
      expect(await content("log.1")).toBe("yesterday");
    });
  });

  it("and took away what was to be renamed is not taken for us", async () => {
    await at(async ({ transport, cutter, seed, tree }) => {
      await seed("file", "new");
      await seed("other", "old");
      cutter.meanwhile(
        "look",
        onlyOnce(() => tree.unlink(`${home}/file`)),
      );
      const work = cutter.cut("rename", "before", () => transport.move("file", "other"));
      await expect(work).rejects.toMatchObject({ ...unknown, operation: "move" });
    });
  });

  it("and sweeps up a temporary makes nobody believe that it was renamed", async () => {
    await at(async ({ transport, cutter, seed, tree, content }) => {
      await seed("file", "the old content");
      const sweep = (): void => {
        for (const { name } of tree.readdir(home)) if (isTempName(name)) tree.unlink(`${home}/${name}`);
      };
      cutter.meanwhile("look", onlyOnce(sweep));
      const work = cutter.cut("rename", "before", () => transport.put("file", once("new")));
      await expect(work).rejects.toMatchObject({ ...unknown, operation: "put" });
      expect(await content("file")).toBe("the old content");
    });
  });

  it("and appends as much as we would have is not taken for us", async () => {
    await at(async ({ transport, cutter, seed, content, count }) => {
      await seed("log", "1\n");
      cutter.meanwhile(
        "look",
        onlyOnce(() => void seed("log", "1\n2\n")),
      );
      await expect(cutter.cut("append", "before", () => transport.append("log", "3\n"))).rejects.toMatchObject(unknown);
      expect(await content("log")).toBe("1\n2\n");
      expect(count("append")).toBe(1);
    });
  });

  it("and appends behind us does not hide that we have", async () => {
    await at(async ({ transport, cutter, seed, content }) => {
      await seed("log", "1\n");
      cutter.meanwhile(
        "look",
        onlyOnce(() => void seed("log", "1\n2\n3\n")),
      );
      expect(await cutter.cut("append", "after", () => transport.append("log", "2\n"))).toBe(2);
      expect(await content("log")).toBe("1\n2\n3\n");
    });
  });

  it("finds what was appended with a large content by its end", async () => {
    await at(async ({ transport, cutter, seed, content }) => {
      const large = "0123456789".repeat(20_000);
      await seed("log", "begun");
      expect(await cutter.cut("append", "after", () => transport.append("log", large))).toBe(5);
      expect(await content("log")).toBe(`begun${large}`);
    });
  });
});
