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
}: ConnectionReport): string {
  const parts = [
    `${wiresOpened} opened${wiresOpened === 0 ? "" : ` in ${connectMs.map((ms) => `${Math.round(ms)} ms`).join(", ")}`}`,
    `${operations} operations`,
    `reused ${reused} times`,
    `${bytesSent} bytes sent`,
    `${bytesReceived} received`,
  ];
  if (wiresLost > 0) parts.push(`${wiresLost} lost`);
  if (spurious.length > 0) parts.push(`${spurious.length} more than needed`);
  return `  ${label}: ${parts.join(", ")}`;
}
