import { closing, connecting, hasNone, idling, resolving } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import { startSocksProxy } from "./proxies.ts";
import type { ProxyStage } from "./proxy-stage.ts";
import { atStep, openProxyStage, secrets } from "./proxy-stage.ts";
import type { Act } from "./site.ts";
import { brokenSeal, noSession, reading, sealed } from "./web-acts.ts";
import { atRequest, content, inAnswer, request } from "./web-stage.ts";

const file = request("GET", "/file");
const negotiating: Pick<Act<ProxyStage>, "name" | "run" | "manner"> = { ...reading.stat, manner: "connecting" };

for (const protocol of ["socks5", "socks5h"] as const)
  faultMatrix<ProxyStage>({
    scheme: `https over ${protocol}`,
    secrets,
    wires: 1,
    open: () => openProxyStage(protocol, startSocksProxy),
    phases: {
      resolve:
        protocol === "socks5"
          ? resolving(({ names }) => names, reading.stat)
          : hasNone("the proxy resolves the name: see session"),
      connect: connecting(reading.stat),
      banner: [{ ...negotiating, name: "stat, at the greeting", arm: atStep("greeting") }],
      authentication: [{ ...negotiating, name: "stat, at the login", arm: atStep("login") }],
      session: [{ ...negotiating, name: "stat, at the connect", arm: atStep("connect") }],
      handshake: [
        {
          ...negotiating,
          // 14 bytes have been said by then.
          arm: ({ wedge }, strike) => wedge.afterBytes(14, "down", strike),
          exceptions: { garbage: noSession },
        },
      ],
      request: [
        {
          ...reading.stat,
          manner: "reading",
          arm: atRequest(request("HEAD", "/file")),
          exceptions: { garbage: brokenSeal },
        },
      ],
      "first byte": [
        { ...reading.getBytes, manner: "reading", arm: inAnswer(file, 3), exceptions: { garbage: brokenSeal } },
      ],
      middle: [
        {
          ...reading.getBytes,
          manner: "reading",
          arm: inAnswer(file, content.length / 2),
          exceptions: { garbage: brokenSeal, drip: sealed },
        },
      ],
      "last acknowledgement": hasNone("it only reads"),
      idle: idling(reading.stat),
      close: closing(),
    },
  });
