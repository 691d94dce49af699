import type { Site } from "../sites/site.ts";
import type { Destination } from "./transfer.ts";

/** The first server of a site, as other programs reach it; `port` where something stands before it. */
export function destinationOf({ roots: [root], options }: Site, port?: number): Destination {
  const url = new URL(root);
  if (port !== undefined) url.port = String(port);
  const identityFile = options.ssh?.identityFile;
  return {
    url: url.href,
    ...(typeof identityFile === "string" ? { identityFile } : {}),
    ...(typeof options.password === "string" ? { password: options.password } : {}),
    options,
  };
}
