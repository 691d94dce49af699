import { lazyPackage } from "./lazy-package.ts";

/** What is needed of a client of the package. */
export interface RedisClient {
  readonly isOpen: boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  unref(): void;
  connect(): Promise<unknown>;
  destroy(): void;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

export interface RedisClientSettings {
  readonly url: string;
  readonly RESP: 2;
  readonly disableOfflineQueue: boolean;
  readonly socket: { readonly reconnectStrategy: false };
}

/** What is needed of the package: nobody who has not installed it should miss its types. */
export interface RedisPackage {
  readonly createClient: (settings: RedisClientSettings) => RedisClient;
}

/** The package, which is the user's to install, loaded when the first permit is asked for. */
export const loadRedis: () => Promise<RedisPackage> = lazyPackage<RedisPackage>({
  name: "redis",
  needs: "sharedWireLimit: needs",
  load: () => import("redis"),
});
