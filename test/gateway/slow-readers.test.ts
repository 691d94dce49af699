import type { Socket } from "node:net";

import { describe, expect, it } from "vitest";

import { noise } from "../../benchmarks/readv/scattered.ts";
import { ask } from "./gateway-site.ts";
import { asking, sftpSite } from "./sftp-site.ts";

const MiB = 2 ** 20;

/** Takes the rest of an answer, some of it at a time. */
async function takeSlowly(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer);
    await new Promise(setImmediate);
  }
  const whole = Buffer.concat(chunks);
  return whole.subarray(whole.indexOf("\r\n\r\n") + 4);
}

describe("slow readers over one SFTP wire", () => {
  it("are five hundred at once, and each gets every byte of its part", async () => {
    const [readers, lengthBytes] = [500, 64 * 1024];
    const content = noise(4 * MiB);
    const { server, gateway } = await sftpSite({ large: content });
    const offsetOf = (reader: number): number => Math.floor(((content.length - lengthBytes) * reader) / readers);
    const sockets = await Promise.all(
      Array.from({ length: readers }, (_, reader) =>
        asking(gateway, "/large", `Range: bytes=${offsetOf(reader)}-${offsetOf(reader) + lengthBytes - 1}\r\n`),
      ),
    );
    // All of them have begun, and none has taken anything: somebody else is served meanwhile.
    expect((await ask(gateway, "/large", { headers: { range: "bytes=0-9" } })).body).toEqual(content.subarray(0, 10));
    const parts = await Promise.all(sockets.map(takeSlowly));
    const wrong = parts.filter(
      (part, reader) => !part.equals(content.subarray(offsetOf(reader), offsetOf(reader) + lengthBytes)),
    );
    expect(wrong).toHaveLength(0);
    expect(server.accepted).toBe(1);
  }, 120_000);

  it("have no more read for them than a bounded part, and go away without a trace", async () => {
    const { server, transport, gateway } = await sftpSite({
      large: Buffer.alloc(32 * MiB),
      small: Buffer.from("small"),
    });
    const socket = await asking(gateway, "/large");
    const received = (): number => transport.connectionReport()?.bytesReceived ?? 0;
    // Until nothing more comes: what the system's buffers hold is a matter of the system.
    const arriving = async (): Promise<number> => {
      const before = received();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return received() - before;
    };
    await expect.poll(arriving).toBe(0);
    expect(received()).toBeLessThan(24 * MiB);
    expect((await ask(gateway, "/small")).body.toString()).toBe("small");
    const opened = server.requests.get("open") ?? 0;
    await expect.poll(() => server.requests.get("close")).toBe(opened - 1);
    socket.destroy();
    await expect.poll(() => server.requests.get("close")).toBe(opened);
    expect(received()).toBeLessThan(24 * MiB);
    expect(server.accepted).toBe(1);
  }, 60_000);

  it("are told to come again where the server lets no more files be open, and are served once it does", async () => {
    const files = { large: Buffer.alloc(16 * MiB), small: Buffer.from("small") };
    const { gateway } = await sftpSite(files, { server: { maxHandles: 20 } });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => asking(gateway, "/large")));
    for (const path of ["/small", "/"]) {
      const { status, headers } = await ask(gateway, path);
      expect([status, headers["retry-after"]]).toEqual([503, "5"]);
    }
    sockets.pop()?.destroy();
    await expect.poll(async () => (await ask(gateway, "/small")).body.toString()).toBe("small");
  });
});
