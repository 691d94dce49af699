import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseFacts } from "../../../../src/schemes/ftp/listing/facts.ts";
import { parseListing } from "../../../../src/schemes/ftp/listing/listing.ts";

/** What is in a line, in short: `file 6 644 name`; no mode is `-`. */
function inShort(line: string): string {
  const { entries, unreadable } = parseListing(line);
  if (unreadable.length > 0) return "unreadable";
  return entries.map(({ name, stat }) => `${stat.type} ${stat.sizeBytes} ${modeText(stat.mode)} ${name}`).join("\n");
}

function modeText(mode: number | undefined): string {
  return mode === undefined ? "-" : mode.toString(8);
}

const servers: Readonly<Record<string, readonly (readonly [line: string, entry: string])[]>> = {
  vsftpd: [
    ["drwxr-xr-x    2 ftp      ftp          4096 Nov 21 08:37 .", "directory 0 755 ."],
    ["-rw-r--r--    1 1001     1001            6 Jan 02  2020  two  spaces ", "file 6 644  two  spaces "],
    ["lrwxrwxrwx    1 ftp      ftp             7 Nov 21 08:37 broken -> nowhere", "link 7 777 broken"],
  ],
  ProFTPD: [
    ["-rw-r--r--   1 probe    domain users        4 Nov 21 09:41 f", "file 4 644 f"],
    ["----------   1 probe    999             0 Jan  2  2020 unreadable", "file 0 0 unreadable"],
    ["lrwxrwxrwx   1 probe    999             4 Nov 21 08:37 /link -> file", "link 4 777 /link"],
  ],
  "Pure-FTPd": [
    ["-rw-r--r--    1 999        999               6 Jan  2  2020 file", "file 6 644 file"],
    ["drwxrwxrwt    2 999        pure-users     4096 Nov 21  8:41 sticky", "directory 0 1777 sticky"],
  ],
  "wu-ftpd": [
    ["total 1337", ""],
    ["-r--r-Sr-T   1 root     other     1731312 Mar 14  1999 ls-lR.Z", "file 1731312 3444 ls-lR.Z"],
    ["prw-------   1 root     sys             0 Oct  1 00:00 pipe", "other 0 600 pipe"],
    ["crw-rw-rw-   1 root     sys       13,   2 Oct  1  1999 null", "other 0 666 null"],
  ],
  busybox: [
    ["brw-------    1 0        0           8,  17 Jan  1  1970 sdb1", "other 0 600 sdb1"],
    ["-rw-rw-r--    1 1000     1000           12 Dec 31 23:59 notes", "file 12 664 notes"],
    ["drwxr-xr-x    2 root     0            4096 Dec 31 23:59 etc", "directory 0 755 etc"],
  ],
  "IIS in Unix mode": [
    ["d---------   1 owner    group               0 May  9 19:45 Docs and Settings", "directory 0 0 Docs and Settings"],
    ["-rwxrwxrwx   1 owner    group         1803128 Jul 10  9:18 setup.exe", "file 1803128 777 setup.exe"],
  ],
  "others of Unix": [
    [
      "-rw-r-lr--   1 root     sys             1 Oct  1  1999 Solaris, mandatory lock",
      "file 1 2644 Solaris, mandatory lock",
    ],
    ["-rw-r--r--@  1 joe  staff  6148 Feb 29  2024 macOS", "file 6148 644 macOS"],
    ["drwxr-xr-x.  2 joe joe 6 2024-02-29 10:11 SELinux", "directory 0 755 SELinux"],
    ["-rw-r--r--   1 joe joe 6 2024-02-29 10:11:12.000000000 +0100 full time", "file 6 644 full time"],
    ["-rw-r--r--   1 joe joe 6 29 Feb 10:11 day first", "file 6 644 day first"],
    ["brw-rw----   1 root disk 8,1 Nov 21 08:41 device", "other 0 660 device"],
    ["-rw-r--r--\t1\tjoe\tjoe\t6\tNov\t21\t08:41\ttabs", "file 6 644 tabs"],
  ],
  "IIS and dir": [
    ["02-23-05  09:21PM       <DIR>            leading", "directory 0 -   leading"],
    ["02-23-05  09:21PM  <DIR>  narrow", "directory 0 - narrow"],
    ["02/23/2005  09:21 PM    <DIR>          half of a day", "directory 0 - half of a day"],
    ["02/23/2005  09:21 AM         1,234,567 half of a day", "file 1234567 - half of a day"],
    ["2005-02-23  21:21                 12 year first", "file 12 - year first"],
    ["02-23-05  09:21PM       <SYMLINKD>     a [b] [C:\\d[e]]", "link 0 - a [b]"],
    ["02-23-05  09:21PM       <SYMLINK>      untold", "link 0 - untold"],
  ],
};

