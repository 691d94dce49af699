import { TransportError } from "../errors/transport-error.ts";
import type { RedisClient } from "./redis-package.ts";
import { loadRedis } from "./redis-package.ts";

/**
 * What can run a script in Redis: a client of the package `redis` from version 5 on, its cluster, sentinel or pool, or whatever is given the same one method.
 */
export interface RedisScripting {
  /** Runs a script of Lua with these keys and arguments; resolves with what it returns. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** A connection to Redis of our own: opened when something is asked, and anew after it was lost. It never keeps the process alive. */
export class RedisConnection implements RedisScripting {
  /** With the password. */
  readonly #url: string;
  #session: RedisSession | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown> {
    const client = await (this.#session ??= this.#newSession()).ready;
    return client.eval(script, options);
  }

  /** Closes it, whatever is still asked. */
  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #newSession(): RedisSession {
    const session = new RedisSession(this.#url, () => {
      if (this.#session === session) this.#session = undefined;
    });
    return session;
  }
}

class RedisSession {
  readonly ready: Promise<RedisClient>;
  readonly #lost: () => void;
  #client: RedisClient | undefined;
  #isClosed = false;

  /** `lost` is called, once or more often, when it is of no use any more. */
  constructor(url: string, lost: () => void) {
    this.#lost = lost;
    this.ready = this.#open(url);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#client?.isOpen === true) this.#client.destroy();
  }

  async #open(url: string): Promise<RedisClient> {
    try {
      const { createClient } = await loadRedis();
      const client = createClient({
        url,
        // Every Redis speaks it.
        RESP: 2,
        // Its own attempts to connect again would keep the process alive, and go on when nobody asks any more.
        socket: { reconnectStrategy: false },
        disableOfflineQueue: true,
      });
      this.#client = client;
      // Whoever waits for an answer is told as well.
      client.on("error", this.#lost);
      client.unref();
      if (this.#isClosed) throw new TransportError("closed", "Redis is not needed any more", { temporary: true });
      await client.connect();
      return client;
    } catch (error) {
      this.#lost();
      throw error;
    }
  }
}
