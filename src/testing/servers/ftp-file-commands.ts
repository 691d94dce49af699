import { entryAt } from "./ftp-entries.ts";
import { factLine, ftpTime, parseFtpTime } from "./ftp-facts.ts";
import type { FtpReply } from "./ftp-replies.ts";
import { FtpRefusal, quoted, replyBlock } from "./ftp-replies.ts";
import type { FtpCommands, FtpSession } from "./ftp-session.ts";
import { changing } from "./ftp-session.ts";

/** What new directories are not allowed, whatever is asked for: the usual umask. */
const directoryMode = 0o777 & ~0o022;

/** Commands on names, answered on the control connection alone. */
export const fileCommands: FtpCommands = {
  PWD: ({ directory }) => `257 ${quoted(directory)} is the current directory.`,
  CWD: (session, argument) => enter(session, session.path(argument)),
  CDUP: (session) => enter(session, session.path("..")),

  MKD: changing((session, argument) => {
    const path = session.path(argument);
    session.site.tree.mkdir(path, directoryMode);
    return `257 ${quoted(session.site.tree.realpath(path))} is made.`;
  }),
  RMD: changing((session, argument) => {
    session.site.tree.rmdir(session.path(argument));
    return "250 The directory is removed.";
  }),
  DELE: changing((session, argument) => {
    session.site.tree.unlink(session.path(argument));
    return "250 It is deleted.";
  }),

  RNFR: changing((session, argument) => {
    const path = session.path(argument);
    session.site.tree.lstat(path);
    session.renaming = path;
    return "350 To what?";
  }),
  RNTO: changing((session, argument) => {
    const { renaming } = session;
    if (renaming === undefined) return "503 RNFR comes first.";
    session.renaming = undefined;
    session.site.tree.rename(renaming, session.path(argument), { replace: true });
    return "250 It is renamed.";
  }),

  SIZE: (session, argument) => `213 ${fileStat(session, argument).sizeBytes}`,
  MDTM(session, argument) {
    const write = session.site.features.has("MDTM write") ? /^\d{14} /.test(argument) : false;
    if (!write) return `213 ${ftpTime(fileStat(session, argument).mtime)}`;
    setTime(session, argument);
    return "213 The time is set.";
  },
  MFMT(session, argument) {
    const { stamp, name } = setTime(session, argument);
    return `213 Modify=${stamp}; ${name}`;
  },
  MLST(session, argument) {
    const path = argument === "" ? session.directory : session.path(argument);
    const entry = entryAt({ tree: session.site.tree, readOnly: session.readOnly }, path, path);
    return replyBlock(250, "Facts:", [` ${factLine(entry, session.facts)}`], "End");
  },

  SITE(session, argument) {
    const [, command = "", rest = ""] = /^(\S*) ?(.*)$/s.exec(argument) ?? [];
    const knowsChmod = session.site.features.has("SITE CHMOD");
    if (command.toUpperCase() === "HELP") return `214 ${knowsChmod ? "CHMOD HELP" : "HELP"}`;
    if (command.toUpperCase() === "CHMOD" && knowsChmod) return changing(changeMode)(session, rest);
    return "500 Unknown SITE command.";
  },
};

function enter(session: FtpSession, path: string): FtpReply {
  const { tree } = session.site;
  if (tree.stat(path).type !== "directory") throw new FtpRefusal("550 Failed to change the directory.");
  session.directory = tree.realpath(path);
  return "250 The directory is changed.";
}

function fileStat(session: FtpSession, argument: string): ReturnType<FtpSession["site"]["tree"]["stat"]> {
  const stat = session.site.tree.stat(session.path(argument));
  if (stat.type !== "file") throw new FtpRefusal("550 It is not a plain file.");
  return stat;
}

function setTime(session: FtpSession, argument: string): { readonly stamp: string; readonly name: string } {
  if (session.readOnly) throw new FtpRefusal("550 Permission denied.");
  const [, stamp = "", name = ""] = /^(\S*) (.*)$/s.exec(argument) ?? [];
  const mtime = parseFtpTime(stamp);
  if (mtime === undefined) throw new FtpRefusal("501 That is no time.");
  session.site.tree.setAttributes(session.path(name), { mtime }, { followLinks: true });
  return { stamp, name };
}

function changeMode(session: FtpSession, argument: string): FtpReply {
  const [, mode = "", name = ""] = /^([0-7]{1,4}) (.*)$/s.exec(argument) ?? [];
  if (mode === "") return "501 A mode and a path are missing.";
  session.site.tree.setAttributes(session.path(name), { mode: parseInt(mode, 8) }, { followLinks: true });
  return "200 The mode is changed.";
}
