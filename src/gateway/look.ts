import type { Stat } from "../transport/stat.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { Refusal } from "./refusal.ts";

/**
 * What a request is about; links are followed. A directory's slash is told to the transport, for servers where it makes a difference.
 *
 * @throws Refusal 404 for a file whose name ends in a slash
 */
export async function look({ transport, path, slash, signal }: GatewayRequest): Promise<Stat> {
  const stat = await transport.stat(slash && path !== "" ? `${path}/` : path, { followLinks: true, signal });
  if (slash && stat.type !== "directory") throw new Refusal(404, "there is nothing here");
  return stat;
}
