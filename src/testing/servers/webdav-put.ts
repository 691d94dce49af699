import { isTransportError } from "../../errors/transport-error.ts";
import { etagOf } from "./http-files.ts";
import { requireMembership, requireUnlocked } from "../../gateway/webdav/lock-conditions.ts";
import { requirePreconditions } from "./webdav-conditions.ts";
import type { Finding } from "./webdav-place.ts";
import { parentOf } from "../../gateway/webdav/paths.ts";
import { isWritable } from "./webdav-place.ts";
import type { WebdavReply } from "../../gateway/webdav/reply.ts";
import { refusal } from "../../gateway/webdav/reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";

let temporaries = 0;

/** RFC 9110, 9.3.4, and RFC 4918, 9.7. */
export const put: WebdavMethod = async (request) => {
  const { site, place } = request;
  // A part of a file would replace the whole of it: RFC 9110, 14.5.
  if (request.header("content-range") !== undefined) throw refusal(400);
  check(request);
  try {
    if (site.behaviour.uploadsInPlace) return await writeInPlace(request);
    const content: Buffer[] = [];
    let length = 0;
    for await (const chunk of request.body) {
      length += chunk.length;
      if (site.tree.usedBytes + length > site.tree.maxBytes) throw refusal(507);
      content.push(chunk);
    }
    // Much may have happened since.
    const before = check(request);
    const temporary = `${place.path}.upload-${++temporaries}`;
    write(request, temporary, content);
    site.tree.rename(temporary, place.path, { replace: true });
    return written(request, before);
  } catch (error) {
    throw isTransportError(error, "no-space") ? refusal(507) : error;
  }
};

function check(request: WebdavRequest): Finding {
  const { site, place } = request;
  const finding = request.find(place);
  if (finding.kind === "directory" || place.slash) throw request.refusal("PUT onto-directory");
  requirePreconditions(request, finding);
  if (finding.kind === "parentless") throw request.refusal("PUT parentless");
  if (finding.kind === "below-file") throw request.refusal("PUT below-file");
  if (finding.kind === "file") {
    requireUnlocked(request, place.path);
    return finding;
  }
  requireMembership(request, place.path);
  if (!isWritable(site.tree, parentOf(place.path))) throw refusal(403);
  return finding;
}

function write({ site }: WebdavRequest, path: string, content: readonly Buffer[]): void {
  const file = site.tree.open(path, { write: true, create: true, exclusive: true });
  let failed = true;
  try {
    let at = 0;
    for (const chunk of content) {
      file.write(at, chunk);
      at += chunk.length;
    }
    failed = false;
  } finally {
    file.close();
    if (failed) site.tree.unlink(path);
  }
}

/** As a program does that opens the file itself: what was there is gone at once, and what was cut off stays. */
async function writeInPlace(request: WebdavRequest): Promise<WebdavReply> {
  const { site, place } = request;
  const before = request.find(place);
  const file = site.tree.open(place.path, { write: true, create: true, truncate: true });
  try {
    let at = 0;
    for await (const chunk of request.body) {
      file.write(at, chunk);
      at += chunk.length;
    }
  } finally {
    file.close();
  }
  return written(request, before);
}

function written({ site, place }: WebdavRequest, before: Finding): WebdavReply {
  const status = before.kind === "file" ? 204 : 201;
  if (site.etags === "none" || site.behaviour.lacksProperties.includes("getetag")) return { status };
  return { status, headers: { etag: etagOf(site.tree.stat(place.path), site.etags === "weak") } };
}
