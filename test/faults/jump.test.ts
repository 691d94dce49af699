import type { Ending } from "./ending.ts";
import { closing, greeting, hasNone, idling } from "./everywhere.ts";
import { get, getBytes, mkdir, put, stat } from "./file-doings.ts";
import { faultMatrix } from "./matrix.ts";
import type { SftpStage } from "./sftp-stage.ts";
import { atRequest, bannerBytes, openJumpStage, userKey } from "./sftp-stage.ts";
import type { Act, Exceptions } from "./site.ts";

const opening = { name: "stat", run: stat.run };
const sameAsAlways = hasNone("it is the same with a server that is reached directly: see `sftp`");
const halfWay: Act<SftpStage>["arm"] = ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike);

/** Whatever becomes of the jump host's wire, the wire through it is lost by that. */
const because = "what is wrong is the wire to the jump host, by which the one through it is lost";
const lostWith = (ending: Ending): Exceptions => {
  return {
    garbage: { ending, because },
    silence: { ending, because },
    drip: {
      ending,
      because: "what drips is the wire to the jump host; the one through it is silent, and asked for a sign of life",
    },
  };
};
const cut = { fails: "connection-lost", temporary: true } as const;

const { private: privateKey } = await userKey;

faultMatrix<SftpStage>({
  scheme: "sftp, through a jump host",
  secrets: privateKey.split("\n").filter((line) => line.length === 70),
  wires: 1,
  closedBy: "scope",
  exceptions: {
    reading: lostWith("succeeds"),
    streaming: lostWith({ ...cut, effect: "none" }),
    changing: lostWith({ ...cut, effect: "unknown" }),
    replacing: lostWith("succeeds"),
  },
  open: openJumpStage,
  phases: {
    resolve: sameAsAlways,
    connect: sameAsAlways,
    banner: greeting(opening),
    handshake: [
      { ...opening, manner: "connecting", arm: ({ wedge }, strike) => wedge.afterBytes(bannerBytes, "down", strike) },
    ],
    authentication: [
      {
        ...mkdir,
        manner: "connecting",
        arm: (stage, strike) => void (stage.onLogin = strike),
        exceptions: { garbage: { ending: { fails: "connection-failed", effect: "none", temporary: true }, because } },
      },
    ],
    session: sameAsAlways,
    request: [
      { ...stat, arm: atRequest("lstat") },
      { ...mkdir, arm: atRequest("mkdir") },
    ],
    "first byte": sameAsAlways,
    middle: [
      { ...get, arm: halfWay },
      { ...getBytes, arm: halfWay },
    ],
    "last acknowledgement": [{ ...put, arm: atRequest("posix-rename@openssh.com") }],
    idle: idling(opening),
    close: closing(),
  },
});
