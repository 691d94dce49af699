import { patternedBytes } from "../../src/testing/conformance/content.ts";
import { hasNone } from "./everywhere.ts";
import { faultMatrix } from "./matrix.ts";
import type { Changing, S3Stage } from "./s3-stage.ts";
import { atRequest, bucket, inAnswer, openS3Stage, secrets } from "./s3-stage.ts";
import { until } from "./settle.ts";

/** More than one part, which cannot be read a second time. */
const partBytes = 8 * 1024 * 1024;
const parts = [patternedBytes(partBytes, 2), patternedBytes(100_000, 3)];
const whole = Buffer.concat(parts);

async function* inParts(): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    yield part;
  }
}

const putInParts: Changing = {
  name: "put in parts",
  manner: "replacing",
  run: (transport, options) => transport.put("other", inParts(), options),
  happened: async (stage) => (await stage.holds("other"))?.equals(whole) === true,
};
/** The same, and no upload is left behind. */
const clean: Changing = {
  ...putInParts,
  happened: async (stage) => {
    await until("no upload is left", () => stage.server.uploads(bucket).length === 0);
    return (await putInParts.happened?.(stage)) === true;
  },
};

/** What was not complete was given up: nobody sees it. */
const incomplete = (
  code: "timeout" | "protocol-error",
): { ending: { fails: typeof code; effect: "none" }; because: string } => ({
  ending: { fails: code, effect: "none" },
  because: "an upload that was given up never becomes an object",
});
const givenUp = { silence: incomplete("timeout"), drip: incomplete("timeout"), garbage: incomplete("protocol-error") };

const others = hasNone("it is that of s3");

faultMatrix<S3Stage>({
  scheme: "s3 in parts",
  secrets,
  wires: 1,
  atOnce: 3,
  open: openS3Stage,
  phases: {
    resolve: others,
    connect: others,
    banner: others,
    handshake: others,
    authentication: others,
    session: others,
    request: [
      // Whose answer was lost has a number that nobody knows: a lifecycle rule of the bucket has to delete it.
      { ...putInParts, name: "put, begun", arm: atRequest("CreateMultipartUpload"), exceptions: givenUp },
      { ...clean, name: "put, a part", arm: atRequest("UploadPart"), exceptions: givenUp },
    ],
    "first byte": others,
    middle: others,
    "last acknowledgement": [
      { ...clean, name: "put, a part", arm: inAnswer("UploadPart", 0), exceptions: givenUp },
      { ...clean, name: "put, put together", arm: inAnswer("CompleteMultipartUpload", 0) },
    ],
    idle: others,
    close: others,
  },
});
