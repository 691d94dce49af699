import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";

import type { Client, ClientChannel } from "ssh2";
import { afterEach, describe, expect, it } from "vitest";

import { isSilentDrop } from "../../src/drivers/ssh2.ts";
import { prepareLogin, signAtOnce } from "../../src/drivers/ssh2-ahead.ts";
import { widenWindow } from "../../src/drivers/ssh2-window.ts";
import { TransportError } from "../../src/errors/transport-error.ts";
import { openFlag } from "../../src/schemes/sftp/protocol/messages.ts";
import { SftpSession } from "../../src/schemes/sftp/protocol/sftp-session.ts";
import type { SftpServer, SftpServerOptions } from "../../src/testing.ts";
import { startSftpServer, startTap } from "../../src/testing.ts";
import { RecordedContext, open, targetAt, withPassword } from "./ssh2-target.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).toReversed()) await undo();
});

/** A server that does with a connection what a test wants. */
async function rawServer(serve: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

async function sshServer(options: SftpServerOptions = {}): Promise<SftpServer> {
  const server = await startSftpServer({ users: { joe: { password: "secret" } }, ...options });
  cleanUp.push(() => server.close());
  return server;
}

describe("a session that cannot be opened", () => {
  it("where nothing listens, is connection-failed and says so", async () => {
    const { port, server } = await rawServer(() => undefined);
    server.close();
    await once(server, "close");
    await expect(open(targetAt(port))).rejects.toMatchObject({
      code: "connection-failed",
      temporary: true,
      message: expect.stringContaining("nothing listens there"),
    });
  });

  it("for a host without an address, is connection-failed and names the host", async () => {
    const lookup = (
      host: string,
      _options: object,
      done: (error: NodeJS.ErrnoException, address: string) => void,
    ): void => {
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }), "");
    };
    const opening = open(targetAt(22, { host: "no.such.host.example", lookup }));
    await expect(opening).rejects.toMatchObject({
      code: "connection-failed",
      temporary: false,
      message: expect.stringContaining("no.such.host.example"),
    });
  });

  it("on a server of another kind, is protocol-error and shows what it says", async () => {
    const { port } = await rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await expect(open(targetAt(port))).rejects.toMatchObject({
      code: "protocol-error",
      message: expect.stringContaining("HTTP/1.1 400 Bad Request"),
    });
  });

  it("on a server that has too many, is too-many-connections for now", async () => {
    const { port } = await rawServer((socket) => socket.end("Exceeded MaxStartups\r\n"));
    const failure = await open(targetAt(port)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "too-many-connections", temporary: true });
    expect(isSilentDrop(failure)).toBe(false);
  });

  it.each(["destroy", "resetAndDestroy"] as const)(
    "on a server that drops it without a word (%s), is too-many-connections for now",
    async (drop) => {
      const { port } = await rawServer((socket) => socket[drop]());
      const failure = await open(targetAt(port)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "too-many-connections", temporary: true });
      expect(isSilentDrop(failure)).toBe(true);
    },
  );

  it("rejects with the abort's reason on a server that says nothing, and leaves no connection", async () => {
    let closed = false;
    const { port } = await rawServer((socket) => socket.on("close", () => (closed = true)).resume());
    const context = new RecordedContext();
    const opening = open(targetAt(port), context);
    await expect.poll(() => context.phases).toContain("handshake");
    const reason = new TransportError("timeout", "too slow");
    context.control.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await expect.poll(() => closed).toBe(true);
    expect(context.losses).toEqual([]);
  });

  it("is not believed to be open by a server that says so before it showed a key", async () => {
    // SSH_MSG_USERAUTH_SUCCESS (52), unencrypted: length, padding length, type, padding.
    const success = Buffer.from([0, 0, 0, 12, 10, 52, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const { port } = await rawServer((socket) => {
      socket.write("SSH-2.0-liar\r\n");
      socket.write(success);
      socket.once("data", () => socket.write(success));
      socket.resume();
    });
    await expect(open(targetAt(port))).rejects.toMatchObject({ code: "protocol-error" });
  });

  it("because the connection broke in the middle, says when", async () => {
    const server = await sshServer();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    tap.severAfter(200, "down");
    await expect(open(targetAt(tap.port))).rejects.toMatchObject({
      code: "connection-failed",
      temporary: true,
      message: expect.stringContaining("during the key exchange"),
    });
    expect(tap.open).toBe(0);
  });

  it("because the driver does not know a cipher, is unsupported", async () => {
    const server = await sshServer();
    await expect(open(targetAt(server.port, { ciphers: ["rot13"] }))).rejects.toMatchObject({ code: "unsupported" });
    await expect.poll(() => server.open).toBe(0);
  });

  it("because nothing is in common with the server, is unsupported and says what", async () => {
    const server = await sshServer({ hostKeyTypes: ["ed25519"] });
    await expect(open(targetAt(server.port, { hostKeyAlgorithms: ["rsa-sha2-512"] }))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("host key"),
    });
  });
});

