import { getTransport } from "../../src/index.ts";
import { startFtpServer } from "../../src/testing.ts";
import { Cutter } from "./cutter.ts";
import { onTheServer, onTheWire, stepsIn } from "./embedded-site.ts";
import type { RepetitionSite, RepetitionSubject, Step } from "./repetition-site.ts";

const stepsOf: Readonly<Partial<Record<string, readonly Step[]>>> = {
  MLST: ["look"],
  MLSD: ["list"],
  RETR: ["open to read", "digest"],
  APPE: ["append"],
  RNTO: ["rename", "lock"],
  MKD: ["mkdir"],
  DELE: ["delete", "remove the note"],
  RMD: ["rmdir", "unlock"],
  SITE: ["attributes"],
};

const home = "/home/joe";

export async function embeddedFtpSite(): Promise<RepetitionSite> {
  const cutter = new Cutter();
  const server = await startFtpServer({
    onCommand: (verb, argument) => {
      if (verb !== "STOR") return cutter.react(stepsOf[verb] ?? []);
      if (/\/holder-[^/]*\.json$/.test(argument)) return cutter.react(["note"]);
      return cutter.react([argument.includes("/.samewire-") ? "write" : "open to write"]);
    },
  });
  const { tree } = server;
  const transport = getTransport(server.url, [], { password: server.password });
  return {
    ...(await onTheWire(transport, server, cutter)),
    ...onTheServer(tree, home),
  };
}

const steps = stepsIn(stepsOf, "write", "open to write", "note");

/** The server of this package, by FTP. A file that is written as a stream is opened and written by one command. */
export const embeddedFtp: RepetitionSubject = {
  name: "ftp on the in-process server",
  open: embeddedFtpSite,
  steps: { before: steps, after: steps },
  // Its command is done when all of the file was sent: by then a read has begun.
  leftOut: ["get: after open to read", "readv: after open to read"],
  otherwise: { "openWriteStream: after open to write": { outcome: "unknown" } },
};
