import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";

import type { Gateway, Transport, TransportOptions } from "../../src/index.ts";
import { getTransport } from "../../src/index.ts";
import type { SftpServer, SftpServerOptions } from "../../src/testing.ts";
import { startSftpServer } from "../../src/testing.ts";
import { afterwards, start } from "./gateway-site.ts";

export interface SftpSite {
  readonly server: SftpServer;
  readonly transport: Transport;
  readonly gateway: Gateway;
}

interface SftpSiteOptions {
  readonly server?: SftpServerOptions;
  readonly transport?: TransportOptions;
  readonly startGateway?: (transport: Transport) => Promise<Gateway>;
}

/** Serves some files of an SFTP server, over one wire, until the test is over. */
export async function sftpSite(
  files: Readonly<Record<string, Buffer>>,
  { server: serverOptions, transport: options, startGateway = start }: SftpSiteOptions = {},
): Promise<SftpSite> {
  const server = await startSftpServer(serverOptions);
  afterwards(() => server.close());
  const list: Transport[] = [];
  afterwards(() => Promise.all(list.map((transport) => transport.disconnect())));
  const transport = getTransport(server.url, list, {
    password: server.password,
    ssh: { config: null, agent: null, unknownHostKey: () => "accept" },
    ...options,
  });
  for (const [name, content] of Object.entries(files)) await transport.put(name, content, { atomic: false });
  return { server, transport, gateway: await startGateway(transport) };
}

/** Asks, and takes nothing of the answer before it is told to. */
export async function asking({ port }: Gateway, path: string, headers = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  afterwards(() => socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`);
  await once(socket, "readable");
  return socket;
}
