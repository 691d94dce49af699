import type { FtpReply } from "./ftp-replies.ts";
import type { FtpCommands, FtpSession } from "./ftp-session.ts";

const anonymousNames: ReadonlySet<string> = new Set(["anonymous", "ftp"]);

/** Who somebody is, and what is encrypted. */
export const loginCommands: FtpCommands = {
  USER(session, user) {
    if (session.loggedIn) return "503 You are logged in already.";
    if (session.site.security?.allowPlain === false && !session.control.secured)
      return "530 Logins must be encrypted: use AUTH TLS first.";
    [session.user, session.passwordGiven] = [user, false];
    return "331 Please give the password.";
  },

  PASS(session, password) {
    const { user, site } = session;
    if (user === undefined || session.loggedIn) return "503 Give a user first.";
    const anonymous = site.anonymous && anonymousNames.has(user);
    if (!anonymous && (!site.users.has(user) || site.users.get(user) !== password)) return refused(session);
    session.readOnly = anonymous;
    if (anonymous || site.account === undefined) return admitted(session);
    session.passwordGiven = true;
    return "332 Please give the account.";
  },

  ACCT(session, account) {
    if (session.loggedIn) return "202 An account is not needed.";
    if (!session.passwordGiven) return "503 Give a user and a password first.";
    return account === session.site.account ? admitted(session) : refused(session);
  },

  async AUTH({ tls, control, loggedIn }, mechanism) {
    if (tls === undefined) return "500 Unknown command.";
    if (control.secured) return "503 The connection is encrypted already.";
    if (loggedIn) return "503 You are logged in already.";
    if (!["TLS", "TLS-C", "SSL"].includes(mechanism.toUpperCase())) return "504 That mechanism is not known.";
    await control.secure(tls, "234 Go on with TLS.");
    return undefined;
  },

  PBSZ({ control }, size) {
    if (!control.secured) return "503 The connection is not encrypted.";
    return size === "0" ? "200 PBSZ is 0." : "200 PBSZ=0";
  },

  PROT(session, level) {
    const { security } = session.site;
    if (security === undefined || !session.control.secured) return "503 The connection is not encrypted.";
    if (!["C", "P"].includes(level.toUpperCase())) return "536 That level is not known.";
    if (level.toUpperCase() === "C" && !security.allowPlain) return "534 Data must be encrypted.";
    session.protectsData = level.toUpperCase() === "P";
    return "200 The level is set.";
  },

  CCC: ({ control }) =>
    control.secured ? "533 The connection stays encrypted." : "503 The connection is not encrypted.",
};

function admitted(session: FtpSession): FtpReply {
  const refusal = session.logIn();
  session.leaving = refusal !== undefined;
  session.site.counts[refusal === undefined ? "logins" : "refused"]++;
  return refusal ?? "230 Login successful.";
}

function refused(session: FtpSession): FtpReply {
  [session.user, session.passwordGiven] = [undefined, false];
  session.site.counts.refusedLogins++;
  return "530 Login incorrect.";
}
