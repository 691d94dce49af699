import type { HttpOwnAnswer, HttpServerRequest, S3ServerRequest } from "../../src/testing.ts";
import { FileTree } from "../../src/testing.ts";
import type { ToldResource } from "../bad-day/multistatus.ts";
import { multistatus } from "../bad-day/multistatus.ts";
import type { Fence } from "./fence.ts";
import { fencePath } from "./fence.ts";
import { ftpFence, httpFence, s3Fence, sftpFence, webdavFence } from "./fences-in-memory.ts";
import type { HostileName } from "./hostile-names.ts";
import { hostileNames } from "./hostile-names.ts";

/** A server whose listings of the fence, and of `dir` in it, have every hostile name in them. */
export interface LyingFence {
  readonly open: () => Promise<Fence>;
  /** How a name that it says is reported, in JSON; undefined for one that this kind of listing cannot say, or that is passed over by what it means there. */
  readonly reports: (name: HostileName) => string | undefined;
  /** Whether an odd name can be told, and is one. */
  readonly tells: (name: string) => boolean;
}

const listed = [fencePath, `${fencePath}/dir`];
const lineBreak = /[\r\n]/;
const control = /[\u0000-\u001f]/;

/** Lists what is no name beside what is there. */
class LyingTree extends FileTree {
  override readdir(path: string): ReturnType<FileTree["readdir"]> {
    const entries = super.readdir(path);
    if (!listed.includes(path.replace(/\/$/, ""))) return entries;
    const stats = [this.stat(`${fencePath}/file`), this.stat(`${fencePath}/dir`)];
    const lies = hostileNames.filter(({ kind }) => kind !== "odd" && kind !== "usual");
    return [...lies.map(({ name }, at) => ({ name, stat: stats[at % 2] ?? this.stat("/") })), ...entries];
  }
}

/** Odd names are there. */
function withOddNames(tree: FileTree): FileTree {
  const make = FileTree.prototype.mkdir.bind(tree);
  for (const directory of ["/outer", ...listed]) make(directory);
  for (const { name, kind } of hostileNames) {
    if (kind !== "odd") continue;
    const file = tree.open(`${fencePath}/${name}`, { write: true, create: true });
    file.write(0, Buffer.from("odd"));
    file.close();
  }
  return tree;
}

/** An href in each way in which it can be written, to a file and to a directory in turns. */
function hrefs(): readonly ToldResource[] {
  return hostileNames.flatMap(({ name, kind }, at) => {
    const directory = at % 2 === 1 && kind !== "odd";
    const slash = directory ? "/" : "";
    const encoded = kind === "undecodable" ? "caf%e9" : encodeURIComponent(name);
    return [encoded, encodeURI(name), name].map((href) => ({ href: markup(href + slash), directory }));
  });
}

function markup(text: string): string {
  return text
    .replaceAll("\0", "")
    .replaceAll(/[&<>"'\n\r\t\u001b]/g, (character) =>
      character === "\u001b" ? "" : `&#${character.codePointAt(0)};`,
    );
}

function indexPage(request: HttpServerRequest): HttpOwnAnswer | "answer" {
  const { method, target } = request;
  if (method !== "GET" || !listed.includes(target.replace(/\/$/, "")) || !target.endsWith("/")) return "answer";
  const links = hrefs().map(({ href }) => `<a href="${href}">x</a>`);
  const fine = target === `${fencePath}/` ? ["file", "dir/"] : ["inside"];
  const body = `<title>Index of ${target}</title><h1>Index of ${target}</h1><pre><a href="../">../</a>${[...links, ...fine.map((href) => `<a href="${href}">x</a>`)].join("\n")}</pre>`;
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body };
}

function propfind(request: HttpServerRequest): HttpOwnAnswer | "answer" {
  const { method, target, headers } = request;
  const path = target.replace(/\/$/, "");
  if (method !== "PROPFIND" || headers["depth"] !== "1" || !listed.includes(path)) return "answer";
  const fine =
    path === fencePath
      ? [{ href: `${path}/file` }, { href: `${path}/dir/`, directory: true }]
      : [{ href: `${path}/inside` }];
  const lies = hrefs().flatMap((told) => [told, { ...told, href: `${path}/${told.href}` }]);
  const body = multistatus([{ href: `${path}/`, directory: true }, ...lies, ...fine]);
  return { status: 207, headers: { "content-type": "application/xml; charset=utf-8" }, body };
}

