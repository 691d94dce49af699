import { TransportError, isTransportError } from "../errors/transport-error.ts";
import { refusedLink } from "./hostile-name.ts";
import type { Ends } from "./tree-options.ts";

export interface LinkHow {
  readonly dryRun: boolean | undefined;
  /** Whether links are wanted at all. */
  readonly links: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Makes the same link in the target; one that could lead outside is refused. A link, or a file, that is in the way is replaced. */
export async function copyLink(
  { source, target }: Ends,
  path: string,
  { dryRun, links, signal }: LinkHow,
): Promise<void> {
  const refuse = (why: string): TransportError =>
    new TransportError("unsupported", `a link is not copied: ${why}`, {
      operation: "symlink",
      url: source.abspath(path),
    });
  const { symlinks, local } = target.capabilities;
  if (!links) throw refuse("links are not wanted");
  const text = await source.readlink(path, { signal });
  if (!symlinks) throw refuse("the target has no links");
  const refusal = refusedLink(text, path, local ? process.platform : undefined);
  if (refusal !== undefined) throw refuse(refusal);
  if (dryRun === true) return;
  try {
    await target.symlink(text, path, { signal });
  } catch (error) {
    if (!isTransportError(error, "already-exists")) throw error;
    const { type } = await target.stat(path, { signal });
    if (type === "directory") throw error;
    if (type === "link" && (await target.readlink(path, { signal })) === text) return;
    await target.delete(path, { signal });
    await target.symlink(text, path, { signal });
  }
}