describe("a login ahead of the server's answers", () => {
  it("is left to a client of another make, as it does it", () => {
    const news = { accepted: () => undefined, signaturesTold: () => undefined };
    for (const inside of [{}, { _protocol: {} }, { _protocol: { _handlers: { SERVICE_ACCEPT: () => undefined } } }]) {
      const client = inside as unknown as Client;
      expect(() => signAtOnce(client)).not.toThrow();
      expect(prepareLogin(client, news)).toBeUndefined();
      expect(inside).not.toHaveProperty("_protocol.authPK");
    }
  });

  it("asks about a key that turns out unable to sign, as ever", () => {
    const sent: unknown[] = [];
    const ask = (
      _user: string,
      _key: unknown,
      algorithm?: string,
      sign?: (data: Buffer, done: () => void) => void,
    ): void => (sign === undefined ? void sent.push(algorithm) : sign(Buffer.from("data"), () => sent.push("signed")));
    const client = { _protocol: { authPK: ask } };
    signAtOnce(client as unknown as Client);
    const key = (signature: unknown) => ({ type: "ssh-rsa", isPrivateKey: () => true, sign: () => signature });
    client._protocol.authPK("joe", key(Buffer.from("signature")), "rsa-sha2-256");
    client._protocol.authPK("joe", key(new Error("no")), "rsa-sha2-512");
    client._protocol.authPK("joe", { ...key(Buffer.from("signature")), isPrivateKey: () => false }, "ssh-rsa");
    expect(sent).toEqual(["signed", "rsa-sha2-512", "ssh-rsa"]);
  });
});

describe("the server's key", () => {
  it("is shown before anything is said of the user, and a refusal is the failure", async () => {
    const server = await sshServer();
    const refusal = new TransportError("host-key-unknown", "who is this?");
    const asked: Buffer[] = [];
    const verifyHostKey = (key: Buffer): Promise<never> => {
      asked.push(key);
      return Promise.reject(refusal);
    };
    await expect(open(targetAt(server.port, { verifyHostKey }))).rejects.toBe(refusal);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.toString("base64")).toBe(server.hostKeys[0]?.public.split(" ")[1]);
    expect(server.counts.logins).toEqual({});
    await expect.poll(() => server.open).toBe(0);
  });

  it("is acted upon only once the server has proved that it is its own", async () => {
    const server = await sshServer();
    const context = new RecordedContext();
    const proved: string[] = [];
    const wire = await open(
      targetAt(server.port, { verifyHostKey: async () => () => void proved.push(context.phases.at(-1) ?? "") }),
      context,
    );
    expect(proved).toEqual(["handshake"]);
    expect(context.phases).toEqual(["connect", "handshake", "authenticate"]);
    await wire.end();
  });

  it("is asked for by the types that come first", async () => {
    const server = await sshServer({ hostKeyTypes: ["ed25519", "rsa"] });
    let shown = "";
    const verifyHostKey = async (key: Buffer): Promise<() => void> => {
      shown = key.toString("latin1", 4, 4 + key.readUInt32BE(0));
      return () => undefined;
    };
    const wire = await open(
      targetAt(server.port, { verifyHostKey, hostKeyAlgorithms: ["rsa-sha2-512", "ssh-ed25519"] }),
    );
    expect(shown).toBe("ssh-rsa");
    await wire.end();
  });
});

describe("an open session", () => {
  it("says who the server is, counts bytes, answers a ping, and ends", async () => {
    const server = await sshServer();
    const context = new RecordedContext();
    const wire = await open(targetAt(server.port), context);
    expect(wire.ident).toMatch(/^SSH-2\.0-\S/);
    const { bytesReceived } = wire.traffic();
    await wire.ping();
    expect(wire.traffic().bytesReceived).toBeGreaterThan(bytesReceived);
    expect(server.counts).toMatchObject({ accepted: 1, sessions: 0 });
    await wire.end();
    await expect.poll(() => server.open).toBe(0);
  });

  it("that breaks rejects whatever waits with connection-lost, and says so once", async () => {
    const server = await sshServer();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    const context = new RecordedContext();
    const wire = await open(targetAt(tap.port), context);
    tap.stall();
    const waiting = [wire.ping(), wire.openSubsystem("sftp"), wire.openTunnel("127.0.0.1", server.port)];
    tap.sever();
    for (const request of waiting)
      await expect(request).rejects.toMatchObject({ code: "connection-lost", temporary: true });
    expect(context.losses).toHaveLength(1);
    await expect(wire.ping()).rejects.toBe(context.losses[0]);
  });

  it("that is destroyed rejects whatever waits with the reason, and tells nobody else", async () => {
    const server = await sshServer();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    const context = new RecordedContext();
    const wire = await open(targetAt(tap.port), context);
    tap.stall();
    const waiting = [wire.ping(), wire.openSubsystem("sftp")];
    const reason = new TransportError("timeout", "silent for too long");
    wire.destroy(reason);
    for (const request of waiting) await expect(request).rejects.toBe(reason);
    expect(context.losses).toEqual([]);
    await expect(wire.openSubsystem("sftp")).rejects.toBe(reason);
  });

  it("gives one request up when its signal is aborted, and goes on", async () => {
    const server = await sshServer();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    const wire = await open(targetAt(tap.port));
    tap.stall();
    const control = new AbortController();
    const given = wire.openSubsystem("sftp", control.signal);
    control.abort(new TransportError("aborted", "never mind"));
    await expect(given).rejects.toMatchObject({ code: "aborted" });
    tap.stall(false);
    await wire.ping();
    await wire.end();
  });

  it("refuses a subsystem that the server does not have, and one session too many", async () => {
    const server = await sshServer({ maxSessions: 1 });
    const wire = await open(targetAt(server.port));
    await wire.openSubsystem("sftp");
    await expect(wire.openSubsystem("sftp")).rejects.toMatchObject({ code: "too-many-connections", temporary: true });
    await wire.end();
    const other = await open(targetAt(server.port));
    await expect(other.openSubsystem("netconf")).rejects.toMatchObject({ code: "unsupported" });
    await other.end();
  });
});

