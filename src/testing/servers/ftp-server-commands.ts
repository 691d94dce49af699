import { entriesIn, entryAt, isDirectory } from "./ftp-entries.ts";
import { chooseFacts, factFeature } from "./ftp-facts.ts";
import { featureLines } from "./ftp-features.ts";
import { listLines, parseListArgument } from "./ftp-list-argument.ts";
import { replyBlock } from "./ftp-replies.ts";
import type { FtpCommands } from "./ftp-session.ts";

/** What the server says of itself, and what it only takes note of. */
export const serverCommands: FtpCommands = {
  NOOP: () => "200 I am here.",
  QUIT: () => "221 Goodbye.",
  ALLO: () => "202 There is no need to.",
  STOU: () => "502 That is not done here.",
  PORT: () => "502 Connections are made by the client: use PASV or EPSV.",
  EPRT: () => "502 Connections are made by the client: use PASV or EPSV.",
  ABOR: () => "225 There is no transfer to abort.",

  SYST: ({ site }) => (site.listing === "dos" ? "215 Windows_NT" : "215 UNIX Type: L8"),

  FEAT({ site, facts }) {
    const features = featureLines(site.features, { facts: factFeature(facts), tls: site.security?.mode });
    return replyBlock(211, "Features:", features, "End");
  },

  OPTS(session, argument) {
    const { features } = session.site;
    const [option = "", value = ""] = argument.split(" ");
    if (option.toUpperCase() === "UTF8" && features.has("UTF8")) return "200 Names are UTF-8, always.";
    if (option.toUpperCase() !== "MLST" || !features.has("MLST")) return "501 That option is not known.";
    session.facts = chooseFacts(value);
    return `200 MLST OPTS ${session.facts.map((name) => `${name};`).join("")}`;
  },

  HELP: () => replyBlock(214, "The commands are those of RFC 959, 2228, 2389, 2428 and 3659.", [], "End"),

  /** Files are bytes whatever the type, as vsftpd has it unless it is told otherwise. */
  TYPE: (_session, type) =>
    /^(?:[AI]( N)?|L 8)$/i.test(type) ? "200 The type is set." : "504 That type is not known.",
  MODE: (_session, mode) => (mode.toUpperCase() === "S" ? "200 The mode is S." : "504 That mode is not known."),
  STRU: (_session, structure) =>
    structure.toUpperCase() === "F" ? "200 The structure is F." : "504 That structure is not known.",

  /** Without a path of the server, with one of what is there, as lines of LIST in the reply. */
  STAT(session, argument) {
    if (argument === "") return replyBlock(211, "The server:", [` Logged in as ${session.user}`], "End");
    const { path, name, all } = parseListArgument(session, argument);
    const looking = { tree: session.site.tree, readOnly: session.readOnly };
    const entries = isDirectory(looking.tree, path) ? entriesIn(looking, path) : [entryAt(looking, path, name)];
    return replyBlock(213, "Status:", listLines(entries, { all, listing: session.site.listing }), "End");
  },
};
