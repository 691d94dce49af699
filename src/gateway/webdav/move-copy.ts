import { isTransportError } from "../../errors/transport-error.ts";
import { checkConditions } from "../conditions.ts";
import type { Found } from "./find-at.ts";
import { findAt, isCollection } from "./find-at.ts";
import { lockedBelow, requireMembership, requireUnlocked } from "./lock-conditions.ts";
import { makeWay } from "./make-way.ts";
import { isBelow } from "./paths.ts";
import type { MemberFailure, WebdavReply } from "./reply.ts";
import { partly, refusal } from "./reply.ts";
import { TreeCopy } from "./tree-copy.ts";
import type { WebdavMethod, WebdavPlace, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

interface Transfer {
  readonly request: WebdavRequest;
  readonly from: string;
  readonly to: string;
  /** Whether it is a directory itself that goes; a link to one goes as a link. */
  readonly collection: boolean;
  /** What is where it leads. */
  readonly target: Found;
}

/** RFC 4918, 9.9. A link is moved as a link. */
export const move: WebdavMethod = (request) =>
  inTurn(request, async (transfer) => {
    const { from, collection } = transfer;
    if (collection && request.depth("infinity") !== "infinity") throw refusal(400);
    requireMembership(request, from);
    const locked = lockedBelow(request, from);
    if (locked.length > 0) return partly(locked);
    const reply = await carryOut(transfer, () => rename(transfer));
    if (reply.status !== 207) request.site.locks.dropAt(from);
    return reply;
  });

/** RFC 4918, 9.8. Of a link it is what it leads to that is copied, if that is a file. */
export const copy: WebdavMethod = (request) =>
  inTurn(request, async (transfer) => {
    const { from, to, collection } = transfer;
    const depth = request.depth("infinity");
    if (collection && depth === "1") throw refusal(400);
    return await carryOut(transfer, async () => {
      const { transport, gateway } = request;
      const { closing: signal } = gateway;
      if (collection) return await new TreeCopy(transport, signal).run(from, to, depth === "infinity");
      await transport.copy(below(from), below(to), { signal });
      return [];
    });
  });

/** Looks at both ends, and does what is to be done, while nobody else changes either through this gateway. */
async function inTurn(
  request: WebdavRequest,
  work: (transfer: Transfer) => Promise<WebdavReply>,
): Promise<WebdavReply> {
  const header = request.header("destination");
  if (header === undefined) throw refusal(400);
  const destination = request.target(header);
  const giveBack = await request.site.turns.take(request.place.path, destination.path);
  try {
    return await work(await prepare(request, destination));
  } finally {
    giveBack();
  }
}

async function prepare(request: WebdavRequest, destination: WebdavPlace): Promise<Transfer> {
  const { place } = request;
  const overwrite = request.header("overwrite")?.toUpperCase() ?? "T";
  if (overwrite !== "T" && overwrite !== "F") throw refusal(400);
  const [from, to] = [place.path, destination.path];
  const source = await findAt(request, from);
  if (source.kind === "missing" || (source.kind !== "directory" && place.slash)) throw refusal(404);
  checkConditions(request.gateway, source.stat);
  // Onto itself, into itself, or onto what it is in: each would destroy what it is about.
  if (from === to || isBelow(to, from) || isBelow(from, to)) throw refusal(403);
  const collection = isCollection(source);
  const target = await findAt(request, to);
  if (!collection && destination.slash && target.kind !== "directory") throw refusal(409);
  if (overwrite === "F" && target.kind !== "missing") throw refusal(412);
  if (target.kind === "missing") requireMembership(request, to);
  else requireUnlocked(request, to);
  return { request, from, to, collection, target };
}

/** Puts something where it is to be, and says what came of it. */
async function carryOut(
  { request, to, collection, target }: Transfer,
  put: () => Promise<readonly MemberFailure[]>,
): Promise<WebdavReply> {
  const { site, transport } = request;
  const locked = lockedBelow(request, to);
  if (locked.length > 0) return partly(locked);
  try {
    // A file takes the place of a file in one step.
    const replacesTree = isCollection(target) || (collection && target.kind !== "missing");
    const failures = replacesTree ? await makeWay(transport, to, put) : await put();
    if (failures.length > 0) return partly(failures);
    for (const { token } of site.locks.below(to)) site.locks.drop(token);
    return { status: target.kind === "missing" ? 201 : 204 };
  } catch (error) {
    throw isTransportError(error, "not-found", "not-a-directory") ? refusal(409) : error;
  }
}

/** In one step, or, where the server has none for a directory, by a copy. */
async function rename({ request, from, to, collection }: Transfer): Promise<readonly MemberFailure[]> {
  const { transport, gateway } = request;
  if (!collection || transport.capabilities.rename) {
    await transport.move(below(from), below(to));
    return [];
  }
  const failures = await new TreeCopy(transport, gateway.closing).run(from, to, true);
  if (failures.length === 0) await transport.deleteTree(below(from));
  return failures;
}
