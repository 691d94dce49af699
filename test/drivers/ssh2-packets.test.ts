import { once } from "node:events";
import { PassThrough } from "node:stream";

import { Client } from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { reusePackets } from "../../src/drivers/ssh2-packets.ts";
import type { SshSocket } from "../../src/drivers/ssh2-socket.ts";
import type { SftpServer } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";

/** What ssh2 asks room for when it sends as much as fits: 32 KiB, and nine bytes that say what it is. */
const full = 32 * 1024 + 9;

/** The part of ssh2 that makes packets. */
interface Inside {
  readonly _protocol: { readonly _cipher: { allocPacket(payloadBytes: number): Buffer } };
}

describe("the packets of a large put", () => {
  let server: SftpServer;

  beforeAll(async () => {
    server = await startSftpServer({ users: { joe: { password: "secret" } } });
  });
  afterAll(() => server.close());

  /** Makes packets as a session with a socket does. */
  async function packetsFor(socket: PassThrough, work: (make: (bytes: number) => Buffer) => void): Promise<void> {
    const client = new Client();
    client.connect({ host: server.host, port: server.port, username: "joe", password: "secret" });
    await once(client, "ready");
    reusePackets(client, socket as unknown as SshSocket);
    const { _cipher: cipher } = (client as unknown as Inside)._protocol;
    work((bytes) => cipher.allocPacket(bytes));
    client.end();
    await once(client, "close");
  }

  it("use one place again and again where the socket takes them at once, and have their lengths in front", async () => {
    await packetsFor(new PassThrough(), (make) => {
      const packet = make(full);
      const head = Buffer.from(packet.subarray(0, 5));
      packet.fill(1);
      const next = make(full);
      expect(next.buffer).toBe(packet.buffer);
      expect(next.subarray(0, 5)).toEqual(head);
      expect(head.readUInt32BE(0)).toBe(1 + full + (head[4] as number));
    });
  });

  it("have places of their own while the socket still has something to send", async () => {
    const socket = new PassThrough();
    await packetsFor(socket, (make) => {
      const packets = Array.from({ length: 100 }, () => {
        const packet = make(full);
        socket.cork();
        socket.write(packet);
        return packet;
      });
      expect(new Set(packets.map(({ buffer }) => buffer)).size).toBe(packets.length);
    });
  });

  it("use places of their own size, and are made as ever where they are small", async () => {
    await packetsFor(new PassThrough(), (make) => {
      const [large, smaller] = [make(full), make(full - 1000)];
      expect(smaller.buffer).not.toBe(large.buffer);
      expect([make(full), make(full - 1000)].map(({ buffer }) => buffer)).toEqual([large.buffer, smaller.buffer]);
      expect(make(full - 1000)).toHaveLength(smaller.length);
      expect(make(9)).not.toBe(make(9));
    });
  });

  it("are made as ever by a client of another make", () => {
    const others = [
      {},
      { _protocol: {} },
      { _protocol: { _cipher: {} } },
      { _protocol: { _cipher: { allocPacket: 1 } } },
    ];
    for (const other of others) {
      const client = Object.assign(new Client(), { _protocol: undefined }, structuredClone(other));
      reusePackets(client, new PassThrough() as unknown as SshSocket);
      expect(client).toMatchObject(other);
    }
  });
});
