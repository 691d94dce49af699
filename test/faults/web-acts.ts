import { expect } from "vitest";

import { bytesOf, collect } from "../../src/testing/conformance/content.ts";
import type { Act, Exception } from "./site.ts";
import type { WebStage } from "./web-stage.ts";
import { content } from "./web-stage.ts";

type Doing = Pick<Act<WebStage>, "name" | "run">;

const ranges = [
  { offset: 10, length: 1_000 },
  { offset: 60_000, length: 30_000 },
];

const whole = (bytes: Uint8Array): void => expect(content.equals(bytes), "the content of the file").toBe(true);

/** What reads, each to its end, and looks at what it got. */
export const reading = {
  stat: {
    name: "stat",
    run: async (transport, options) => expect((await transport.stat("file", options)).sizeBytes).toBe(content.length),
  },
  list: {
    name: "list",
    run: async (transport, options) => {
      const names = (await collect(transport.list("", options))).map(({ name }) => name);
      expect(names).toContain("file");
    },
  },
  getBytes: { name: "getBytes", run: async (transport, options) => whole(await transport.getBytes("file", options)) },
  get: { name: "get", run: async (transport, options) => whole(await bytesOf(await transport.get("file", options))) },
  readv: {
    name: "readv",
    run: async (transport, options) => {
      const parts = await collect(transport.readv("file", ranges, options));
      const wanted = ranges.map(({ offset, length }) => content.subarray(offset, offset + length));
      expect(parts.length === wanted.length && parts.every((part, at) => wanted[at]?.equals(part))).toBe(true);
    },
  },
} as const satisfies Record<string, Doing>;

/** Something does not apply. */
export function none(because: string): Exception {
  return { ending: "does not apply", because };
}

/** What has begun to come as a stream was handed on: nobody can begin again unseen. */
export const handedOn: Exception = {
  ending: { fails: "connection-lost", effect: "none", temporary: true },
  because: "what came of it was handed on already",
};

/** A connection to a plain web server is nothing but TCP: to be sent away at once is to lose a connection that was made. */
export const sentAway: Exception = {
  ending: { fails: ["connection-lost", "connection-failed"], effect: "none", temporary: true },
  because: "TCP is all that connecting is: whoever is sent away then had a connection",
};

/** What comes in the place of the first word of TLS is no TLS. */
export const noSession: Exception = {
  ending: { fails: "tls-failed", effect: "none" },
  because: "what does not speak TLS is not trusted with anything",
};

/** What somebody has changed on the way is noticed. */
export const brokenSeal: Exception = {
  ending: { fails: "tls-failed", effect: "none" },
  because: "TLS notices that it is not what was sent",
};

/** A record of TLS is nothing before its last byte has come. */
export const sealed: Exception = {
  ending: { fails: "timeout", effect: "none", temporary: true },
  because: "what is sealed cannot be read before all of it has come, which takes hours",
};
