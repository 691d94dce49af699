import { TransportError } from "../errors/transport-error.ts";
import type { FtpControl } from "./basic-ftp-control.ts";
import { tooManyError } from "./basic-ftp-errors.ts";
import type { FtpReply } from "./basic-ftp-reply.ts";
import { replyText } from "./basic-ftp-reply.ts";

/** Who logs in. */
export interface FtpLogin {
  readonly user: string;
  /** The password to try, `attempt` counting from 1; undefined for "no other". */
  readonly password: (attempt: number) => Promise<string | undefined>;
  /** Whether somebody can be asked for another one after that many attempts. */
  readonly hasOther: (attempts: number) => boolean;
  readonly account: string | undefined;
  readonly encoding: "utf8" | "latin1";
  /** Whether the session is secured. */
  readonly secured: boolean;
}

/** Replies that let somebody in: 232 without a password, for a client certificate (RFC 2228 section 3); 202 where no account is needed. */
const letsIn = [230, 232, 202];

/** Waits until the server says that it is ready; resolves with what it says. */
export async function greeted(control: FtpControl): Promise<string> {
  const { first, last } = control.exchange(undefined);
  // 120: ready in some minutes. The connect clock decides how long that is waited for.
  const reply = (await first).code === 120 ? await last : await first;
  if (reply.code === 220) return reply.lines.join("\n");
  throw refusedAtTheDoor(reply);
}

/** Asks for TLS, in vain or not (RFC 4217). */
export async function askForTls(control: FtpControl): Promise<void> {
  const reply = await answer(control, "AUTH TLS");
  if (reply.code === 234) return;
  if (reply.code === 421) throw refusedAtTheDoor(reply);
  throw new TransportError("tls-failed", `the server refuses to secure the connection: ${replyText(reply)}`, {
    hint: "Nothing was sent to it. If it speaks TLS from the first byte, use ftps:",
  });
}

/**
 * Logs in.
 *
 * @throws TransportError `authentication-failed`, `too-many-connections`, `connection-failed`
 */
export async function logIn(control: FtpControl, login: FtpLogin): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const reply = await identify(control, login, attempt);
    if (reply === "no other password") throw noPassword(login, attempt);
    if (letsIn.includes(reply.code)) return;
    const tooMany = tooManyError(reply);
    if (tooMany !== undefined) throw tooMany;
    if (reply.code === 421) throw refusedAtTheDoor(reply);
    if (!login.hasOther(attempt)) throw refusedLogin(reply, login);
  }
}

/** The last reply to one attempt: whatever it says, the server has decided. */
async function identify(
  control: FtpControl,
  login: FtpLogin,
  attempt: number,
): Promise<FtpReply | "no other password"> {
  const said = await answer(control, `USER ${bytesOf(login.user, login)}`);
  let reply = said;
  if (reply.code === 331) {
    const password = await login.password(attempt);
    if (password === undefined) return "no other password";
    reply = await answerTo(control, "PASS", password, login);
  }
  if (reply.code === 332) {
    if (login.account === undefined) return reply;
    reply = await answerTo(control, "ACCT", login.account, login);
  }
  return reply;
}

/** Text as it goes out, bytes one to a character. */
function bytesOf(text: string, { encoding }: FtpLogin): string {
  if (/[\r\n\0]/.test(text)) {
    throw new TransportError("authentication-failed", "a line break or NUL in it cannot be sent to an FTP server", {
      hint: "Check the user, the password and the account for a line end",
    });
  }
  if (encoding === "latin1" && /[^\0-\xff]/.test(text))
    throw new TransportError("authentication-failed", "a character in it is not in Latin-1", {
      hint: 'Use ftp: { encoding: "utf8" } if that is what the server expects',
    });
  return encoding === "latin1" ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** What a server says to a secret, and later, may hold it. */
async function answerTo(control: FtpControl, command: string, secret: string, login: FtpLogin): Promise<FtpReply> {
  const bytes = bytesOf(secret, login);
  control.keepSecret(bytes);
  return await answer(control, `${command} ${bytes}`);
}

async function answer(control: FtpControl, command: string): Promise<FtpReply> {
  return await control.exchange(command).last;
}

/** Why a server that is not ready, or no longer, lets nobody in. */
export function refusedAtTheDoor(reply: FtpReply): TransportError {
  return (
    tooManyError(reply) ??
    new TransportError("connection-failed", `the server is not ready: ${replyText(reply)}`, {
      temporary: reply.code < 500,
    })
  );
}

function refusedLogin(reply: FtpReply, { user, secured }: FtpLogin): TransportError {
  const wantsTls = !secured && /\b(?:tls|ssl|encrypt\w*|cleartext|secure)\b/i.test(reply.lines.join(" "));
  return new TransportError("authentication-failed", `the server refuses ${user}: ${replyText(reply)}`, {
    hint: wantsTls
      ? 'It lets nobody in without TLS: use ftpes:, or tls: "required"'
      : reply.code === 332 || reply.code === 532
        ? "It asks for an account: pass it as ftp: { account }"
        : "Check the user and the password",
  });
}

function noPassword({ user }: FtpLogin, attempt: number): TransportError {
  return new TransportError(
    "authentication-failed",
    attempt === 1 ? `the server asks for the password of ${user}, and none was given` : `the server refuses ${user}`,
    { hint: "Give a password, or pass a credentials callback" },
  );
}
