import { generateTlsIdentity, startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { closing, connecting, greeting, hasNone, idling, resolving } from "./everywhere.ts";
import { hostName } from "./faulty-names.ts";
import { faultMatrix } from "./matrix.ts";
import { brokenSeal, handedOn, noSession, reading, sealed } from "./web-acts.ts";
import type { WebStage } from "./web-stage.ts";
import { Bell, atRequest, content, inAnswer, openWebStage, reads, request } from "./web-stage.ts";

const password = "pass#word/of joe";
const identity = await generateTlsIdentity({ names: [hostName] });

async function open(): Promise<WebStage> {
  const bell = new Bell();
  const server = await startHttpServer({
    tls: identity,
    login: { scheme: "basic", users: { joe: password } },
    onRequest: bell.ring,
  });
  seedTree(server.tree, "/file", content);
  return await openWebStage({
    server,
    bell,
    scheme: "https",
    options: { user: "joe", password, tls: { ca: identity.cert } },
    works: reads,
    left: () => server.tree.openFiles,
  });
}

const [head, file, root] = [request("HEAD", "/file"), request("GET", "/file"), request("GET", "/")];
const half = content.length / 2;

faultMatrix<WebStage>({
  scheme: "https",
  secrets: [password, encodeURIComponent(password), Buffer.from(`joe:${password}`).toString("base64")],
  wires: 1,
  open,
  phases: {
    resolve: resolving(({ names }) => names, reading.stat),
    connect: connecting(reading.stat),
    banner: hasNone("the client speaks first"),
    handshake: [
      ...greeting<WebStage>(reading.stat, { garbage: noSession }),
      {
        ...reading.stat,
        name: "stat, in the middle of the handshake",
        manner: "connecting",
        arm: ({ wedge }, strike) => wedge.afterBytes(300, "down", strike),
        exceptions: { garbage: noSession },
      },
    ],
    authentication: hasNone("it is that of http"),
    session: hasNone("each request stands for itself"),
    request: [
      { ...reading.stat, manner: "reading", arm: atRequest(head), exceptions: { garbage: brokenSeal } },
      { ...reading.list, manner: "reading", arm: atRequest(root), exceptions: { garbage: brokenSeal } },
    ],
    "first byte": [
      { ...reading.getBytes, manner: "reading", arm: inAnswer(file, 3), exceptions: { garbage: brokenSeal } },
      {
        ...reading.get,
        manner: "reading",
        arm: inAnswer(file, 3),
        exceptions: { garbage: brokenSeal, half: handedOn },
      },
    ],
    middle: [
      {
        ...reading.getBytes,
        manner: "reading",
        arm: inAnswer(file, half),
        exceptions: { garbage: brokenSeal, drip: sealed },
      },
      {
        ...reading.get,
        manner: "streaming",
        arm: inAnswer(file, half),
        exceptions: { garbage: brokenSeal, drip: sealed },
      },
      {
        ...reading.readv,
        manner: "reading",
        arm: inAnswer(file, 5_000),
        exceptions: { garbage: brokenSeal, drip: sealed },
      },
    ],
    "last acknowledgement": hasNone("it only reads"),
    idle: idling(reading.stat),
    close: closing(),
  },
});
