import { isIP } from "node:net";
import { hostname } from "node:os";

/**
 * By which names a gateway may be asked. A page in somebody's browser can have its own name lead here (DNS rebinding), and would then be of one origin with the gateway: so a name that is not
 * ours is refused. On loopback nothing else than loopback is ours; elsewhere every address is, since it is no name that anybody could have lead here.
 */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;
  readonly #onLoopback: boolean;

  constructor(host: string, alsoAllowed: readonly string[]) {
    this.#onLoopback = isLoopback(host);
    this.#names = new Set(
      [host, ...alsoAllowed, ...(this.#onLoopback ? [] : [hostname()])].map((name) => name.toLowerCase()),
    );
  }

  /** Whether a `Host` with or without a port is one of them. */
  has(authority: string): boolean {
    const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(authority) ?? [];
    const host = (address ?? name ?? "").toLowerCase().replace(/\.$/, "");
    if (host === "") return false;
    return this.#names.has(host) || isLoopback(host) || (!this.#onLoopback && isIP(host) > 0);
  }
}

/** Whether an address or a name is this machine's own and nobody else's. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|.+\.localhost)$/i.test(host) || (isIP(host) === 4 && host.startsWith("127.")) || host === "::1";
}
