import type { DavStage } from "./dav-stage.ts";
import { changing, openDavStage, secrets } from "./dav-stage.ts";
import type { Ending } from "./ending.ts";
import { closing, connecting, hasNone, idling, resolving } from "./everywhere.ts";
import type { Fault } from "./fault.ts";
import { faultMatrix } from "./matrix.ts";
import type { Act, Exception } from "./site.ts";
import { handedOn, none, reading, sentAway } from "./web-acts.ts";
import { atRequest, content, inAnswer, request } from "./web-stage.ts";

const unchecked = none("what is in the place of content is content: plain HTTP has no checksum of it");
const forHours = none("so much would take hours");

/** Nothing of a file is touched before its content is whole under another name. */
const untouched = Object.fromEntries(
  (
    [
      ["silence", { fails: "timeout", effect: "none", temporary: true }],
      ["garbage", { fails: "protocol-error", effect: "none" }],
      ["drip", { fails: "timeout", effect: "none", temporary: true }],
    ] satisfies [Fault, Ending][]
  ).map(([fault, ending]) => [
    fault,
    { ending, because: "until it is moved into its place the file is as it was" } satisfies Exception,
  ]),
);

/** A source gives its bytes once. */
const notAgain = Object.fromEntries(
  (["reset", "fin", "half"] as const).map((fault) => [
    fault,
    {
      ending: { fails: "connection-lost", effect: "none", temporary: true },
      because: "a source gives its bytes once; until they are moved into their place the file is as it was",
    } satisfies Exception,
  ]),
);

/** A request by its method alone: temporaries have a name that nobody knows. */
const method =
  (wanted: string) =>
  ({ method: asked }: { readonly method: string }): boolean =>
    asked === wanted;

const lost = (doing: Omit<Act<DavStage>, "arm">, wanted: Parameters<typeof inAnswer>[0]): Act<DavStage> => ({
  ...doing,
  arm: inAnswer(wanted, 0),
});

faultMatrix<DavStage>({
  scheme: "dav",
  secrets,
  wires: 1,
  open: () => openDavStage(),
  phases: {
    resolve: resolving(({ names }) => names, reading.stat),
    connect: connecting<DavStage>(reading.stat).map((act) => ({
      ...act,
      exceptions: { ...act.exceptions, fin: sentAway },
    })),
    banner: hasNone("the client speaks first"),
    handshake: hasNone("nothing is secured: see https"),
    authentication: hasNone("it is that of http"),
    session: hasNone("each request stands for itself"),
    request: [
      { ...reading.stat, manner: "reading", arm: atRequest(request("PROPFIND", "/file")) },
      { ...reading.list, manner: "reading", arm: atRequest(request("PROPFIND", "/")) },
      { ...reading.getBytes, manner: "reading", arm: atRequest(request("GET", "/file")) },
      { ...changing.put, arm: atRequest(method("PUT")), exceptions: untouched },
      { ...changing.putStream, arm: atRequest(method("PUT")), exceptions: { ...untouched, ...notAgain } },
      { ...changing.mkdir, arm: atRequest(request("MKCOL", "/new/")) },
    ],
    "first byte": [
      { ...reading.list, manner: "reading", arm: inAnswer(request("PROPFIND", "/"), 9) },
      { ...reading.get, manner: "reading", arm: inAnswer(request("GET", "/file"), 9), exceptions: { half: handedOn } },
      { ...changing.delete, arm: inAnswer(request("DELETE", "/other"), 9) },
    ],
    middle: [
      {
        ...reading.list,
        manner: "reading",
        arm: inAnswer(request("PROPFIND", "/"), 600),
        exceptions: { drip: forHours },
      },
      {
        ...reading.getBytes,
        manner: "reading",
        arm: inAnswer(request("GET", "/file"), content.length / 2),
        exceptions: { garbage: unchecked, drip: forHours },
      },
      {
        ...reading.get,
        manner: "streaming",
        arm: inAnswer(request("GET", "/file"), content.length / 2),
        exceptions: { garbage: unchecked, drip: forHours },
      },
    ],
    "last acknowledgement": [
      lost(changing.put, method("MOVE")),
      lost(changing.putNew, method("MOVE")),
      lost(changing.putInPlace, request("PUT", "/other")),
      lost(changing.mkdir, request("MKCOL", "/new/")),
      lost(changing.delete, request("DELETE", "/other")),
      lost(changing.rmdir, request("DELETE", "/empty/")),
      lost(changing.rename, request("MOVE", "/other")),
      lost(changing.copy, method("MOVE")),
    ],
    idle: idling(reading.stat),
    close: closing(),
  },
});
