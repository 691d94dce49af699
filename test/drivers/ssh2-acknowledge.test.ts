import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect } from "node:net";

import ssh2 from "ssh2";
import type { Client, Connection } from "ssh2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { acknowledgeAtOnce } from "../../src/drivers/ssh2-ahead.ts";
import { generateSshKey } from "../../src/testing.ts";

/** The server's side of a session, as far as it can speak without being asked. */
interface Inside {
  readonly _protocol: { serviceAccept(name: string): void; ping(): void };
}

let seen: string[];
let server: ssh2.Server;
let session: Connection;
let client: Client;
let socket: Socket;

beforeEach(async () => {
  seen = [];
  const { private: hostKey } = await generateSshKey("ed25519");
  server = new ssh2.Server({ hostKeys: [hostKey], debug: (line) => void seen.push(line) });
  server.on("connection", (one) => {
    session = one;
    one.on("authentication", (context) => context.accept());
    one.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client = new ssh2.Client();
  client.on("error", () => undefined);
  client.connect({ sock: socket, username: "joe", password: "any" });
  await once(client, "ready");
});

afterEach(async () => {
  client.end();
  await new Promise((resolve) => server.close(resolve));
});

const meaningless = (): number => seen.filter((line) => line.includes("Received IGNORE")).length;

/** Has the server say something to which ssh2 has an answer, so that all that came before has been dealt with. */
async function exchanged(): Promise<void> {
  const from = seen.length;
  (session as unknown as Inside)._protocol.ping();
  while (
    !seen
      .slice(from)
      .some((line) =>
        /Received (?:REQUEST|GLOBAL_REQUEST|RESPONSE)|Inbound: Received .*(?:FAILURE|SUCCESS)/i.test(line),
      )
  )
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a client that has all acknowledged at once", () => {
  it("answers with a message that means nothing where ssh2 answers nothing, until it is told to stop", async () => {
    const stop = acknowledgeAtOnce(client, socket);
    // An answer that nobody waits for: ssh2 takes it and says nothing.
    (session as unknown as Inside)._protocol.serviceAccept("ssh-connection");
    await expect.poll(meaningless).toBe(1);
    stop();
    (session as unknown as Inside)._protocol.serviceAccept("ssh-connection");
    await exchanged();
    expect(meaningless()).toBe(1);
  });

  it("adds nothing to what ssh2 answers itself", async () => {
    const stop = acknowledgeAtOnce(client, socket);
    await exchanged();
    expect(meaningless()).toBe(0);
    stop();
  });

  it("does nothing with a client that has other insides", () => {
    const other = { _protocol: {} } as unknown as Client;
    const stop = acknowledgeAtOnce(other, socket);
    expect(() => socket.emit("data", Buffer.alloc(0))).not.toThrow();
    stop();
  });
});
