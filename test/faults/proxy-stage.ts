import type { TransportOptions } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import type { PoliteProxy, ProxyStep } from "./proxies.ts";
import type { Act } from "./site.ts";
import type { WebStage } from "./web-stage.ts";
import { Bell, content, reads } from "./web-stage.ts";
import { startWedge } from "./wedge.ts";

/** A server behind a proxy, and the wedge before that. */
export interface ProxyStage extends WebStage {
  readonly proxy: PoliteProxy;
}

const user = "joe";
const password = "pr0xy#Pass/word";

export const secrets: readonly string[] = [
  password,
  encodeURIComponent(password),
  Buffer.from(`${user}:${password}`).toString("base64"),
];

const identity = generateTlsIdentity({ names: [hostName, "127.0.0.1"] });

/** `protocol` is how the proxy is spoken to, and `start` starts it. The server's name is `hostName`. */
export async function openProxyStage(
  protocol: "socks5" | "socks5h" | "http" | "https",
  start: (user: string, password: string, identity: TlsIdentity) => Promise<PoliteProxy>,
  scheme: "http" | "https" = "https",
): Promise<ProxyStage> {
  const tls = await identity;
  const bell = new Bell();
  const names = new FaultyNames();
  const server = await startHttpServer({ ...(scheme === "https" ? { tls } : undefined), onRequest: bell.ring });
  seedTree(server.tree, "/file", content);
  const proxy = await start(user, password, tls);
  const wedge = await startWedge(proxy.port);
  const options: TransportOptions = {
    lookup: names.lookup,
    tls: { ca: tls.cert },
    proxy: `${protocol}://${user}:${encodeURIComponent(password)}@127.0.0.1:${wedge.port}`,
  };
  return {
    url: `${scheme}://${hostName}:${server.port}/`,
    options,
    wedge,
    names,
    bell,
    proxy,
    works: reads,
    left: () => server.open + proxy.open + server.tree.openFiles,
    close: async () => {
      names.heal();
      await wedge.close();
      await proxy.close();
      await server.close();
    },
  };
}

/** Strikes when the proxy has heard a step of the negotiation, and has not answered it. */
export function atStep(wanted: ProxyStep): Act<ProxyStage>["arm"] {
  return ({ proxy }, strike) => {
    proxy.onStep = (step) => {
      if (step === wanted) strike();
    };
  };
}
