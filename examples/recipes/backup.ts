import type { TransportOptions, TreeProgress, TreeReport } from "samewire";
import { TransportScope, isTransportError, sync } from "samewire";

/** How often a backup is gone on with whose connection was lost. What is there by then is not sent again. */
const attempts = 5;

/**
 * Brings a backup up to date: what has changed since the last one is copied, and what was written is compared with its source by SHA-256. Nothing is
 * deleted. Interrupted, it goes on where it ended.
 */
export async function backup(
  folder: string,
  url: string,
  { onProgress, ...options }: TransportOptions & { readonly onProgress?: (progress: TreeProgress) => void } = {},
): Promise<TreeReport> {
  await using scope = new TransportScope();
  const source = scope.getTransport(folder);
  const target = scope.getTransport(url, options);
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === attempts;
    try {
      const report = await sync(source, target, { verify: "content", onProgress });
      if (isLast || !report.failures.some(({ error }) => wasLost(error))) return report;
    } catch (error) {
      if (isLast || !wasLost(error)) throw error;
    }
  }
}

function wasLost(error: unknown): boolean {
  return isTransportError(error, "connection-lost", "connection-failed", "timeout");
}
