import type { ClientChannel } from "ssh2";

/**
 * Bytes that the server may send ahead of our reading. ssh2 allows 2 MiB and renews them when half are used up, so that a connection with 20 ms of
 * delay carries 47 MiB/s at most, whatever the network could do; 8 MiB carry 400.
 */
const windowBytes = 8 * 1024 * 1024;

/** Renewed often enough that the server never waits, and rarely enough that it costs nothing. */
const renewBytes = 1024 * 1024;

/** The part of ssh2's channels that is nobody's business but its own, and may change. */
interface Inside {
  readonly incoming?: { window?: unknown };
  readonly outgoing?: { readonly id?: unknown };
  readonly _client?: { readonly _protocol?: { channelWindowAdjust?: (channel: number, bytes: number) => void } };
}

/**
 * Widens the window of a channel whose bytes are read as fast as they come. ssh2 has no public call for it: where what it takes is not there, the
 * channel stays as it is, which is only slower.
 */
export function widenWindow(channel: ClientChannel): void {
  const { incoming, outgoing, _client: client } = channel as unknown as Inside;
  const protocol = client?._protocol;
  const id = outgoing?.id;
  if (
    typeof incoming?.window !== "number" ||
    typeof id !== "number" ||
    typeof protocol?.channelWindowAdjust !== "function"
  )
    return;
  const renew = (bytes: number): void => {
    incoming.window = (incoming.window as number) + bytes;
    protocol.channelWindowAdjust?.(id, bytes);
  };
  renew(windowBytes - incoming.window);
  let used = 0;
  channel.on("data", ({ length }: Buffer) => {
    used += length;
    if (used < renewBytes) return;
    renew(used);
    used = 0;
  });
}
