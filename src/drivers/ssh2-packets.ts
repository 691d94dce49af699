import type { Client } from "ssh2";

import type { SshSocket } from "./ssh2-socket.ts";

/** What ssh2 puts into a packet of 32 KiB of data, the most that OpenSSH takes: the message's type, the channel, the length, and the data. */
const fullPayloadBytes = 1 + 4 + 4 + 32 * 1024;
/** The length of a packet and of its padding, which say the same in every packet with as much in it. */
const headBytes = 5;
/** As many as a server's window of 2 MiB holds. */
const mostPackets = 64;

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
  const packets: Buffer[] = [];
  const head = Buffer.alloc(headBytes);
  let used = 0;
  cipher.allocPacket = (payloadBytes) => {
    if (payloadBytes !== fullPayloadBytes) return make.call(cipher, payloadBytes);
    if (socket.writableLength === 0) used = 0;
    const free = packets[used];
    if (free !== undefined) {
      used++;
      head.copy(free);
      return free;
    }
    const packet = make.call(cipher, payloadBytes);
    if (packets.length === 0) packet.copy(head);
    if (packets.length < mostPackets) used = packets.push(packet);
    return packet;
  };
}
