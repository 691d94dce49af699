import type { Effect } from "../../src/index.ts";
import { closing, connecting, greeting, hasNone, idling, resolving } from "./everywhere.ts";
import type { Fault } from "./fault.ts";
import type { Doing } from "./ftp-doings.ts";
import {
  append,
  appendSource,
  deleting,
  get,
  getBytes,
  list,
  openWriteStream,
  put,
  putSource,
  rename,
  stat,
} from "./ftp-doings.ts";
import type { TransferMoment } from "./ftp-scripts.ts";
import type { FtpForm, FtpStage } from "./ftp-stage.ts";
import type { Act, Exception, FaultSite } from "./site.ts";

type FtpAct = Act<FtpStage>;
type Exceptions = Partial<Record<Fault, Exception>>;

/** Strikes when the server is about to answer a command, or as soon as it has come so far with the transfer. */
export function at(command: string, moment?: TransferMoment): FtpAct["arm"] {
  return (stage, strike) => {
    stage.onReach = (reached, when) => {
      if (reached === command && when === moment) strike();
    };
  };
}

function named(doing: Doing, where: string): Doing {
  return { ...doing, name: `${doing.name}, ${where}` };
}

/** What a byte a second cannot keep from arriving: replies of half a line. */
export const inTime: Exceptions = {
  drip: { ending: "succeeds", because: "every reply that is still to come is shorter than a minute's bytes" },
};

/** Of a change that has not begun when the fault strikes, or is not made under the name that was asked for: it is known that nothing has happened. */
export function harmless(exceptions: Exceptions = {}): Exceptions {
  const because = "nothing was sent by then that changes what was asked to be changed";
  const fails = (code: "connection-lost" | "timeout" | "protocol-error"): Exception => ({
    ending: { fails: code, effect: "none" satisfies Effect },
    because,
  });
  return {
    silence: fails("timeout"),
    garbage: fails("protocol-error"),
    drip: fails("timeout"),
    ...exceptions,
  };
}

/** As `harmless`, of what cannot be begun again. */
export function harmlessOnce(exceptions: Exceptions = {}): Exceptions {
  const lost: Exception = {
    ending: { fails: "connection-lost", effect: "none", temporary: true },
    because: "a source gives its bytes once; the file itself is as it was",
  };
  return harmless({ reset: lost, fin: lost, half: lost, ...exceptions });
}

/** What drips may take a minute for each reply: all of them together take as long as something that is done twice. */
const patient = { manner: "replacing" } as const;

/** Of a change of which nothing was sent that changes anything: it is made on another wire. */
function begunAgain(exceptions: Exceptions = {}): Exceptions {
  const again: Exception = { ending: "succeeds", because: "nothing was sent that changes anything: it is begun again" };
  return harmless({ reset: again, fin: again, half: again, ...exceptions });
}

const opening = { name: stat.name, run: stat.run };

function whileConnecting(command: string): FtpAct {
  return { ...stat, name: `stat, at ${command}`, manner: "connecting", arm: at(command) };
}

/** The control connection's part of the matrix. */
export function controlPhases(form: FtpForm): FaultSite<FtpStage>["phases"] {
  return {
    resolve: resolving((stage) => stage.names, opening),
    connect: connecting(opening),
    banner: form === "ftps" ? [whileConnecting("greeting")] : greeting(opening),
    handshake: handshakes[form],
    authentication: ["USER", "PASS", "ACCT"].map(whileConnecting),
    session: ["FEAT", "TYPE", "OPTS"].map(whileConnecting),
    request: [
      { ...stat, arm: at("MLST") },
      { ...named(list, "at EPSV"), arm: at("EPSV"), exceptions: inTime },
      { ...deleting, arm: at("DELE"), exceptions: inTime },
      { ...named(appendSource, "at SIZE"), ...patient, arm: at("SIZE"), exceptions: begunAgain(inTime) },
      // What is there is asked for along with the port, and told in more than a minute's bytes.
      { ...named(putSource, "at EPSV"), arm: at("EPSV"), exceptions: begunAgain() },
    ],
    "first byte": [
      { ...get, manner: "reading", arm: at("RETR"), exceptions: inTime },
      { ...getBytes, arm: at("RETR"), exceptions: inTime },
      { ...list, arm: at("MLSD"), exceptions: inTime },
      { ...put, arm: at("STOR"), exceptions: harmless(inTime) },
      { ...putSource, ...patient, arm: at("STOR"), exceptions: harmlessOnce(inTime) },
      { ...appendSource, arm: at("APPE"), exceptions: inTime },
    ],
    middle: [
      { ...get, arm: at("RETR", "middle"), exceptions: inTime },
      { ...getBytes, arm: at("RETR", "middle"), exceptions: inTime },
      { ...putSource, arm: at("STOR", "middle"), exceptions: harmlessOnce(inTime) },
      { ...appendSource, arm: at("APPE", "middle"), exceptions: inTime },
    ],
    "last acknowledgement": [
      { ...get, arm: at("RETR", "last acknowledgement"), exceptions: inTime },
      { ...getBytes, arm: at("RETR", "last acknowledgement"), exceptions: inTime },
      { ...named(put, "at 226"), arm: at("STOR", "last acknowledgement"), exceptions: harmless(inTime) },
      { ...named(put, "at RNTO"), arm: at("RNTO"), exceptions: inTime },
      { ...named(putSource, "at RNTO"), manner: "replacing", arm: at("RNTO"), exceptions: inTime },
      { ...append, arm: at("APPE", "last acknowledgement"), exceptions: inTime },
      { ...appendSource, arm: at("APPE", "last acknowledgement"), exceptions: inTime },
      { ...openWriteStream, arm: at("STOR", "last acknowledgement"), exceptions: inTime },
      { ...rename, arm: at("RNTO"), exceptions: inTime },
    ],
    idle: [...idling<FtpStage>(opening), ...idling<FtpStage>({ name: deleting.name, run: deleting.run })],
    close: closing(),
  };
}

const noTls: Exceptions = {
  garbage: {
    ending: { fails: "tls-failed", effect: "none" },
    because: "what answers a handshake and is no TLS may be anybody",
  },
};

/** When the client has said its first word of TLS, whatever comes next is spoilt. */
const handshake: FtpAct = {
  ...stat,
  name: "stat, in the handshake",
  manner: "connecting",
  arm: ({ wedge }, strike) =>
    wedge.atSight((chunk, direction) => direction === "up" && chunk[0] === handshakeRecord, strike),
  exceptions: noTls,
};

/** The first byte of a TLS record that carries a part of a handshake (RFC 8446 section 5.1). */
export const handshakeRecord = 22;

const handshakes: Readonly<Record<FtpForm, FaultSite<FtpStage>["phases"]["handshake"]>> = {
  ftp: hasNone("the session is in the clear"),
  ftpes: [whileConnecting("AUTH"), handshake, whileConnecting("PROT")],
  ftps: [handshake, whileConnecting("PROT")],
};
