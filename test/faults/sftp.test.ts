import type { Transport } from "../../src/index.ts";
import { closing, connecting, greeting, idling, resolving } from "./everywhere.ts";
import {
  append,
  get,
  getBytes,
  list,
  mkdir,
  put,
  putStream,
  readv,
  remove,
  rename,
  setAttributes,
  stat,
} from "./file-doings.ts";
import { faultMatrix } from "./matrix.ts";
import type { SftpStage } from "./sftp-stage.ts";
import { atRequest, bannerBytes, openSftpStage, password, sftpExceptions } from "./sftp-stage.ts";

const onlyLoggedIn = (transport: Transport): Promise<void> => transport.connect();
const opening = { name: "stat", run: stat.run };
const posixRename = "posix-rename@openssh.com";

faultMatrix<SftpStage>({
  scheme: "sftp",
  secrets: [password, encodeURIComponent(password)],
  wires: 1,
  exceptions: sftpExceptions,
  open: openSftpStage,
  phases: {
    resolve: resolving((stage) => stage.names, opening),
    connect: connecting(opening),
    banner: greeting(opening),
    handshake: [
      {
        ...stat,
        manner: "connecting",
        arm: ({ wedge }, strike) => wedge.afterBytes(bannerBytes, "down", strike),
      },
    ],
    authentication: [
      {
        ...mkdir,
        manner: "connecting",
        arm: (stage, strike) => void (stage.onLogin = strike),
      },
    ],
    session: [
      { ...stat, before: onlyLoggedIn, arm: atRequest("init") },
      { ...mkdir, before: onlyLoggedIn, arm: atRequest("init") },
    ],
    request: [
      { ...stat, arm: atRequest("lstat") },
      { ...list, arm: atRequest("opendir") },
      { ...mkdir, arm: atRequest("mkdir") },
      { ...setAttributes, arm: atRequest("setstat") },
    ],
    "first byte": [
      { ...get, arm: atRequest("read") },
      { ...getBytes, arm: atRequest("read") },
    ],
    middle: [
      { ...get, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike) },
      { ...getBytes, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike) },
      { ...readv, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike) },
      { ...putStream, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "up", strike) },
    ],
    "last acknowledgement": [
      { ...put, arm: atRequest(posixRename) },
      { ...rename, arm: atRequest(posixRename) },
      { ...remove, arm: atRequest("remove") },
      { ...append, arm: atRequest("write") },
    ],
    idle: idling(opening),
    close: closing(),
  },
});
