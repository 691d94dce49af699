import type { Client } from "ssh2";

import type { SshSocket } from "./ssh2-socket.ts";

/** Smaller packets are cheap to make. */
const leastPayloadBytes = 16 * 1024;
/** The full ones, the last ones of requests that are all of one length, and some to spare. */
const mostSizes = 4;
/** Of a size: as many as a server's window of 2 MiB holds. */
const mostPackets = 64;
/** The length of a packet and of its padding, which say the same in every packet with as much in it. */
const headBytes = 5;

/** The part of ssh2's clients that is nobody's business but its own, and may change. */
interface Inside {
  readonly _protocol?: { readonly _cipher?: { allocPacket?: (payloadBytes: number) => Buffer } };
}

/**
 * Has the packets of a large put use the same places again and again. ssh2 makes a buffer for each, and draws its padding, which together are a third of what
 * a put costs. A packet is used again once the socket has nothing left to send; its padding is then what was there before, and enciphered like all of it.
 * Where this ssh2 has other insides nothing changes.
 */
export function reusePackets(client: Client, socket: SshSocket): void {
  reuseWithCipher(client, socket);
  // Keys that are exchanged again come with a new cipher.
  client.on("handshake", () => reuseWithCipher(client, socket));
}

function reuseWithCipher(client: Client, socket: SshSocket): void {
  const cipher = (client as unknown as Inside)._protocol?._cipher;
  const make = cipher?.allocPacket;
  if (cipher === undefined || typeof make !== "function") return;
  const sizes = new Map<number, Packets>();
  cipher.allocPacket = (payloadBytes) => {
    if (payloadBytes < leastPayloadBytes) return make.call(cipher, payloadBytes);
    if (socket.writableLength === 0) for (const packets of sizes.values()) packets.reuse();
    let packets = sizes.get(payloadBytes);
    if (packets === undefined) {
      packets = new Packets(() => make.call(cipher, payloadBytes));
      if (sizes.size < mostSizes) sizes.set(payloadBytes, packets);
    }
    return packets.next();
  };
}

/** Packets of one size. */
class Packets {
  readonly #make: () => Buffer;
  readonly #packets: Buffer[] = [];
  readonly #head: Buffer = Buffer.alloc(headBytes);
  #used = 0;

  constructor(make: () => Buffer) {
    this.#make = make;
  }

  /** All that were given have been sent. */
  reuse(): void {
    this.#used = 0;
  }

  next(): Buffer {
    const free = this.#packets[this.#used];
    if (free !== undefined) {
      this.#used++;
      this.#head.copy(free);
      return free;
    }
    const packet = this.#make();
    if (this.#packets.length === 0) packet.copy(this.#head);
    if (this.#packets.length < mostPackets) this.#used = this.#packets.push(packet);
    return packet;
  }
}
