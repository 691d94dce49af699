import type { Fault } from "./fault.ts";
import { at, handshakeRecord, harmless, harmlessOnce, inTime } from "./ftp-acts.ts";
import type { Doing } from "./ftp-doings.ts";
import { appendSource, get, getBytes, list, put, putSource } from "./ftp-doings.ts";
import type { FtpForm, FtpStage } from "./ftp-stage.ts";
import type { Phase } from "./phase.ts";
import type { Act, Exception } from "./site.ts";

type FtpAct = Act<FtpStage>;
type Exceptions = Partial<Record<Fault, Exception>>;

const notSaid = (because: string): Exception => ({ ending: "does not apply", because });
const noBytes = notSaid("before TCP has connected the server says nothing that could be spoilt");
const answered = notSaid("the machine answers for itself on its own network: nobody can be late");

/** Nothing can be transferred, which to do again at once is of no use; of what was to be changed nothing is. */
const noConnection: Exception = {
  ending: { fails: "connection-failed", effect: "none", temporary: true },
  because: "no data connection comes about: the session lives, and would fail in the same way again",
};

/** The data connection is refused, or closed as soon as it is there, of which the server knows nothing. */
function connectingData(form: FtpForm): Exceptions {
  const unnoticed: Exception = {
    ending: { fails: "timeout", effect: "none", temporary: true },
    because: "whoever closes it is not the server, who goes on waiting for it without a word",
  };
  return {
    reset: noConnection,
    // Under TLS who closes it has not shaken hands.
    fin: form === "ftp" ? unnoticed : noConnection,
    silence: answered,
    garbage: noBytes,
    half: noBytes,
    drip: noBytes,
    delay: answered,
  };
}

const handshakeOfData: Exceptions = {
  reset: noConnection,
  fin: noConnection,
  half: noConnection,
  garbage: {
    ending: { fails: "tls-failed", effect: "none" },
    because: "what answers a handshake and is no TLS may be anybody",
  },
};

const anotherPort: Exception = {
  ending: "succeeds",
  because: "the port was asked for ahead of time: where the server says that nobody came, it is asked for another one",
};

const short: Exception = {
  ending: { fails: "short-read", effect: "none" },
  because: "the server says that it sent all of it, which is less than it announced: the file may have become shorter",
};

/** Downloads: what the server says on the data connection is spoilt. */
function spoilt(form: FtpForm): Exceptions {
  const content = notSaid("in the clear any bytes are content");
  return { ...inTime, ...(form === "ftp" ? { garbage: content } : {}) };
}

/** Uploads: the server takes them as it does in `FtpTaker`. */
function takenBadly(form: FtpForm): Exceptions {
  return {
    half: notSaid("the server has no message there of which half could come"),
    ...(form === "ftp"
      ? { garbage: { ending: "succeeds", because: "nobody listens there to what nobody is to say" } }
      : {}),
  };
}

function onData(doing: Doing, rest: Pick<FtpAct, "arm"> & Partial<FtpAct>): FtpAct {
  return { ...doing, name: `${doing.name}, on the data connection`, striker: ({ data }) => data, ...rest };
}

function taking(doing: Doing, rest: Pick<FtpAct, "arm"> & Partial<FtpAct>): FtpAct {
  return onData(doing, { striker: ({ taker }) => taker, ...rest });
}

/** Strikes once a data connection has been offered, before anybody comes. */
const offered: FtpAct["arm"] = ({ data }, strike) => data.prepare(strike);

/** Strikes when the client has said its first word of TLS. */
const shaking: FtpAct["arm"] = ({ data }, strike) =>
  data.prepare((wedge) =>
    wedge.atSight((chunk, direction) => direction === "up" && chunk[0] === handshakeRecord, strike),
  );

/** The data connection's part of the matrix. */
export function dataPhases(form: FtpForm): Partial<Record<Phase, readonly FtpAct[]>> {
  const entrance: Pick<FtpAct, "striker" | "arm" | "exceptions"> = {
    striker: ({ data }) => data.entrance,
    arm: offered,
    exceptions: connectingData(form),
  };
  const download = spoilt(form);
  const upload = takenBadly(form);
  return {
    connect: [onData(getBytes, entrance), onData(put, entrance)],
    ...(form === "ftp"
      ? {}
      : {
          handshake: [
            onData(getBytes, { arm: shaking, exceptions: handshakeOfData }),
            onData(putSource, {
              arm: shaking,
              exceptions: harmless({ ...handshakeOfData, reset: anotherPort, fin: anotherPort, half: anotherPort }),
            }),
          ],
        }),
    "first byte": [
      onData(getBytes, { arm: at("RETR", "first byte"), exceptions: download }),
      onData(list, { arm: at("MLSD", "first byte"), exceptions: download }),
      taking(put, { arm: at("STOR", "first byte"), exceptions: harmless({ ...upload, ...inTime }) }),
    ],
    middle: [
      onData(get, { arm: at("RETR", "middle"), exceptions: { ...download, half: short } }),
      onData(getBytes, { arm: at("RETR", "middle"), exceptions: { ...download, half: short } }),
      onData(list, { arm: at("MLSD", "middle"), exceptions: download }),
      taking(putSource, { arm: at("STOR", "middle"), exceptions: harmlessOnce(upload) }),
      taking(appendSource, { arm: at("APPE", "first byte"), exceptions: { ...upload, ...inTime } }),
    ],
  };
}
