import type { TransportOptions } from "samewire";
import { getTransport } from "samewire";

import { writeHead } from "../branch-files.ts";
import type { List } from "../chain.ts";
import { file, revisions } from "../layout.ts";

/** Bug 75721: pushes a revision to a branch whose repository is somewhere above it. */
export async function push(url: string, list: List, options: TransportOptions): Promise<string> {
  const base = await openTarget(url, list, options);
  const repository = await findRepository(base, list, options);
  await writeRevision(repository, "r2", "a second change", list, options);
  await writeHead(base, "r2", list, options);
  return await verify(base, repository, list, options);
}

/** Makes sure that a branch is there, and gives its URL as the server's transport spells it. */
async function openTarget(url: string, list: List, options: TransportOptions): Promise<string> {
  await using target = getTransport(url, list, options);
  await target.getBytes(file.format);
  return target.base;
}

/** The URL of the nearest directory, from a branch upwards, that has revisions. */
async function findRepository(url: string, list: List, options: TransportOptions): Promise<string> {
  await using directory = getTransport(url, list, options);
  if (await directory.has(revisions)) return directory.base;
  return await findRepository(directory.abspath("../"), list, options);
}

async function writeRevision(
  url: string,
  name: string,
  content: string,
  list: List,
  options: TransportOptions,
): Promise<void> {
  await using repository = getTransport(url, list, options);
  await repository.put(`${revisions}${name}`, content);
}

async function verify(
  branchUrl: string,
  repositoryUrl: string,
  list: List,
  options: TransportOptions,
): Promise<string> {
  await using branch = getTransport(branchUrl, list, options);
  await using repository = getTransport(repositoryUrl, list, options);
  const head = String(await branch.getBytes(file.head));
  return `${head}: ${String(await repository.getBytes(`${revisions}${head}`))}`;
}
