import { Pool } from "undici";

import type { StatClient } from "./stat-client.ts";

/** Bare `undici` with so many connections, which it is told to keep after a HEAD. */
export function openUndiciStats(base: string, connections: number): StatClient {
  const pool = new Pool(new URL(base).origin, { connections });
  return {
    name: "undici",
    async size(file) {
      const { statusCode, headers, body } = await pool.request({ method: "HEAD", path: `/${file}`, reset: false });
      await body.dump();
      if (statusCode !== 200) throw new Error(`the server answers with ${statusCode}`);
      return Number(headers["content-length"]);
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
