import { closing, connecting, hasNone, idling, resolving } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import type { Changing, S3Stage } from "./s3-stage.ts";
import { atRequest, bucket, inAnswer, openS3Stage, secrets } from "./s3-stage.ts";
import { handedOn, none, reading, sentAway } from "./web-acts.ts";
import { content } from "./web-stage.ts";

const unchecked = none("what is in the place of content is content: plain HTTP has no checksum of it");
const forHours = none("so much would take hours");

const written = "the new content";
const put: Changing = {
  name: "put",
  manner: "replacing",
  run: (transport, options) => transport.put("other", written, options),
  happened: async (stage) => String(await stage.holds("other")) === written,
};
const mkdir: Changing = {
  name: "mkdir",
  manner: "replacing",
  run: (transport, options) => transport.mkdir("new", options),
  happened: (stage) => stage.server.keys(bucket).includes("new/"),
};
const remove: Changing = {
  name: "delete",
  manner: "replacing",
  run: (transport, options) => transport.delete("other", options),
  happened: async (stage) => (await stage.holds("other")) === undefined,
};
const removeTree: Changing = {
  name: "deleteTree",
  manner: "replacing",
  run: (transport, options) => transport.deleteTree("dir", options),
  happened: async (stage) => (await stage.holds("dir/member")) === undefined,
};
const copy: Changing = {
  name: "copy",
  manner: "replacing",
  run: (transport, options) => transport.copy("file", "other", options),
  happened: async (stage) => (await stage.holds("other"))?.equals(content) === true,
};

faultMatrix<S3Stage>({
  scheme: "s3",
  secrets,
  wires: 1,
  atOnce: 8,
  open: openS3Stage,
  phases: {
    resolve: resolving(({ names }) => names, reading.stat),
    connect: connecting<S3Stage>(reading.stat).map((act) => ({
      ...act,
      exceptions: { ...act.exceptions, fin: sentAway },
    })),
    banner: hasNone("the client speaks first"),
    handshake: hasNone("nothing is secured: see https"),
    authentication: hasNone("each request is signed, and answered at once"),
    session: hasNone("each request stands for itself"),
    request: [
      { ...reading.stat, manner: "reading", arm: atRequest("ListObjectsV2") },
      { ...reading.list, manner: "reading", arm: atRequest("ListObjectsV2") },
      { ...reading.getBytes, manner: "reading", arm: atRequest("GetObject") },
      { ...reading.readv, manner: "reading", arm: atRequest("GetObject") },
      { ...put, arm: atRequest("PutObject") },
    ],
    "first byte": [
      { ...reading.list, manner: "reading", arm: inAnswer("ListObjectsV2", 9) },
      { ...reading.get, manner: "reading", arm: inAnswer("GetObject", 9), exceptions: { half: handedOn } },
    ],
    middle: [
      {
        ...reading.list,
        manner: "reading",
        arm: inAnswer("ListObjectsV2", 600),
        exceptions: { drip: forHours },
      },
      {
        ...reading.getBytes,
        manner: "reading",
        arm: inAnswer("GetObject", content.length / 2),
        exceptions: { garbage: unchecked, drip: forHours },
      },
      {
        ...reading.get,
        manner: "streaming",
        arm: inAnswer("GetObject", content.length / 2),
        exceptions: { garbage: unchecked, drip: forHours },
      },
      {
        ...reading.readv,
        manner: "reading",
        arm: inAnswer("GetObject", 5_000),
        exceptions: { garbage: unchecked, drip: forHours },
      },
    ],
    "last acknowledgement": [
      { ...put, arm: inAnswer("PutObject", 0) },
      { ...mkdir, arm: inAnswer("PutObject", 0) },
      { ...remove, arm: inAnswer("DeleteObject", 0) },
      { ...removeTree, arm: inAnswer("DeleteObjects", 0) },
      { ...copy, arm: inAnswer("CopyObject", 0) },
    ],
    idle: idling(reading.stat),
    close: closing(),
  },
});
