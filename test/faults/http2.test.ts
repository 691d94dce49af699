import { generateTlsIdentity } from "../../src/testing.ts";
import type { DavStage } from "./dav-stage.ts";
import { changing, openDavStage, secrets } from "./dav-stage.ts";
import type { Ending } from "./ending.ts";
import { closing, connecting, greeting, hasNone, idling, resolving } from "./everywhere.ts";
import { hostName } from "./faulty-names.ts";
import { faultMatrix } from "./matrix.ts";
import type { Act, Exception, Exceptions, FaultSite } from "./site.ts";
import { openUnwrapped } from "./unwrapped.ts";
import { handedOn, noSession, none, reading } from "./web-acts.ts";
import { atRequest, content, inAnswer, request } from "./web-stage.ts";
import type { Wedge } from "./wedge.ts";
import { startWedge } from "./wedge.ts";

const identity = await generateTlsIdentity({ names: [hostName] });

/** Behind the wedge, which sees TLS, there is another one, which sees the frames inside. */
interface Http2Stage extends DavStage {
  readonly frames: Wedge;
}

async function open(): Promise<Http2Stage> {
  let frames: Wedge | undefined;
  const stage = await openDavStage({
    server: { tls: identity, http2: true },
    scheme: "davs",
    client: { tls: { ca: identity.cert } },
    way: async (port) => {
      const unwrapped = await openUnwrapped(identity, "h2", port);
      const wedge = await startWedge(unwrapped.port);
      frames = unwrapped.inside;
      return {
        wedge,
        close: async () => {
          await wedge.close();
          await unwrapped.close();
        },
      };
    },
  });
  return { ...stage, frames: frames as Wedge };
}

type Doing = Omit<Act<Http2Stage>, "arm" | "striker">;

const framesOf = ({ frames }: Http2Stage): Wedge => frames;
const read = (doing: Pick<Doing, "name" | "run">): Doing => ({ ...doing, manner: "reading" });

/** What goes wrong goes wrong inside TLS, whose seal is whole: at a request, or in its answer. */
const insideAt = (doing: Doing, wanted: Parameters<typeof atRequest>[0]): Act<Http2Stage> => ({
  ...doing,
  name: `${doing.name}, in its frames`,
  striker: framesOf,
  arm: atRequest(wanted),
});
const insideAnswer = (doing: Doing, wanted: Parameters<typeof atRequest>[0], bytes: number): Act<Http2Stage> => ({
  ...doing,
  name: `${doing.name}, in its frames`,
  striker: framesOf,
  arm: inAnswer<Http2Stage>(wanted, bytes, framesOf),
});

const [file, stat, root] = [request("GET", "/file"), request("PROPFIND", "/file"), request("PROPFIND", "/")];
const half = content.length / 2;
const forHours = none("each byte counts, and there are too many of them");
const slowly: Exception = {
  ending: "succeeds",
  because: "a slow server is not a silent one, and few bytes are missing",
};

/**
 * A session on which nothing is heard is asked for a sign of life. Noise is silence to it: Node (20) does not tell of frames that it cannot read, and later
 * ones end the session; so is a record of TLS that is not whole.
 */
const foundOut = (ending: Ending): Exceptions => {
  const because = "a session that is asked for a sign of life and gives none is lost, before the operation's own limit";
  return { silence: { ending, because }, garbage: { ending, because }, drip: { ending, because } };
};
const exceptions: NonNullable<FaultSite["exceptions"]> = {
  reading: foundOut("succeeds"),
  streaming: foundOut({ fails: "connection-lost", effect: "none", temporary: true }),
  changing: foundOut({ fails: "connection-lost", effect: "unknown", temporary: true }),
  replacing: foundOut("succeeds"),
};

faultMatrix<Http2Stage>({
  scheme: "http2",
  secrets,
  wires: 1,
  exceptions,
  open,
  phases: {
    resolve: resolving(({ names }) => names, reading.stat),
    connect: connecting(reading.stat),
    banner: hasNone("the client speaks first"),
    handshake: greeting<Http2Stage>(reading.stat, { garbage: noSession }),
    authentication: hasNone("it is that of http"),
    session: [
      {
        ...reading.stat,
        manner: "connecting",
        striker: framesOf,
        arm: ({ frames }, strike) => frames.atConnection(strike),
        exceptions: {
          half: {
            ending: { fails: ["connection-failed", "connection-lost"], effect: "none", temporary: true },
            because: "in half of what it says first there may be all that it has to say about the session",
          },
          drip: none("its first word is so short that it arrives in time; what is slow then is the request's answer"),
          garbage: {
            ending: { fails: ["protocol-error", "connection-failed"], effect: "none" },
            because: "noise in the place of its first word ends a session, and Node does not tell it from a hang-up",
          },
        },
      },
    ],
    request: [
      { ...read(reading.stat), arm: atRequest(stat) },
      insideAt({ ...read(reading.stat), exceptions: { drip: forHours } }, stat),
      insideAt({ ...read(reading.list), exceptions: { drip: forHours } }, root),
      insideAt({ ...read(reading.readv), exceptions: { drip: forHours } }, file),
      insideAt({ ...changing.mkdir, exceptions: { drip: slowly } }, request("MKCOL", "/new/")),
    ],
    "first byte": [
      { ...read(reading.getBytes), arm: inAnswer(file, 3) },
      insideAnswer({ ...read(reading.getBytes), exceptions: { drip: forHours } }, file, 3),
      insideAnswer({ ...read(reading.get), exceptions: { half: handedOn, drip: forHours } }, file, 3),
    ],
    middle: [
      { ...read(reading.getBytes), arm: inAnswer(file, half) },
      insideAnswer({ ...read(reading.getBytes), exceptions: { drip: forHours } }, file, half),
      insideAnswer({ ...reading.get, manner: "streaming", exceptions: { drip: forHours } }, file, half),
    ],
    "last acknowledgement": [
      insideAnswer({ ...changing.put, exceptions: { drip: slowly } }, ({ method }) => method === "MOVE", 0),
      insideAnswer({ ...changing.mkdir, exceptions: { drip: slowly } }, request("MKCOL", "/new/"), 0),
      insideAnswer({ ...changing.delete, exceptions: { drip: slowly } }, request("DELETE", "/other"), 0),
      insideAnswer({ ...changing.rename, exceptions: { drip: slowly } }, request("MOVE", "/other"), 0),
    ],
    idle: [
      ...idling(reading.stat),
      ...idling<Http2Stage>({ ...reading.stat, name: "stat, in its frames" }).map((act) => ({
        ...act,
        striker: framesOf,
      })),
    ],
    close: closing(),
  },
});