function objects(request: S3ServerRequest): HttpOwnAnswer | "answer" {
  const { operation, target } = request;
  if (operation !== "ListObjectsV2") return "answer";
  const query = new URLSearchParams(target.split("?", 2)[1]);
  const prefix = query.get("prefix") ?? "";
  if (!listed.includes(`/${prefix.replace(/\/$/, "")}`) || !prefix.endsWith("/")) return "answer";
  const form = (key: string): string => encodeURIComponent(key).replaceAll("%20", "+");
  const keys = hostileNames.map(({ name, kind }) => form(prefix) + (kind === "undecodable" ? "caf%E9" : form(name)));
  const fine =
    `/${prefix}` === `${fencePath}/` ? ([[`${prefix}file`, 6]] as const) : ([[`${prefix}inside`, 18]] as const);
  const strays = ["secret", "outer/secret", "outer/fence-post"];
  const told = [...[...keys, ...strays.map(form)].map((key) => [key, 3] as const), ...fine];
  const contents = told.map(
    ([key, size]) => `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"x"</ETag></Contents>`,
  );
  const prefixes = ["../", "../../", "a/../", "", "dir/"].map(
    (name) => `<CommonPrefixes><Prefix>${form(prefix + name)}</Prefix></CommonPrefixes>`,
  );
  const body = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${[...contents, ...(query.has("delimiter") ? prefixes : [])].join("")}</ListBucketResult>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

const oddObjects = Object.fromEntries(
  hostileNames.flatMap(({ name, kind }) => (kind === "odd" ? [[`${fencePath}/${name}`, "odd"]] : [])),
);

/** The bytes of a name, one to a character: so is reported what is no text. */
const asBytes = ({ name, kind }: HostileName): string | undefined =>
  kind === "none" || kind === "undecodable" ? JSON.stringify(name) : undefined;

/** A name that is decoded before it is found to be none. */
function decodedOrNot(name: string): string {
  return JSON.stringify(control.test(name) ? encodeURIComponent(name) : name);
}

export const lyingFences: Readonly<Record<string, LyingFence>> = {
  "sftp, READDIR": {
    open: () => sftpFence({ tree: withOddNames(new LyingTree()), encoding: "latin1" }),
    reports: asBytes,
    tells: () => true,
  },
  "ftp, MLSD": {
    open: () => ftpFence(true, { tree: withOddNames(new LyingTree()), encoding: "latin1" }),
    // A line without a name is no line of a listing, and is reported as a whole.
    reports: (name) => (name.name === "" ? undefined : asBytes(name)),
    tells: (name) => !control.test(name),
  },
  "ftp, LIST": {
    open: () => ftpFence(false, { tree: withOddNames(new LyingTree()), encoding: "latin1" }),
    // A line without a name is no line of a listing, and is reported as a whole.
    reports: (name) => (name.name === "" ? undefined : asBytes(name)),
    tells: (name) => !control.test(name),
  },
  "http, an index page": {
    open: () => httpFence(indexPage, withOddNames(new FileTree())),
    // A page may have any links. What is reported is what would be right below it, if it were a name.
    reports: ({ name, kind }) => {
      if (kind === "undecodable") return JSON.stringify("caf%e9");
      const below = name !== "" && kind !== "usual" && (kind === "none" || control.test(name));
      return below ? decodedOrNot(name) : undefined;
    },
    tells: (name) => !control.test(name),
  },
  "dav, PROPFIND": {
    open: () => webdavFence(propfind, withOddNames(new FileTree())),
    reports: ({ name, kind }) => {
      if (kind === "undecodable") return "caf%e9";
      const refused = (kind === "none" && name !== "" && name !== "x/") || (kind === "odd" && lineBreak.test(name));
      return refused ? encodeURIComponent(name) : undefined;
    },
    tells: (name) => !control.test(name),
  },
  "s3, ListObjectsV2": {
    open: () => s3Fence(objects, oddObjects),
    reports: ({ name, kind }) => {
      if (kind === "undecodable") return "caf%E9";
      return kind === "none" && name !== "" ? JSON.stringify(name) : undefined;
    },
    tells: (name) => !control.test(name),
  },
};
