import { expect } from "vitest";

import type { Transport } from "../../src/index.ts";
import { isTempName } from "../../src/index.ts";
import type { TlsIdentity } from "../../src/testing.ts";
import { generateTlsIdentity } from "../../src/testing.ts";
import { patternedBytes } from "../../src/testing/conformance/content.ts";
import type { ScriptedFtpServer } from "../bad-day/scripted-ftp-server.ts";
import { startScriptedFtp } from "../bad-day/scripted-ftp-server.ts";
import { FaultyNames, hostName } from "./faulty-names.ts";
import { FtpDataWay } from "./ftp-data-way.ts";
import type { TransferMoment } from "./ftp-scripts.ts";
import { arrived, stageScripts } from "./ftp-scripts.ts";
import { FtpTaker } from "./ftp-taker.ts";
import type { Stage } from "./site.ts";
import { startWedge } from "./wedge.ts";

/** In the clear, with TLS that is asked for, or with TLS from the first byte. */
export type FtpForm = "ftp" | "ftpes" | "ftps";

/** An FTP server of which the test hears how far it has come: before it answers a command, and in the middle of a transfer. */
export interface FtpStage extends Stage {
  readonly form: FtpForm;
  readonly names: FaultyNames;
  readonly server: ScriptedFtpServer;
  /** Where files come from and go to. */
  readonly data: FtpDataWay;
  /** The server's end where files come in. */
  readonly taker: FtpTaker;
  onReach: (command: string, moment: TransferMoment | undefined) => void;
}

export const password = "pass#word/of joe";
export const account = "acc0unt of joe";

/** What every stage has in its directory: `small` and `large`. */
export const small = "what a small file holds";
export const large: Buffer = patternedBytes(400_000);

const identity: Promise<TlsIdentity> = generateTlsIdentity({ names: [hostName] });

export async function openFtpStage(form: FtpForm): Promise<FtpStage> {
  const trusted = await identity;
  const secured = form === "ftp" ? {} : { identity: trusted, implicit: form === "ftps" };
  const server = await startScriptedFtp(secured);
  server.files.set("/small", Buffer.from(small)).set("/large", large);
  const names = new FaultyNames();
  const data = new FtpDataWay();
  const taker = new FtpTaker();
  const wedge = await startWedge(server.port);
  const stage: FtpStage = {
    form,
    url: `${form}://joe@${hostName}:${wedge.port}/`,
    options: {
      password,
      ftp: { account },
      lookup: names.lookup,
      ...(form === "ftp" ? {} : { tls: { ca: trusted.cert } }),
    },
    wedge,
    names,
    server,
    data,
    taker,
    onReach: () => undefined,
    left: () => {
      // What a script gave up is closed once the client has closed its side.
      for (const session of server.sessions) session.drain();
      return server.open + server.dataOpen + data.open;
    },
    works: (transport, name) => works(transport, name, server),
    close: async () => {
      names.heal();
      taker.heal();
      await wedge.close();
      await data.close();
      await server.close();
    },
  };
  const scripts = stageScripts({ data, taker, reach: (command, moment) => stage.onReach(command, moment) });
  for (const [verb, script] of Object.entries(scripts)) {
    server.on(verb, async (session, argument) => {
      // It comes along with RNFR, whose answer is to be seen.
      if (verb === "RNTO") await arrived();
      stage.onReach(verb, undefined);
      await (typeof script === "string" ? session.reply(script) : script(session, argument));
    });
  }
  return stage;
}

async function works(transport: Transport, name: string, server: ScriptedFtpServer): Promise<void> {
  await transport.put(name, `content of ${name}`);
  expect(String(await transport.getBytes(name))).toBe(`content of ${name}`);
  const temporaries = [...server.files.keys()].filter((path) => isTempName(path.slice(1)));
  expect(temporaries, "temporaries that a fault has left behind").toEqual([]);
}
