import { isTransportError } from "../../errors/transport-error.ts";
import type { Entry, Stat } from "../../transport/stat.ts";
import { findAt } from "./find-at.ts";
import { allProperties, valueOf } from "./live-properties.ts";
import { hrefOf, memberOf } from "./paths.ts";
import type { PropertyQuestion } from "./property-answers.ts";
import { propertiesResponse, questionIn } from "./property-answers.ts";
import { multistatus, refusal } from "./reply.ts";
import type { WebdavMethod, WebdavRequest } from "./webdav-request.ts";
import { below } from "./webdav-request.ts";

/** Members that are told of at a time: where they are links, all of them are looked at together. */
const batchLength = 64;

/** RFC 4918, 9.1. */
export const propfind: WebdavMethod = async (request) => {
  const { place } = request;
  const depth = request.depth("infinity");
  const question = questionIn(await request.document(), allProperties);
  if (depth === "infinity") throw refusal(403, "propfind-finite-depth");
  const found = await findAt(request, place.path);
  if (found.kind !== "file" && found.kind !== "directory") throw refusal(404);
  if (found.kind === "file" && place.slash) throw refusal(404);
  const own = response(request, place.path, found.stat, question);
  if (depth === "0" || found.kind === "file") return multistatus("D", [own]);
  return multistatus("D", members(request, own, question));
};

/** What links lead to is told of them; one that leads nowhere is left out. */
async function* members(request: WebdavRequest, own: string, question: PropertyQuestion): AsyncGenerator<string> {
  yield own;
  const { transport, place, gateway } = request;
  let batch: Entry[] = [];
  for await (const entry of transport.list(below(place.path), { signal: gateway.signal })) {
    if (batch.push(entry) < batchLength) continue;
    yield* described(request, batch, question);
    batch = [];
  }
  yield* described(request, batch, question);
}

/** One after the other, lest a question with long names has them in memory as often as there are members. */
async function* described(
  request: WebdavRequest,
  batch: readonly Entry[],
  question: PropertyQuestion,
): AsyncGenerator<string> {
  const members = batch.map(({ name, stat }) => ({ path: memberOf(request.place.path, name), stat }));
  const stats = await Promise.all(
    members.map(async ({ path, stat }) =>
      stat === undefined || stat.type === "link" ? await lookedAt(request, path) : stat,
    ),
  );
  for (const [at, { path }] of members.entries()) {
    const stat = stats[at];
    if (stat !== undefined) yield response(request, path, stat, question);
  }
}

/** A member that cannot be looked at is none: the others are told of all the same. */
async function lookedAt(request: WebdavRequest, path: string): Promise<Stat | undefined> {
  try {
    const found = await findAt(request, path);
    return found.kind === "file" || found.kind === "directory" ? found.stat : undefined;
  } catch (error) {
    if (isTransportError(error, "permission-denied", "outside-base", "unexpected")) return undefined;
    throw error;
  }
}

function response(request: WebdavRequest, path: string, stat: Stat, question: PropertyQuestion): string {
  const { site, transport } = request;
  const described = { site, transport, path, stat };
  return propertiesResponse(hrefOf(path, stat.type === "directory"), question, {
    colon: "D:",
    tellsMissing: true,
    valueOf: (property) => valueOf(property, described),
  });
}
