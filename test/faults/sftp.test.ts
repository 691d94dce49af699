import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import { bytesOf, collect, oddChunks } from "../../src/testing/conformance/content.ts";
import type { Ending } from "./ending.ts";
import { closing, connecting, greeting, idling, resolving } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import type { SftpStage } from "./sftp-stage.ts";
import { bannerBytes, large, openSftpStage, password, small } from "./sftp-stage.ts";
import type { Act, Exceptions } from "./site.ts";

type SftpAct = Act<SftpStage>;
type Doing = Pick<SftpAct, "name" | "manner" | "run" | "happened">;

const stat: Doing = {
  name: "stat",
  manner: "reading",
  run: async (transport, options) =>
    expect(await transport.stat("small", options)).toMatchObject({ type: "file", sizeBytes: small.length }),
};
const mkdir: Doing = {
  name: "mkdir",
  manner: "changing",
  run: (transport, options) => transport.mkdir("made", options),
  happened: (stage) => stage.has("made"),
};
const list: Doing = {
  name: "list",
  manner: "reading",
  run: async (transport, options) =>
    expect((await collect(transport.list("", options))).map(({ name }) => name).toSorted()).toEqual([
      "kept",
      "large",
      "small",
    ]),
};
const get: Doing = {
  name: "get",
  manner: "streaming",
  run: async (transport, options) => same(await bytesOf(await transport.get("large", options)), large),
};
const getBytes: Doing = {
  name: "getBytes",
  manner: "reading",
  run: async (transport, options) => same(await transport.getBytes("large", options), large),
};
const put: Doing = {
  name: "put",
  manner: "replacing",
  run: (transport, options) => transport.put("small", "the new content", options),
  happened: (stage) => String(stage.content("small")) === "the new content",
};
const putStream: Doing = {
  name: "put of a stream",
  manner: "changing",
  run: (transport, options) => transport.put("new", oddChunks(large), options),
  happened: (stage) => stage.content("new")?.equals(large) === true,
};
const rename: Doing = {
  name: "rename",
  manner: "looking",
  run: (transport, options) => transport.rename("small", "renamed", options),
  happened: (stage) => stage.has("renamed") && !stage.has("small"),
};
const append: Doing = {
  name: "append",
  manner: "looking",
  run: (transport, options) => transport.append("small", " and more", options),
  happened: (stage) => String(stage.content("small")) === `${small} and more`,
};

/** Strikes when the server has got a request, whose answer is then what goes wrong. */
function atRequest(wanted: string): SftpAct["arm"] {
  return (stage, strike) => {
    stage.onRequest = (name) => {
      if (name === wanted) strike();
    };
  };
}

function same(got: Buffer, wanted: Buffer): void {
  expect(got.equals(wanted), "the bytes are the file's").toBe(true);
}

/** A wire on which nothing was heard for a while is asked whether it lives, also in the middle of an operation, and is lost if it does not answer. */
const foundOut = (ending: Ending): Exceptions => ({
  silence: { ending, because: "a silent wire is asked for a sign of life, and lost before the operation's own limit" },
});

const onlyLoggedIn = (transport: Transport): Promise<void> => transport.connect();
const opening = { name: "stat", run: stat.run };
const posixRename = "posix-rename@openssh.com";

faultMatrix<SftpStage>({
  scheme: "sftp",
  secrets: [password, encodeURIComponent(password)],
  wires: 1,
  exceptions: {
    reading: foundOut("succeeds"),
    streaming: foundOut({ fails: "connection-lost", effect: "none", temporary: true }),
    changing: foundOut({ fails: "connection-lost", effect: "unknown", temporary: true }),
    replacing: foundOut("succeeds"),
    looking: foundOut("succeeds"),
  },
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
    ],
    "first byte": [
      { ...get, arm: atRequest("read") },
      { ...getBytes, arm: atRequest("read") },
    ],
    middle: [
      { ...get, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike) },
      { ...getBytes, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "down", strike) },
      { ...putStream, arm: ({ wedge }, strike) => wedge.afterBytes(1024 * 1024, "up", strike) },
    ],
    "last acknowledgement": [
      { ...put, arm: atRequest(posixRename) },
      { ...rename, arm: atRequest(posixRename) },
      { ...append, arm: atRequest("write") },
    ],
    idle: idling(opening),
    close: closing(),
  },
});