/** Lines of which something could be made, and it would be wrong. */
const ambiguous = [
  "lrwxrwxrwx 1 a b 99 Nov 21 08:41 a -> b -> c",
  "lrwxrwxrwx 1 a b 99 Nov 21 08:41  -> b",
  "-rrrrrrrrr 1 a b 1 Nov 21 08:41 no permissions",
  "-rw-r--r-- 1 a b 1 Wed Nov 21 08:41:00 2024 day of the week",
  "-rw-r--r-- 1 a b -1 Nov 21 08:41 negative",
  "-rw-r--r-- 1 a b 4.0K Nov 21 08:41 rounded",
  "02-23-05  09:21PM  1.5 no thousands",
  "02-23-05  09:21PM  99999999999999999999 more than any file",
  "02-23-05  09:21PM       <SYMLINKD>      [C:\\no name]",
  "02-23-05  09:21PM       <UNKNOWN>      x",
];

describe("a listing for people", () => {
  it.each(Object.entries(servers))("is read as %s writes it", (_server, lines) => {
    for (const [line, entry] of lines) expect(inShort(line)).toBe(entry);
  });

  it.each(ambiguous)("is not guessed at: %j", (line) => {
    expect(inShort(line)).toBe("unreadable");
  });
});

/** Text of a server's: bytes, one to a character. */
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((array) => Buffer.from(array).toString("latin1"));
const names = bytes.filter((name) => !/[\r\n]/.test(name));
/** Such as may be days and years, too. */
const sizes = fc.oneof(fc.nat({ max: 99 }), fc.nat({ max: 9999 }), fc.maxSafeNat());
const modes = fc.nat({ max: 0o7777 });

describe("what is written as a server writes it is read back", () => {
  it("as ls does, whoever owns it and whenever it was", () => {
    const owner = fc.constantFrom("joe", "1001", "domain users", "DOM\\joe", "joe 12");
    const group = fc.constantFrom(" users", " 1001", " 12", " domain users", " May", "");
    const date = fc.constantFrom(
      "Nov 21 08:41",
      "Jan  2  2020",
      "2 Jan 2020",
      "2020-01-02 03:04",
      "2020-01-02 03:04:05",
    );
    fc.assert(
      fc.property(names, sizes, modes, owner, group, date, (name, sizeBytes, mode, of, and, at) => {
        const line = `-${lettersOf(mode)}   1 ${of}${and} ${sizeBytes} ${at} ${name}`;
        const entry = { name, self: name === ".", stat: { type: "file", sizeBytes, mode } };
        expect(parseListing(line)).toEqual({ entries: [entry], unreadable: [] });
      }),
    );
  });

  it("as ls does for links, however many arrows there are", () => {
    const arrows = fc.array(fc.constantFrom("a", " ", "->", " -> ", "\u00e4"), { minLength: 1 }).map((p) => p.join(""));
    fc.assert(
      fc.property(arrows, arrows, (name, target) => {
        const line = `lrwxrwxrwx   1 joe  users ${target.length} Nov 21 08:41 ${name} -> ${target}`;
        expect(parseListing(line).entries[0]?.name).toBe(name);
      }),
    );
  });

  it("as facts, whatever the name is", () => {
    fc.assert(
      fc.property(
        names,
        sizes,
        modes,
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31T23:59:59Z") }),
        (name, sizeBytes, mode, mtime) => {
          const stamp = mtime.toISOString().replaceAll(/[-:TZ]/g, "");
          const line = `Type=file;Size=${sizeBytes};Modify=${stamp};UNIX.mode=0${mode.toString(8)}; ${name}`;
          expect(parseFacts(line)).toEqual({ name, self: false, stat: { type: "file", sizeBytes, mode, mtime } });
        },
      ),
    );
  });
});

/** The twelve bits as ls writes them. */
function lettersOf(mode: number): string {
  let letters = "";
  for (let who = 0; who < 3; who++) {
    const bits = mode >> (6 - 3 * who);
    const special = (mode & (0o4000 >> who)) !== 0;
    const marks = who === 2 ? "tT" : "sS";
    const execute = special ? marks.charAt((bits & 1) === 1 ? 0 : 1) : (bits & 1) === 1 ? "x" : "-";
    letters += ((bits & 4) === 4 ? "r" : "-") + ((bits & 2) === 2 ? "w" : "-") + execute;
  }
  return letters;
}
