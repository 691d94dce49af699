import { closing, connecting, hasNone, idling } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import { startConnectProxy } from "./proxies.ts";
import type { ProxyStage } from "./proxy-stage.ts";
import { openProxyStage, secrets } from "./proxy-stage.ts";
import { handedOn, none, reading, sentAway } from "./web-acts.ts";
import { atRequest, content, inAnswer, request } from "./web-stage.ts";

const [head, file, root] = [request("HEAD", "/file"), request("GET", "/file"), request("GET", "/")];
const half = content.length / 2;
const unchecked = none("what is in the place of content is content: plain HTTP has no checksum of it");
const forHours = none("so much would take hours");

faultMatrix<ProxyStage>({
  scheme: "http over http proxy",
  secrets,
  wires: 1,
  open: () => openProxyStage("http", (user, password) => startConnectProxy(user, password), "http"),
  phases: {
    resolve: hasNone("the proxy resolves the name"),
    connect: connecting<ProxyStage>(reading.stat).map((act) => ({
      ...act,
      exceptions: { ...act.exceptions, fin: sentAway },
    })),
    banner: hasNone("the client speaks first"),
    handshake: hasNone("nothing is secured: see the proxies of https"),
    authentication: hasNone("one says who asks with each request"),
    session: hasNone("the proxy is told with each request where it goes"),
    request: [
      { ...reading.stat, manner: "reading", arm: atRequest(head) },
      { ...reading.list, manner: "reading", arm: atRequest(root) },
      { ...reading.getBytes, manner: "reading", arm: atRequest(file) },
    ],
    "first byte": [
      { ...reading.getBytes, manner: "reading", arm: inAnswer(file, 9) },
      { ...reading.get, manner: "reading", arm: inAnswer(file, 9), exceptions: { half: handedOn } },
    ],
    middle: [
      {
        ...reading.getBytes,
        manner: "reading",
        arm: inAnswer(file, half),
        exceptions: { garbage: unchecked, drip: forHours },
      },
      {
        ...reading.get,
        manner: "streaming",
        arm: inAnswer(file, half),
        exceptions: { garbage: unchecked, drip: forHours },
      },
    ],
    "last acknowledgement": hasNone("it only reads"),
    idle: idling(reading.stat),
    close: closing(),
  },
});
