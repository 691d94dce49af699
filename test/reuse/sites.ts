import type { TransportOptions } from "../../src/index.ts";
import { memoryStore } from "../../src/schemes/memory/memory-store.ts";

/** A server that counts what it accepts, for the required cases of reuse. */
export interface CountingSite {
  readonly name: string;
  /** A URL on the server; `host` as it is written, when another spelling is wanted. */
  url(parts?: { user?: string; password?: string; host?: string; path?: string }): string;
  /** Options without which the server is not reached or not trusted. */
  readonly options: TransportOptions;
  readonly password: string;
  accepted(): number;
  open(): number;
  /** Cuts every connection. */
  sever(): Promise<void>;
  close(): Promise<void>;
}

let stores = 0;

/** A store of this process, under host names that nobody else uses. */
export async function memorySite(): Promise<CountingSite> {
  await Promise.resolve();
  const name = `site-${++stores}.bücher.example`;
  const ascii = `site-${stores}.xn--bcher-kva.example`;
  return {
    name: "memory",
    password: "secret",
    options: {},
    url: ({ user = "joe", password, host = name, path = "/" } = {}) =>
      `memory://${user}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@${host}${path}`,
    accepted: () => memoryStore(ascii).accepted,
    open: () => memoryStore(ascii).open,
    sever: () => Promise.resolve(memoryStore(ascii).sever()),
    close: () => Promise.resolve(),
  };
}

export async function sftpSite(): Promise<CountingSite> {
  throw new Error("pending");
}
