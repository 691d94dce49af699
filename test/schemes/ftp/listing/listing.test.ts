import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseFacts, parseMachineListing, parseTime } from "../../../../src/schemes/ftp/listing/facts.ts";
import { parseListing } from "../../../../src/schemes/ftp/listing/listing.ts";

const file = (name: string, sizeBytes: number, mode: number): unknown => ({
  name,
  self: false,
  stat: { type: "file", sizeBytes, mode },
});

/** Lines as servers wrote them, and what they say. */
const unixLines: Readonly<Record<string, unknown>> = {
  "-rw-r--r--    1 1001     0               3 Nov 21 08:41 file": file("file", 3, 0o644),
  "-rw-r--r--   1 probe    999             6 Jan  2  2020   two spaces": file("  two spaces", 6, 0o644),
  "-rwxr-xr-x    1 ftp      ftp             3 Jan 01  2020 trailing ": file("trailing ", 3, 0o755),
  "-rwsr-sr-t   1 joe      users           12 Feb 29  2024 special": file("special", 12, 0o7755),
  "-rwSr-Sr-T   1 joe      users           12 Feb 29  2024 special": file("special", 12, 0o7644),
  "-rw-r-----+  1 joe      domain users  4096 Jul  4 12:00 acl": file("acl", 4096, 0o640),
  "-rw-r--r--   1 joe         1234 Feb 23  2005 no group": file("no group", 1234, 0o644),
  "-rw-r--r--   1 joe users 1234 2005-02-23 10:11 iso": file("iso", 1234, 0o644),
  "-rw-r--r--   1 joe users 1234 2005-02-23 10:11:12.5 iso": file("iso", 1234, 0o644),
  "-rw-r--r--   1 joe users 1234 23 Feb 2005 day first": file("day first", 1234, 0o644),
  "-rw-r--r--   1 joe users 1234 M\u00c3\u00a4r 23 10:11 other month": file("other month", 1234, 0o644),
  "-rw-r--r--   1 joe users 5 Nov 21 08:41 -rw-r--r-- 1 a b 5 Nov 21 08:41 x": file(
    "-rw-r--r-- 1 a b 5 Nov 21 08:41 x",
    5,
    0o644,
  ),
  "-rwxrwxrwx   1 owner    group    99999999999 Feb 23  2005 large": file("large", 99_999_999_999, 0o777),
  "drwxr-xr-x    3 1001     0            4096 Nov 21 08:41 dir": {
    name: "dir",
    self: false,
    stat: { type: "directory", sizeBytes: 0, mode: 0o755 },
  },
  "drwxrwxrwt    3 1001     0            4096 Nov 21 08:41 .": {
    name: ".",
    self: true,
    stat: { type: "directory", sizeBytes: 0, mode: 0o1777 },
  },
  "brw-rw----   1 root     disk       8,   1 Nov 21 08:41 sda1": {
    name: "sda1",
    self: false,
    stat: { type: "other", sizeBytes: 0, mode: 0o660 },
  },
  "lrwxrwxrwx    1 1001     0               4 Nov 21 08:41 link -> file": {
    name: "link",
    self: false,
    stat: { type: "link", sizeBytes: 4, mode: 0o777 },
  },
  // The size is the length of the target, which tells one arrow from another.
  "lrwxrwxrwx    1 1001     0               6 Nov 21 08:41 a -> b -> c": {
    name: "a",
    self: false,
    stat: { type: "link", sizeBytes: 6, mode: 0o777 },
  },
  "lrwxrwxrwx    1 1001     0               1 Nov 21 08:41 a -> b -> c": {
    name: "a -> b",
    self: false,
    stat: { type: "link", sizeBytes: 1, mode: 0o777 },
  },
};

const dosLines: Readonly<Record<string, unknown>> = {
  "02-23-05  09:21PM       <DIR>          new folder": {
    name: "new folder",
    self: false,
    stat: { type: "directory", sizeBytes: 0 },
  },
  "02-23-2005  09:21AM                 1234 file.txt": {
    name: "file.txt",
    self: false,
    stat: { type: "file", sizeBytes: 1234 },
  },
  "23.02.2005  21:21         1,234,567 in thousands": {
    name: "in thousands",
    self: false,
    stat: { type: "file", sizeBytes: 1_234_567 },
  },
  "02-23-05  09:21PM                    0  leading": {
    name: " leading",
    self: false,
    stat: { type: "file", sizeBytes: 0 },
  },
  "02-23-05  09:21PM       <JUNCTION>     there [C:\\elsewhere]": {
    name: "there",
    self: false,
    stat: { type: "link", sizeBytes: 0 },
  },
  "02-23-05  09:21PM       <DIR>          .": { name: ".", self: true, stat: { type: "directory", sizeBytes: 0 } },
};

describe("a listing for people", () => {
  it.each(Object.entries({ ...unixLines, ...dosLines }))("reads %j", (line, entry) => {
    expect(parseListing(`${line}\r\n`)).toEqual({ entries: [entry], unreadable: [] });
  });

  it("leaves the number of blocks and empty lines out, and tells which lines it could not read", () => {
    const unreadable = [
      "-rw-r--r-- 1 joe users nothing",
      "ls: cannot open",
      "drwxr-xr-x 1 a b 5 Nov 21 08:41 ",
      "-rwxrwxrwx",
    ];
    const text = ["total 12", "", ...unreadable, "-rw-r--r-- 1 a b 5 Nov 21 08:41 x"].join("\n");
    expect(parseListing(text)).toEqual({ entries: [file("x", 5, 0o644)], unreadable });
  });

  it("keeps every name that a line can hold", () => {
    const names = fc.string({ unit: "binary" }).filter((name) => name !== "" && !/[\r\n]/.test(name));
    fc.assert(
      fc.property(names, fc.nat(), (name, size) => {
        const [entry] = parseListing(`-rw-r--r--   1 joe  users ${size} Nov 21 08:41 ${name}`).entries;
        expect(entry).toMatchObject({ name, stat: { sizeBytes: size } });
      }),
    );
  });
});

