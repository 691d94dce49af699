import type { ConnectionReport, ScopeReport } from "../index.ts";

/** The account of a scope in lines. */
export function connectionLines({ connections, wiresOpened }: ScopeReport): string[] {
  return [`connections opened: ${wiresOpened}`, ...connections.map(connectionLine)];
}

function connectionLine({
  label,
  wiresOpened,
  wiresLost,
  operations,
  reused,
  bytesSent,
  bytesReceived,
  connectMs,
  spurious,
  pinned,
}: ConnectionReport): string {
  const took = connectMs.map((ms) => ` ${Math.round(ms)} ms`).join(",");
  const parts = [
    `opened: ${wiresOpened}${took === "" ? "" : ` in${took}`}`,
    `operations: ${operations}`,
    `reused: ${reused}`,
    `bytes sent: ${bytesSent}`,
    `received: ${bytesReceived}`,
  ];
  if (pinned) parts.push("pinned");
  if (wiresLost > 0) parts.push(`lost: ${wiresLost}`);
  if (spurious.length > 0) parts.push(`more than needed: ${spurious.length}`);
  return `  ${label}: ${parts.join(", ")}`;
}
