import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { ByteSpan } from "../../gateway/ranges.ts";
import { contentRange, lengthOf as spanLength, spansOf } from "../../gateway/ranges.ts";
import type { FileTree } from "../../schemes/memory/file-tree.ts";
import type { TreeStat } from "../../schemes/memory/tree-types.ts";
import { bytesOf, etagOf, resourceAt } from "./http-files.ts";
import type { HttpIndex } from "./http-index.ts";
import { indexPage } from "./http-index.ts";
import type { HttpRanges } from "./http-ranges.ts";
import { sentSpans } from "./http-ranges.ts";

/** How a server answers. */
export interface HttpAnswerOptions {
  readonly index: HttpIndex;
  readonly ranges: HttpRanges;
  /** Whether HEAD is answered; else it is 405. */
  readonly head: boolean;
  readonly etags: "strong" | "weak" | "none";
  /** Whether answers say how long they are; else they come in chunks. */
  readonly lengths: boolean;
}

const boundary = "samewire-boundary-7f3a";

/** Answers GET and HEAD with what is in a tree. */
export async function answerFrom(
  tree: FileTree,
  options: HttpAnswerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url = "/" } = request;
  if (method === "OPTIONS") return void response.writeHead(204, { allow: "GET, HEAD, OPTIONS" }).end();
  if (method !== "GET" && !(method === "HEAD" && options.head))
    return plain(response, method, 405, "Method Not Allowed", { allow: options.head ? "GET, HEAD" : "GET" });
  const resource = resourceAt(tree, url);
  if (resource === undefined) return plain(response, method, 400, "Bad Request");
  if (resource.kind === "missing") return plain(response, method, 404, "Not Found");
  if (resource.kind === "directory") {
    const [path = "/"] = url.split("?", 1);
    if (!resource.slash) return plain(response, method, 301, "Moved Permanently", { location: `${path}/` });
    if (options.index === "none") return plain(response, method, 403, "Forbidden");
    const page = indexPage(options.index, resource.path, tree.readdir(resource.path));
    return plain(response, method, 200, page, { "content-type": "text/html; charset=utf-8" });
  }
  await sendFile(tree, resource.path, resource.stat, options, request, response);
}

/** A short text. */
export function plain(
  response: ServerResponse,
  method: string,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(status, { "content-type": "text/plain", "content-length": body.length, ...headers });
  response.end(method === "HEAD" ? undefined : body);
}

async function sendFile(
  tree: FileTree,
  path: string,
  stat: TreeStat,
  options: HttpAnswerOptions,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const size = stat.sizeBytes;
  const etag = options.etags === "none" ? undefined : etagOf(stat, options.etags === "weak");
  const facts: Record<string, string> = {
    "last-modified": stat.mtime.toUTCString(),
    "content-type": "application/octet-stream",
    ...(etag === undefined ? {} : { etag }),
    ...(options.ranges === "none" ? {} : { "accept-ranges": "bytes" }),
  };
  const current = headers["if-range"] === undefined || headers["if-range"] === etag;
  const asked = method === "GET" && current ? spansOf(headers.range, size) : undefined;
  const spans = sentSpans(asked, options.ranges);
  if (spans?.length === 0) {
    const extent = { ...facts, "content-range": `bytes */${size}` };
    return plain(response, method ?? "", 416, "Range Not Satisfiable", extent);
  }
  const [only] = spans ?? [];
  const whole: readonly ByteSpan[] = size === 0 ? [] : [{ first: 0, last: size - 1 }];
  const several = spans !== undefined && spans.length > 1;
  const pieces = several ? partsOf(spans, size) : (spans ?? whole);
  const length = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);
  response.writeHead(spans === undefined ? 200 : 206, {
    ...facts,
    ...(several ? { "content-type": `multipart/byteranges; boundary=${boundary}` } : {}),
    ...(only !== undefined && !several ? { "content-range": contentRange(only, size) } : {}),
    ...(options.lengths ? { "content-length": length } : {}),
  });
  if (method === "HEAD") return void response.end();
  await sendPieces(tree, path, pieces, response);
}

type Piece = ByteSpan | string;

/** RFC 9110, 14.6. */
function partsOf(spans: readonly ByteSpan[], size: number): readonly Piece[] {
  const head = (span: ByteSpan): string =>
    `\r\n--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: ${contentRange(span, size)}\r\n\r\n`;
  return [...spans.flatMap((span) => [head(span), span]), `\r\n--${boundary}--\r\n`];
}

function lengthOf(piece: Piece): number {
  return typeof piece === "string" ? piece.length : spanLength(piece);
}

async function sendPieces(
  tree: FileTree,
  path: string,
  pieces: readonly Piece[],
  response: ServerResponse,
): Promise<void> {
  const file = tree.open(path, { read: true });
  const content = function* (): Generator<Buffer> {
    for (const piece of pieces) {
      if (typeof piece === "string") yield Buffer.from(piece);
      else yield* bytesOf(file, piece.first, lengthOf(piece));
    }
  };
  try {
    await pipeline(Readable.from(content(), { objectMode: false }), response);
  } finally {
    file.close();
  }
}
