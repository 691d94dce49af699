import { once } from "node:events";
import type { Socket } from "node:net";
import { createServer } from "node:net";

import type { ParsedKey } from "ssh2";
import ssh2 from "ssh2";

import type { SshKeyPair } from "../../../src/testing.ts";

/** An SSH agent in this process that holds one key. */
export interface SshAgent {
  readonly path: string;
  close(): Promise<void>;
}

export async function startSshAgent(path: string, { private: text }: SshKeyPair): Promise<SshAgent> {
  const key = ssh2.utils.parseKey(text) as ParsedKey;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    const agent = new ssh2.AgentProtocol(false);
    agent.on("identities", (request) => agent.getIdentitiesReply(request, [key]));
    agent.on("sign", (request, _key, data, options) => {
      agent.signReply(request, key.sign(data, options.hash) as Buffer);
    });
    socket.pipe(agent).pipe(socket);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    path,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
