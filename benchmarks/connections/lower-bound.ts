const defaultPorts: Readonly<Record<string, string>> = { "sftp:": "22", "ftp:": "21" };

/**
 * The fewest connections that can serve locations: how many differ in scheme, user, host or port. Worked out from the locations alone, and not
 * with samewire's own parser, which is among what is measured.
 */
export function lowerBound(locations: readonly string[]): number {
  return new Set(locations.map(endpointOf)).size;
}

function endpointOf(location: string): string {
  const { protocol, username, hostname, port } = new URL(location.replace(/^(?:[a-z]+\+)+/, ""));
  return [protocol, username, hostname.toLowerCase(), port || defaultPorts[protocol]].join(" ");
}
