import type { TlsIdentity } from "../../src/testing.ts";
import { closing, connecting, greeting, hasNone, idling } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import { startConnectProxy } from "./proxies.ts";
import type { ProxyStage } from "./proxy-stage.ts";
import { atStep, openProxyStage, secrets } from "./proxy-stage.ts";
import type { Act, Exception } from "./site.ts";
import { brokenSeal, noSession, reading, sealed } from "./web-acts.ts";
import { atRequest, content, inAnswer, request } from "./web-stage.ts";

const file = request("GET", "/file");
const negotiating: Pick<Act<ProxyStage>, "name" | "run" | "manner"> = { ...reading.stat, manner: "connecting" };

/** Bytes of the proxy's own answer, as `PoliteProxy` has it. */
const answerBytes = "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n".length;

/** Of TLS in TLS the outer one notices: what is inside has lost its connection, which is repeated. */
const outerSeal: Exception = {
  ending: "succeeds",
  because: "the proxy's own TLS notices it, so that the connection in it is lost, and what reads is asked again",
};

for (const protocol of ["http", "https"] as const) {
  const secured = protocol === "https";
  const spoilt = secured ? outerSeal : brokenSeal;
  const answered: readonly Act<ProxyStage>[] = [
    {
      ...negotiating,
      name: "stat, at the connect",
      arm: atStep("connect"),
      ...(secured ? { exceptions: { garbage: brokenSeal } } : {}),
    },
    {
      ...negotiating,
      name: "stat, in the answer to the connect",
      arm: ({ wedge, proxy }, strike) => {
        proxy.onStep = () => wedge.afterBytes(12, "down", strike);
      },
      ...(secured ? { exceptions: { garbage: brokenSeal } } : {}),
    },
  ];
  faultMatrix<ProxyStage>({
    scheme: `https over ${protocol} proxy`,
    secrets,
    wires: 1,
    open: () =>
      openProxyStage(protocol, (user, password, identity: TlsIdentity) =>
        startConnectProxy(user, password, secured ? identity : undefined),
      ),
    phases: {
      resolve: hasNone("the proxy resolves the name: see session"),
      connect: connecting(reading.stat),
      banner: hasNone("the client speaks first"),
      handshake: secured
        ? greeting<ProxyStage>(reading.stat, { garbage: noSession })
        : [
            {
              ...negotiating,
              arm: ({ wedge }, strike) => wedge.afterBytes(answerBytes, "down", strike),
              exceptions: { garbage: noSession },
            },
          ],
      authentication: hasNone("one says who asks with the request to connect: see session"),
      session: answered,
      request: [
        {
          ...reading.stat,
          manner: "reading",
          arm: atRequest(request("HEAD", "/file")),
          exceptions: { garbage: spoilt },
        },
      ],
      "first byte": [
        { ...reading.getBytes, manner: "reading", arm: inAnswer(file, 3), exceptions: { garbage: spoilt } },
      ],
      middle: [
        {
          ...reading.getBytes,
          manner: "reading",
          arm: inAnswer(file, content.length / 2),
          exceptions: { garbage: spoilt, drip: sealed },
        },
      ],
      "last acknowledgement": hasNone("it only reads"),
      idle: idling(reading.stat),
      close: closing(),
    },
  });
}
