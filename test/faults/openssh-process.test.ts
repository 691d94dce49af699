import { afterAll, beforeAll, describe } from "vitest";

import { closing, hasNone, idling } from "./everywhere.ts";
import { get, mkdir, put, putStream, stat } from "./file-doings.ts";
import { faultMatrix } from "./matrix.ts";
import type { ProcessStage } from "./process-stage.ts";
import { atRequest, atStep, mouthInPath, openProcessStage } from "./process-stage.ts";
import type { Act, Exception, Exceptions } from "./site.ts";
import { sftpExceptions } from "./sftp-stage.ts";
import { none } from "./web-acts.ts";

const striker = ({ processes }: ProcessStage): ProcessStage["processes"] => processes;
const opening = { name: "stat", run: stat.run, striker };
const halfWay = 1024 * 1024;
/** Who ends without a word does not say either whether it would be of use to try again; a real ssh says why it ends. */
const wordless: Exception = {
  ending: { fails: "connection-failed", effect: "none" },
  because: "a process that ends without a word does not say whether trying again is of use",
};
const slow = none("how slowly a process speaks is how slowly the server does: see `sftp`");
/** Before the server's first word on stdout everything is said on stderr. */
const starting: Exceptions = {
  fin: wordless,
  half: wordless,
  drip: slow,
  garbage: {
    ending: { fails: "timeout", effect: "none", temporary: true },
    because: "what nobody understands of its words on stderr is for people: it may still begin",
  },
};
const beginning: Exceptions = {
  fin: wordless,
  drip: slow,
  half: {
    ending: { fails: "connection-lost", effect: "none", temporary: true },
    because: "the server had been reached, and had begun to speak",
  },
};

const itsOwn = hasNone("it is a matter of the process: see banner");
const sameAsAlways = hasNone("it is that of `sftp`");

/** Whatever is done, it is the process that the fault strikes. */
const struck = (acts: readonly Act<ProcessStage>[]): readonly Act<ProcessStage>[] =>
  acts.map((act) => ({ exceptions: { drip: slow }, ...act, striker }));

describe("a process of ssh", () => {
  let inPath: AsyncDisposable | undefined;
  beforeAll(async () => {
    inPath = await mouthInPath();
  });
  afterAll(async () => {
    await inPath?.[Symbol.asyncDispose]();
  });

  faultMatrix<ProcessStage>({
    scheme: "sftp, a process of ssh",
    secrets: [],
    wires: 1,
    exceptions: sftpExceptions,
    open: openProcessStage,
    phases: {
      resolve: itsOwn,
      connect: itsOwn,
      banner: [{ ...opening, manner: "connecting", arm: atStep("started"), exceptions: starting }],
      handshake: itsOwn,
      authentication: [{ ...opening, manner: "connecting", arm: atStep("identified"), exceptions: starting }],
      session: [{ ...opening, manner: "connecting", arm: atRequest("init"), exceptions: beginning }],
      request: struck([
        { ...stat, arm: atRequest("lstat") },
        { ...mkdir, arm: atRequest("mkdir") },
      ]),
      "first byte": sameAsAlways,
      middle: struck([
        { ...get, arm: ({ wedge }, strike) => wedge.afterBytes(halfWay, "down", strike) },
        { ...putStream, arm: ({ wedge }, strike) => wedge.afterBytes(halfWay, "up", strike) },
      ]),
      "last acknowledgement": struck([{ ...put, arm: atRequest("posix-rename@openssh.com") }]),
      idle: struck(idling<ProcessStage>(opening).slice(0, 1)),
      close: struck(closing<ProcessStage>()),
    },
  });
});
