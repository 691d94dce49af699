import type { Script } from "./scripted-ftp-server.ts";
import type { ScriptedFtpSession } from "./scripted-ftp-session.ts";

/** How a polite server answers: one with no directories but `/`, which lets everybody in. */
export const politeScripts: Readonly<Record<string, Script>> = {
  greeting: "220 Good day.",
  AUTH: async (session) => {
    await session.reply("234 Go ahead.");
    await session.secure();
  },
  PBSZ: "200 As you like.",
  PROT: async (session) => {
    session.protectsData = true;
    await session.reply("200 As you like.");
  },
  USER: "331 And the password?",
  PASS: "230 Come in.",
  ACCT: "230 Come in.",
  FEAT: (session) =>
    session.reply(["211-I know:", ...session.server.features.map((name) => ` ${name}`), "211 End."].join("\n")),
  OPTS: "200 As you like.",
  TYPE: "200 As you like.",
  NOOP: "200 Still here.",
  PWD: '257 "/" is where you are.',
  CWD: (session, path) => session.reply(path === "/" ? "250 There." : "550 No such directory."),
  QUIT: async (session) => {
    await session.reply("221 Goodbye.");
    session.end();
  },
  EPSV: async (session) => session.reply(`229 Come to (|||${await session.passive()}|)`),
  PASV: async (session) => session.reply(`227 Come to (${addressAndPort("127.0.0.1", await session.passive())})`),
  REST: "350 From there.",
  MLST: (session, path) => {
    const facts = factsOf(session, path);
    return session.reply(facts === undefined ? "550 Nothing there." : `250-Facts:\n ${facts} ${path}\n250 End.`);
  },
  MLSD: async (session, path) => {
    if (path !== "/") return await session.reply("550 Nothing there.");
    const names = [...session.server.files.keys()];
    await session.send(names.map((name) => `${factsOf(session, name)} ${name.slice(1)}\r\n`).join(""));
  },
  SIZE: (session, path) => ifThere(session, path, (content) => `213 ${content.length}`),
  MDTM: (session, path) => ifThere(session, path, () => "213 20260102030405"),
  RETR: async (session, path) => {
    const content = session.server.files.get(path);
    await (content === undefined ? session.reply("550 Nothing there.") : session.send(content));
  },
  STOR: (session, path) => store(session, path, Buffer.alloc(0)),
  APPE: (session, path) => store(session, path, session.server.files.get(path) ?? Buffer.alloc(0)),
  DELE: (session, path) => session.reply(session.server.files.delete(path) ? "250 Gone." : "550 Nothing there."),
  MKD: (session, path) => session.reply(`257 "${path}" is made.`),
  RMD: "550 Nothing there.",
  RNFR: (session, path) => {
    session.renamed = path;
    return ifThere(session, path, () => "350 To what?");
  },
  RNTO: async (session, path) => {
    const { files } = session.server;
    const content = files.get(session.renamed);
    if (content === undefined) return await session.reply("503 What?");
    files.set(path, content);
    files.delete(session.renamed);
    await session.reply("250 Renamed.");
  },
};

/** An address as PASV writes it. */
export function addressAndPort(address: string, port: number): string {
  return [...address.split("."), port >> 8, port & 0xff].join(",");
}

/** In a place that doubles when it is full: what is large would be copied with each chunk of it. */
async function store(session: ScriptedFtpSession, path: string, before: Buffer): Promise<void> {
  const { files } = session.server;
  files.set(path, before);
  let place = Buffer.from(before);
  let size = before.length;
  await session.receive((chunk) => {
    const needed = size + chunk.length;
    if (needed > place.length) place = Buffer.concat([place], 2 * needed);
    size += chunk.copy(place, size);
    files.set(path, place.subarray(0, size));
  });
}

async function ifThere(session: ScriptedFtpSession, path: string, answer: (content: Buffer) => string): Promise<void> {
  const content = session.server.files.get(path);
  await session.reply(content === undefined ? "550 Nothing there." : answer(content));
}

function factsOf(session: ScriptedFtpSession, path: string): string | undefined {
  if (path === "/") return "type=dir;modify=20260102030405;";
  const content = session.server.files.get(path);
  return content && `type=file;size=${content.length};modify=20260102030405;`;
}
