import { openEntrance } from "../sites/entrance.ts";
import { openFtpEntrance } from "../sites/ftp-entrance.ts";
import { Started } from "../sites/started.ts";
import type { Network } from "./network.ts";

/** A proxy of this process before each server that holds back what it passes on. A client has its connection at once, and hears of the server later. */
export function startProxyNetwork(roundTripMs: number): Network {
  const started = new Started();
  const delayMs = roundTripMs / 2;
  return {
    how: "a proxy in the process of the benchmark",
    roundTripMs,
    wrap: (words) => words,
    async entrance(port, protocol) {
      const open = protocol === "ftp" ? openFtpEntrance : openEntrance;
      return started.add(await open(port, delayMs)).port;
    },
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}