describe("a channel", () => {
  it("to a server that is far away lets it send four mebibytes ahead, however long our answers take", async () => {
    const server = await sshServer();
    const tap = await startTap({ port: server.port });
    cleanUp.push(() => tap.close());
    tap.delay(10);
    const wire = await open(targetAt(tap.port));
    const channel = await wire.openSubsystem("sftp");
    const session = await SftpSession.open(channel, { ident: wire.ident, encoding: "utf8" }, () => undefined);
    const content = Buffer.alloc(16 * session.writeBytes, "abc");
    const parts = Array.from({ length: 16 }, (_, index) => index * session.writeBytes);
    const handle = await session.open("/home/joe/large", openFlag.read | openFlag.write | openFlag.create);
    await Promise.all(parts.map((at) => session.write(handle, at, content.subarray(at, at + session.writeBytes))));
    tap.stall(true, "down");
    const reads = parts.map((at) => session.read(handle, at, session.readBytes));
    await expect.poll(() => server.requests.get("read")).toBe(parts.length);
    // From here on nothing that we say arrives.
    tap.stall(true, "up");
    tap.stall(false, "down");
    expect(Buffer.concat((await Promise.all(reads)) as Buffer[]).equals(content)).toBe(true);
    wire.destroy(new TransportError("aborted", "the test is over"));
  });

  it("of another make is left as it is", () => {
    for (const inside of [
      {},
      { incoming: { window: 1 } },
      { incoming: { window: 1 }, outgoing: { id: 0 }, _client: { _protocol: {} } },
    ]) {
      expect(() => widenWindow(inside as unknown as ClientChannel)).not.toThrow();
      expect(inside).not.toHaveProperty(
        "incoming.window",
        expect.toSatisfy((window) => window !== 1),
      );
    }
  });
});

describe("a tunnel", () => {
  it("carries a session to the next host, and is gone with either end", async () => {
    const [jump, behind] = [await sshServer(), await sshServer()];
    const first = await open(targetAt(jump.port));
    const second = await open(targetAt(behind.port, { via: await first.openTunnel("127.0.0.1", behind.port) }));
    await second.ping();
    expect(second.traffic().bytesReceived).toBeGreaterThan(1_000);
    expect(second.traffic().bytesSent).toBeGreaterThan(1_000);
    await second.end();
    await expect.poll(() => behind.open).toBe(0);

    const context = new RecordedContext();
    await open(targetAt(behind.port, { via: await first.openTunnel("127.0.0.1", behind.port) }), context);
    jump.sever();
    await expect.poll(() => context.losses.map(({ code }) => code)).toEqual(["connection-lost"]);
    await expect.poll(() => behind.open).toBe(0);
  });

  it("to where nothing listens is connection-failed", async () => {
    const { port, server } = await rawServer(() => undefined);
    server.close();
    await once(server, "close");
    const wire = await open(targetAt((await sshServer()).port));
    await expect(wire.openTunnel("127.0.0.1", port)).rejects.toMatchObject({ code: "connection-failed" });
    await wire.end();
  });

  it("is closed where the session through it fails", async () => {
    const [jump, behind] = [await sshServer(), await sshServer()];
    const first = await open(targetAt(jump.port));
    const via = await first.openTunnel("127.0.0.1", behind.port);
    await expect(open(targetAt(behind.port, { via, authenticate: () => withPassword("wrong") }))).rejects.toMatchObject(
      {
        code: "authentication-failed",
      },
    );
    expect(via.destroyed).toBe(true);
    await expect.poll(() => behind.open).toBe(0);
    await first.end();
  });
});
