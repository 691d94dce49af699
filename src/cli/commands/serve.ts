import { once } from "node:events";

import { isLoopback } from "../../gateway/allowed-hosts.ts";
import { TransportError, serve as startGateway } from "../../index.ts";
import type { GatewayAnswer, Transport, WritableOptions } from "../../index.ts";
import type { CommandLine } from "../command-line.ts";
import type { GatewayToken } from "../gateway-token.ts";
import { gatewayToken } from "../gateway-token.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage-error.ts";

const defaultPort = 8080;

/** Serves a directory over HTTP until it is interrupted. */
export async function serve(session: Session): Promise<void> {
  const { line, report, signal } = session;
  const place = session.place(line.operands[0] as string);
  const port = line.port() ?? defaultPort;
  const host = line.value("host");
  const directory = await openDirectory(session, place.transport, place.path);
  const onAnswered = (answered: GatewayAnswer): void => report.done(answered, answeredLine(answered));
  const writable = await writableBy(line);
  const allowHosts = line.values("allow-host");
  await using gateway = await startGateway(directory, { host, port, allowHosts, writable, onAnswered });
  if (host !== undefined && !isLoopback(host))
    report.warnOnce(
      `${writable?.private === true ? "the token" : "what is served"} can be read by everybody who is on the way: put TLS in front of it`,
    );
  const { url } = gateway;
  const shown = writable?.isNew === true ? { url, token: writable.token } : { url };
  await report.line(report.json ? JSON.stringify(shown) : Object.values(shown).join("\n"));
  report.note({ serving: place.url }, `samewire: serving ${place.shown} at ${gateway.url}; Ctrl-C ends it`);
  if (!signal.aborted) await once(signal, "abort");
}

/** What those show who may change things; undefined where nobody may. */
async function writableBy(line: CommandLine): Promise<(GatewayToken & WritableOptions) | undefined> {
  const [isPrivate, file] = [line.flag("private"), line.value("token-file")];
  if (line.flag("writable")) return { ...(await gatewayToken(file)), private: isPrivate };
  if (!isPrivate && file === undefined) return undefined;
  throw new UsageError("--private and --token-file go with --writable", "Add --writable");
}

/** Whoever has to be asked for a password is asked now, and not when somebody's browser waits. */
async function openDirectory({ signal }: Session, transport: Transport, path: string): Promise<Transport> {
  const { type } = await transport.stat(path, { followLinks: true, signal });
  if (type === "directory") return transport.clone(path);
  throw new TransportError("not-a-directory", "this is a file, and a directory is served", {
    operation: "serve",
    url: transport.abspath(path),
    hint: "Serve the directory that it is in",
  });
}

function answeredLine({ method, target, status, complete }: GatewayAnswer): string {
  return `${method} ${target} ${status}${complete ? "" : " (cut short)"}`;
}