describe("a listing with facts", () => {
  it("reads what ProFTPD and Pure-FTPd say", () => {
    const text = [
      "modify=20200102030405;perm=adfrw;size=6;type=file;unique=FE00U21058E;UNIX.group=999;UNIX.groupname=a;UNIX.mode=0644;UNIX.owner=998; a; b=c",
      "type=cdir;sizd=4096;modify=20200102030405.250;UNIX.mode=01755; .",
      "type=pdir;sizd=4096; ..",
      "Type=Dir;Modify=20200102030405; dir",
      "type=OS.unix=slink:;size=4;UNIX.mode=0777; link",
      "type=OS.unix=symlink;UNIX.mode=0120777;  leading",
      "type=OS.unix=chr-1/2; device",
    ].join("\r\n");
    const mtime = new Date("2020-01-02T03:04:05Z");
    expect(parseMachineListing(text)).toEqual({
      entries: [
        { name: "a; b=c", self: false, stat: { type: "file", sizeBytes: 6, mode: 0o644, mtime, uid: 998, gid: 999 } },
        {
          name: ".",
          self: true,
          stat: { type: "directory", sizeBytes: 0, mode: 0o1755, mtime: new Date("2020-01-02T03:04:05.250Z") },
        },
        { name: "dir", self: false, stat: { type: "directory", sizeBytes: 0, mtime } },
        { name: "link", self: false, stat: { type: "link", sizeBytes: 4, mode: 0o777 } },
        { name: " leading", self: false, stat: { type: "link", sizeBytes: 0, mode: 0o777 } },
        { name: "device", self: false, stat: { type: "other", sizeBytes: 0 } },
      ],
      unreadable: [],
    });
  });

  it("takes no number or time from what is none", () => {
    for (const size of ["-1", "1e3", "9007199254740993", "", "0x10", "１"])
      expect(parseFacts(`type=file;size=${size}; x`)?.stat.sizeBytes).toBe(0);
    for (const mode of ["999", "-644", "07777777777", ""])
      expect(parseFacts(`type=file;unix.mode=${mode}; x`)?.stat.mode).toBeUndefined();
    const times = ["20201301000000", "2020010203040", "20200102030405.", "now", "20200102990405"];
    const daysThatAreNone = ["20200230000000", "20210229000000", "20200431000000", "20200102240000"];
    for (const time of [...times, ...daysThatAreNone]) expect(parseTime(time)).toBeUndefined();
  });

  it("tells which lines have no facts or no name", () => {
    const unreadable = ["no facts", " name", "type=file;", "type=file; "];
    expect(parseMachineListing(unreadable.join("\n"))).toEqual({ entries: [], unreadable });
  });

  it("reads a mode without its leading zeros, and one with the bits of the type", () => {
    const modes = { "00": 0, "07": 0o7, "070": 0o70, "04755": 0o4755, "0100644": 0o644, "0120777": 0o777 };
    for (const [text, mode] of Object.entries(modes))
      expect(parseFacts(`type=file;UNIX.mode=${text}; x`)?.stat.mode).toBe(mode);
  });

  it("takes a space inside a fact for no end of the facts", () => {
    expect(parseFacts("type=OS.unix=slink:/my files/x;size=11;  a; b=c ")).toEqual({
      name: " a; b=c ",
      self: false,
      stat: { type: "link", sizeBytes: 11 },
    });
    expect(parseFacts("type=file;size=3 no semicolon")).toMatchObject({ name: "no semicolon", stat: { sizeBytes: 3 } });
  });

  it("reads what it knows among any number of other facts", () => {
    const others = Array.from({ length: 100_000 }, (_, n) => `x-${n}=${n};`).join("");
    expect(parseFacts(`${others}type=file;${others}size=7;${others} name`)).toEqual({
      name: "name",
      self: false,
      stat: { type: "file", sizeBytes: 7 },
    });
  });

  it("takes names of facts for nothing else", () => {
    expect(parseFacts("__proto__=x;constructor=y;type=file; __proto__")).toEqual({
      name: "__proto__",
      self: false,
      stat: { type: "file", sizeBytes: 0 },
    });
  });
});

describe("a hostile listing", () => {
  it("never throws, and accounts for every line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const parse of [parseListing, parseMachineListing]) {
          const { entries, unreadable } = parse(text);
          expect(entries.length + unreadable.length).toBeLessThanOrEqual(text.split("\n").length);
        }
      }),
    );
  });

  it.each([
    "-",
    " ",
    ";",
    "=",
    "a=b;",
    "; ",
    ",",
    "1,",
    " [",
    "]",
    " -> ",
    "-rwxrwxrwx ",
    "1 ",
    "Jan 01 ",
    "02-23-05 ",
    ".",
    "\t",
    "\u00ff",
  ])("of megabytes of %j takes no more than a look at each character", (part) => {
    const text = part.repeat(2_000_000 / part.length);
    for (const parse of [parseListing, parseMachineListing]) {
      const { entries, unreadable } = parse(`${text}\n${text}`);
      expect(entries.length + unreadable.length).toBe(2);
    }
  });

  it("of more entries than any directory has is refused, before they take all memory", () => {
    for (const parse of [parseListing, parseMachineListing])
      expect(() => parse("a= b\n".repeat(1_000_001))).toThrow(
        expect.objectContaining({ code: "protocol-error" }) as Error,
      );
  });
});
