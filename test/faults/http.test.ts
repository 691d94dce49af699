import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:http";

import { startHttpServer } from "../../src/testing.ts";
import { seedTree } from "../schemes/http/seed-tree.ts";
import { closing, connecting, hasNone, idling, resolving } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import type { Act, FaultSite } from "./site.ts";
import { handedOn, none, reading, sentAway } from "./web-acts.ts";
import type { WebStage } from "./web-stage.ts";
import { Bell, atRequest, content, inAnswer, openWebStage, reads, request } from "./web-stage.ts";

const password = "pass#word/of joe";

interface HttpStage extends WebStage {
  /** Bytes of the head of the answer that has the file. */
  readonly headBytes: () => Promise<number>;
}

async function open(): Promise<HttpStage> {
  const bell = new Bell();
  const server = await startHttpServer({
    login: { scheme: "basic", users: { joe: password } },
    onRequest: (heard) => {
      const reaction = bell.ring(heard);
      return heard.target === "/chunked" && heard.headers["authorization"] !== undefined ? inChunks : reaction;
    },
  });
  seedTree(server.tree, "/file", content);
  const stage = await openWebStage({
    server,
    bell,
    scheme: "http",
    options: { user: "joe", password },
    works: reads,
    left: () => server.tree.openFiles,
  });
  return { ...stage, headBytes: () => headOf(server.port) };
}

const inChunks = { status: 200, chunked: true, body: content } as const;

/** How long the head of the file's answer is, by what another client is told. */
async function headOf(port: number): Promise<number> {
  const asked = get({ port, host: "127.0.0.1", path: "/file", auth: `joe:${password}`, agent: false });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  const { socket } = answer;
  await once(answer.resume(), "end");
  return socket.bytesRead - content.length;
}

const asked = (method: string, path = "/file"): ReturnType<typeof request> =>
  request(method, path, { authorized: true });
/** Half a status line. */
const firstBytes = 9;
const unchecked = none("what is in the place of content is content: plain HTTP has no checksum of it");
/** A head of some hundred bytes takes longer than the server may be silent. */
const nearEnd = async (stage: WebStage): Promise<number> =>
  (await (stage as HttpStage).headBytes()) + content.length - 30;
const slowly = {
  ending: "succeeds",
  because: "a slow server is not a silent one: of content each byte counts",
} as const;

/** Strikes when the server asks anew who it is, as one does that has forgotten. */
const askedAgain: Act<WebStage>["arm"] = ({ bell }, strike) => {
  let asks = true;
  bell.hear((heard) => {
    if (!asks || !asked("HEAD")(heard)) return undefined;
    asks = false;
    strike();
    return { status: 401, headers: { "www-authenticate": 'Basic realm="another one"' } };
  });
};

const site: FaultSite<WebStage> = {
  scheme: "http",
  secrets: [password, encodeURIComponent(password), Buffer.from(`joe:${password}`).toString("base64")],
  wires: 1,
  open,
  phases: {
    resolve: resolving(({ names }) => names, reading.stat),
    connect: connecting(reading.stat).map((act) => ({ ...act, exceptions: { ...act.exceptions, fin: sentAway } })),
    banner: hasNone("the client speaks first"),
    handshake: hasNone("nothing is secured: see https"),
    authentication: [
      { ...reading.stat, name: "stat, asked who it is", manner: "reading", arm: askedAgain },
      { ...reading.getBytes, name: "getBytes, about to be let in", manner: "reading", arm: atRequest(asked("GET")) },
    ],
    session: hasNone("each request stands for itself"),
    request: [
      { ...reading.stat, manner: "reading", arm: atRequest(asked("HEAD")) },
      { ...reading.list, manner: "reading", arm: atRequest(asked("GET", "/")) },
      { ...reading.getBytes, manner: "reading", arm: atRequest(asked("GET")) },
      { ...reading.readv, manner: "reading", arm: atRequest(asked("GET")) },
    ],
    "first byte": [
      { ...reading.stat, manner: "reading", arm: inAnswer(asked("HEAD"), firstBytes) },
      { ...reading.getBytes, manner: "reading", arm: inAnswer(asked("GET"), firstBytes) },
      { ...reading.get, manner: "reading", arm: inAnswer(asked("GET"), firstBytes), exceptions: { half: handedOn } },
    ],
    middle: [
      {
        ...reading.getBytes,
        manner: "reading",
        arm: inAnswer(asked("GET"), nearEnd),
        exceptions: { garbage: unchecked, drip: slowly },
      },
      {
        ...reading.get,
        manner: "streaming",
        arm: inAnswer(asked("GET"), nearEnd),
        exceptions: { garbage: unchecked, drip: slowly },
      },
      {
        name: "getBytes of chunks",
        manner: "reading",
        arm: inAnswer(asked("GET", "/chunked"), 50_000),
        run: (transport, options) => transport.getBytes("chunked", options),
        exceptions: { drip: none("half of the file would take hours") },
      },
      {
        ...reading.readv,
        manner: "reading",
        arm: inAnswer(asked("GET"), 5_000),
        exceptions: { garbage: unchecked, drip: none("so much would take hours") },
      },
      {
        ...reading.list,
        manner: "reading",
        arm: inAnswer(asked("GET", "/"), 300),
        exceptions: { garbage: unchecked, drip: slowly },
      },
    ],
    "last acknowledgement": hasNone("it only reads"),
    idle: idling(reading.stat),
    close: closing(),
  },
};

faultMatrix(site);
