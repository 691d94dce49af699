import type { Lock, LockInfo, Transport } from "../../src/index.ts";
import { hasNone } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import type { Changing, S3Stage } from "./s3-stage.ts";
import { atRequest, bucket, inAnswer, openS3Stage, secrets } from "./s3-stage.ts";
import type { Exceptions } from "./site.ts";
import { none } from "./web-acts.ts";

const isLocked = ({ server }: S3Stage): boolean => server.keys(bucket).includes("file.lock");
const isFree = (stage: S3Stage): boolean => !isLocked(stage);

/** What a lock costs beside itself: the service is put to the proof before the first one. */
const proven = async (transport: Transport): Promise<void> => await (await transport.lock("other")).release();

const locks = new WeakMap<Transport, { readonly lock: Lock; readonly info: LockInfo }>();
const taken = async (transport: Transport): Promise<void> => {
  const lock = await transport.lock("file");
  const info = await transport.lockInfo("file");
  if (info === undefined) throw new Error("nobody holds it");
  locks.set(transport, { lock, info });
};
const heldBy = (transport: Transport): { readonly lock: Lock; readonly info: LockInfo } => {
  const held = locks.get(transport);
  if (held === undefined) throw new Error("it was never taken");
  return held;
};

const slow = none("an answer that is late or slow is that of s3");
const prompt: Exceptions = { drip: slow, delay: slow };

/** Nobody else would ever give it back. */
const because = "what may have been taken is taken back before the failure is told";
const takenBack: Exceptions = {
  silence: { ending: { fails: "timeout", effect: "none", temporary: true }, because },
  garbage: { ending: { fails: "protocol-error", effect: "none" }, because },
};

const lock: Changing = {
  name: "lock",
  manner: "looking",
  run: (transport, options) => transport.lock("file", options),
  happened: isLocked,
};
/** The first one on a connection: what fails before anything was asked for has changed nothing, and leaves nothing. */
const firstLock: Changing = {
  ...lock,
  manner: "reading",
  happened: (stage) => {
    const left = stage.server.keys(bucket).filter((key) => key.startsWith(".samewire-"));
    if (left.length > 0) throw new Error(`${left.join()} is left of the proof`);
    return isLocked(stage);
  },
};
const release: Changing = {
  name: "release",
  manner: "looking",
  run: (transport) => heldBy(transport).lock.release(),
  happened: isFree,
};
const breakLock: Changing = {
  name: "breakLock",
  manner: "looking",
  run: (transport, options) => transport.breakLock("file", heldBy(transport).info, options),
  happened: isFree,
};

const others = hasNone("it is that of s3");

faultMatrix<S3Stage>({
  scheme: "s3, locks",
  secrets,
  wires: 1,
  open: openS3Stage,
  phases: {
    resolve: others,
    connect: others,
    banner: others,
    handshake: others,
    authentication: others,
    session: others,
    request: [
      { ...firstLock, name: "lock, at its proof", arm: atRequest("PutObject"), exceptions: prompt },
      {
        ...release,
        name: "release, at the look before it",
        manner: "reading",
        before: taken,
        arm: atRequest("GetObject"),
        exceptions: prompt,
      },
    ],
    "first byte": others,
    middle: others,
    "last acknowledgement": [
      { ...firstLock, name: "lock, its proof", arm: inAnswer("DeleteObject", 0), exceptions: prompt },
      { ...lock, before: proven, arm: inAnswer("PutObject", 0), exceptions: { ...prompt, ...takenBack } },
      { ...release, before: taken, arm: inAnswer("DeleteObject", 0), exceptions: prompt },
      { ...breakLock, before: taken, arm: inAnswer("DeleteObject", 0), exceptions: prompt },
    ],
    idle: others,
    close: others,
  },
});
