import type { TransportOptions, TreeReport } from "samewire";
import { TransportScope, globs, sync } from "samewire";

/** Mirrors a part of what a web server lists in its pages, such as a project's releases; a second run asks for what has changed. */
export async function mirror(
  url: string,
  folder: string,
  include: readonly string[],
  options: TransportOptions = {},
): Promise<TreeReport> {
  await using scope = new TransportScope();
  // As many transfers at a time, which a server of others will bear.
  const source = scope.getTransport(url, { connections: 4, ...options });
  const target = scope.getTransport(folder);
  await target.createPrefix();
  // What a link in a page leads to outside the URL is never followed, and no name leads out of the folder.
  return await sync(source, target, { delete: true, filter: globs({ include }) });
}
