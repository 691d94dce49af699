import type { Socket } from "node:net";

import { politeScripts } from "../bad-day/polite-ftp-scripts.ts";
import type { Script } from "../bad-day/scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "../bad-day/scripted-ftp-session.ts";
import type { FtpDataWay } from "./ftp-data-way.ts";
import type { FtpTaker } from "./ftp-taker.ts";

/** A moment in a transfer: its data connection is there; half of the data has gone over it; all of it has, and that is going to be said. */
export type TransferMoment = "first byte" | "middle" | "last acknowledgement";

/** What the scripts of a stage need of it. */
export interface ScriptedStage {
  readonly data: FtpDataWay;
  readonly taker: FtpTaker;
  /** Says how far the server has come: it is about to answer a command, or in the middle of a transfer. */
  reach(command: string, moment?: TransferMoment): void;
}

/** Of what a server gives at once. */
const pieceBytes = 8;

/** How long what was said may take to arrive: what is on its way when a connection is reset is lost. */
const underwayMs = 30;

/** A polite server of few words, which tell the size of a file, whose data connections go by way of the stage's wedges. It asks for an account, and knows when a transfer has failed. */
export function stageScripts(stage: ScriptedStage): Readonly<Record<string, Script>> {
  const offsets = new WeakMap<ScriptedFtpSession, number>();
  return {
    ...politeScripts,
    REST: async (session, offset) => {
      offsets.set(session, Number(offset));
      await session.reply("350 From there.");
    },
    PASS: "332 Account?",
    ACCT: "230 Come in.",
    EPSV: async (session) => session.reply(`229 (|||${await stage.data.leadTo(await session.passive())}|)`),
    RETR: async (session, path) => {
      const content = session.server.files.get(path)?.subarray(offsets.get(session) ?? 0);
      offsets.delete(session);
      if (content === undefined) await session.reply("550 Nothing there.");
      else await give("RETR", stage, session, content);
    },
    MLSD: async (session, path) => {
      const names = [...session.server.files].map(
        ([name, { length }]) => `type=file;size=${length}; ${name.slice(1)}\r\n`,
      );
      if (path === "/") await give("MLSD", stage, session, Buffer.from(names.join("")));
      else await session.reply("550 Nothing there.");
    },
    STOR: async (session, path) => await take("STOR", stage, session, path, Buffer.alloc(0)),
    APPE: async (session, path) => {
      await take("APPE", stage, session, path, session.server.files.get(path) ?? Buffer.alloc(0));
    },
  };
}

async function give(
  command: string,
  stage: ScriptedStage,
  session: ScriptedFtpSession,
  content: Buffer,
): Promise<void> {
  await session.reply(`150 (${content.length} bytes)`);
  const data = await dataOf(session);
  if (data === undefined) return;
  const middle = Math.ceil(content.length / 2);
  let leftEarly = false;
  const closed = new Promise((resolve) => data.once("close", resolve));
  data.resume().once("end", () => (leftEarly = !data.writableEnded));
  stage.reach(command, "first byte");
  await arrived();
  // In small pieces: each is a record of its own under TLS, and progress, however slowly it drips.
  for (let from = 0; from < middle; from += pieceBytes)
    data.write(content.subarray(from, Math.min(middle, from + pieceBytes)));
  await arrived();
  stage.reach(command, "middle");
  await arrived();
  if (stage.data.silent) return await session.closed;
  for (let from = middle; from < content.length; from += pieceBytes)
    data.write(content.subarray(from, from + pieceBytes));
  data.end();
  await closed;
  stage.reach(command, "last acknowledgement");
  await session.reply(leftEarly || !data.writableFinished ? "426 It broke." : "226 Done.");
}

async function take(
  command: string,
  stage: ScriptedStage,
  session: ScriptedFtpSession,
  path: string,
  before: Buffer,
): Promise<void> {
  const { files } = session.server;
  files.set(path, before);
  await session.reply("150 Send it.");
  const raw = await session.bareData();
  const data = await dataOf(session);
  if (data === undefined) return;
  const receiving = stage.taker.receive(raw, data, session.closed, (chunk) => {
    const file = files.get(path);
    // Deleted meanwhile: nobody sees what is still written.
    if (file === undefined) return;
    files.set(path, Buffer.concat([file, chunk]));
    if (file.length === before.length) stage.reach(command, "middle");
  });
  stage.reach(command, "first byte");
  const whole = await receiving;
  if (whole === undefined) return await session.closed;
  if (whole) data.end();
  stage.reach(command, "last acknowledgement");
  await session.reply(whole ? "226 Done." : "426 It broke.");
}

/** The data connection; undefined where TLS was not agreed on, which has been said then. */
async function dataOf(session: ScriptedFtpSession): Promise<Socket | undefined> {
  await session.bareData();
  try {
    return await session.data();
  } catch {
    await session.reply("425 That is no TLS.");
    return undefined;
  }
}

/** Lets what was said arrive. */
export async function arrived(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, underwayMs));
}
