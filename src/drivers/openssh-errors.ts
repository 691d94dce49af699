import type { ConnectPhase } from "../connection/connector.ts";
import type { ErrorCode } from "../errors/error-code.ts";
import type { TransportErrorDetails } from "../errors/transport-error.ts";
import { TransportError } from "../errors/transport-error.ts";
import { oneLine } from "../url/printable.ts";
import { droppedError, subsystemError } from "./ssh2-errors.ts";

/** The key that a server showed. */
export interface ShownHostKey {
  /** `ssh-ed25519` */
  readonly keyType: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** How a process of OpenSSH's client ended, and what it had come to by then. */
export interface OpenSshEnd {
  /** Where it was to lead. */
  readonly host: string;
  /** Its exit status; `null` where a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly phase: ConnectPhase;
  /** The server's identification, if it came so far. */
  readonly ident: string | undefined;
  readonly hostKey: ShownHostKey | undefined;
  /** Its last lines on stderr. */
  readonly said: readonly string[];
}

/** The program could not be started. */
export function startError(error: NodeJS.ErrnoException): TransportError {
  if (error.code === "ENOENT") {
    return new TransportError(
      "missing-driver",
      'ssh: { client: "openssh" } needs the program ssh, which is not there',
      {
        hint: "Install OpenSSH's client (Debian: apt-get install openssh-client), or leave the option out",
        cause: error,
      },
    );
  }
  return new TransportError("connection-failed", `the program ssh cannot be started: ${error.code ?? error.message}`, {
    temporary: error.code === "EAGAIN" || error.code === "EMFILE" || error.code === "ENFILE",
    cause: error,
  });
}

/** Why a process ended that had begun to serve. */
export function lostProcessError({ signal, said }: OpenSshEnd): TransportError {
  const last = said.findLast((line) => farewell.test(line));
  const reason =
    signal === null
      ? `the ssh process ended${last === undefined ? "" : `: ${oneLine(last)}`}`
      : `the ssh process was ended by ${signal}`;
  return new TransportError("connection-lost", reason, { temporary: true });
}

/** What ssh itself says of a lost connection; whatever else is on stderr may be anybody's. */
const farewell =
  /^(?:Timeout, server |client_loop: |Connection to |Connection closed |Connection reset |Read from remote )/;

/** Why a process ended before it served. What ssh says has no codes: its words are looked for, the most telling first. */
export function openSshError(end: OpenSshEnd): TransportError {
  if (end.signal !== null) return failed(`the ssh process was ended by ${end.signal}`, { temporary: true });
  const text = end.said.join("\n");
  for (const [words, explain] of meanings) {
    const match = words.exec(text);
    const error = match === null ? undefined : explain(match, end, text);
    if (error !== undefined) return error;
  }
  const last = end.said.at(-1);
  return failed(last === undefined ? `ssh ended with status ${end.status}` : `ssh says: ${oneLine(last)}`);
}

type Explain = (match: RegExpExecArray, end: OpenSshEnd, text: string) => TransportError | undefined;

const meanings: readonly (readonly [words: RegExp, explain: Explain])[] = [
  [/^Host key verification failed/m, hostKeyRefused],
  [/^(?:(\S+): )?Permission denied \(([^)\n]*)\)/m, loginRefused],
  [/Too many authentication failures/, tooManyKeys],
  [/^ssh: Could not resolve hostname (\S+?): (.*)$/m, unresolved],
  [/^ssh: connect to host (\S+) port (\d+): (.*)$/m, unreachable],
  [/Unable to negotiate with [^\n]*?: (.*)$/m, noCommonAlgorithm],
  [/^channel \d+: open failed: (.*)$/m, channelRefused],
  [/subsystem request failed/, () => subsystemError(new Error("subsystem request failed"), "sftp")],
  [/^(?:Connection timed out during banner exchange|Connection to \S+ port \d+ timed out)/m, silent],
  [
    /banner line contains invalid characters|Bad remote protocol version|banner line too long|no SSH identification/,
    noSsh,
  ],
  [/Connection (?:closed|reset) by |kex_exchange_identification|ssh_exchange_identification/, dropped],
  [/^Can't open user config file (.*)$/m, ([, file]) => refusedConfig("invalid-path", `cannot read ${file}`)],
  [/^Bad owner or permissions on (.*)$/m, ([, file]) => refusedConfig("permission-denied", `ssh refuses ${file}`)],
  [/^.*(?:Bad configuration option|terminating, \d+ bad|unsupported option|illegal option).*$/m, badOption],
];

function hostKeyRefused(_match: RegExpExecArray, { host, hostKey, said }: OpenSshEnd, text: string): TransportError {
  // A jump host's key is shown to a process of its own, of which only this is heard.
  const key = hostKey === undefined ? "a key" : `the ${hostKey.keyType} key ${hostKey.fingerprint}`;
  const who = hostKey === undefined ? `${host}, or a host on the way there,` : host;
  const [, file, line] = /^\s*Offending \S+ key in (.+):(\d+)$/m.exec(text) ?? [];
  const record = file === undefined ? "a known_hosts file" : `${file} line ${line}`;
  if (/REVOKED HOST KEY|revoked/.test(text)) {
    return refusal("host-key-changed", `${who} showed ${key}, which ${record} marks as revoked`, {
      hint: "Whoever answers may have stolen the key. Do not connect before the server has a new one",
    });
  }
  if (text.includes("REMOTE HOST IDENTIFICATION HAS CHANGED")) {
    return refusal("host-key-changed", `${who} showed ${key}, but ${record} has another key on record`, {
      hint: "Somebody may be listening in between, or the server has a new key. If you know that it has, remove that line",
    });
  }
  return refusal("host-key-unknown", `${who} showed ${key}, which is on no record`, {
    hint: 'Compare the fingerprint with one from a source you trust; then have it recorded with ssh: { unknownHostKey: "accept-and-record" }, or by ssh',
    cause: new Error(oneLine(said.at(-1) ?? "")),
  });
}

function loginRefused([, who, methods]: RegExpExecArray, { host }: OpenSshEnd, text: string): TransportError {
  const [, missing] = /^no such identity: (.*): No such file or directory$/m.exec(text) ?? [];
  const [unusable] = /^Load key "?.*$/m.exec(text) ?? [];
  const detail = missing === undefined ? unusable : `there is no key file ${missing}`;
  return refusal(
    "authentication-failed",
    `${who ?? host} is refused; the server takes ${methods}${detail === undefined ? "" : `; ${oneLine(detail)}`}`,
    {
      hint: "ssh was to ask nobody: name a key with ssh: { identityFile: … }, unlock it with ssh-add, or see that `ssh -o BatchMode=yes` logs in",
    },
  );
}

function tooManyKeys(): TransportError {
  return refusal("authentication-failed", "the server gave up after too many attempts to log in", {
    hint: "Name the one key to use with ssh: { identityFile: … }",
  });
}

function unresolved([, name, why = ""]: RegExpExecArray): TransportError {
  const temporary = /temporary/i.test(why);
  return failed(`no address is known for the host ${name}: ${oneLine(why)}`, {
    temporary,
    hint: temporary ? "Check the network, and the machine's name servers" : "Check the host's name",
  });
}

function unreachable([, host, port, why = ""]: RegExpExecArray): TransportError {
  const reason = `cannot connect to ${host} port ${port}: ${oneLine(why)}`;
  if (/timed out/i.test(why)) return new TransportError("timeout", reason, { temporary: true });
  const refused = /refused/i.test(why);
  return failed(reason, { temporary: true, ...(refused && { hint: "Check the port, and that an SSH server runs" }) });
}

function noCommonAlgorithm([, why = ""]: RegExpExecArray): TransportError {
  return new TransportError("unsupported", `ssh and the server have no algorithm in common: ${oneLine(why)}`, {
    hint: "Update the server, or allow the algorithm in ssh_config",
  });
}

function channelRefused([, why = ""]: RegExpExecArray, { host, ident }: OpenSshEnd): TransportError {
  // Before the server has spoken it is a jump host that could not open a way to it.
  if (ident === undefined)
    return failed(`the jump host cannot connect to ${host}: ${oneLine(why)}`, { temporary: true });
  return new TransportError("too-many-connections", `the server refuses a further session: ${oneLine(why)}`, {
    temporary: true,
  });
}

function silent([words]: RegExpExecArray): TransportError {
  return new TransportError("timeout", oneLine(words), { temporary: true });
}

function noSsh([words]: RegExpExecArray): TransportError {
  return new TransportError("protocol-error", `what answers is no SSH server: ${oneLine(words)}`, {
    hint: "Check the port",
  });
}

function dropped(_match: RegExpExecArray, { phase, ident, said }: OpenSshEnd): TransportError {
  if (phase === "proxy") {
    const first = said[0] ?? "";
    return failed(`the way to the server was closed: ${oneLine(first)}`, {
      temporary: true,
      hint: "Check the jump host, or the ProxyCommand of ssh_config",
    });
  }
  if (ident === undefined) return droppedError("", { cause: undefined });
  const during = phase === "handshake" ? "during the key exchange" : "while logging in";
  return failed(`the server closed the connection ${during}`, { temporary: true });
}

function refusedConfig(code: ErrorCode, reason: string): TransportError {
  return new TransportError(code, reason, {
    hint: "Change that file, or name another one with ssh: { config: … }",
  });
}

function badOption([words]: RegExpExecArray): TransportError {
  return new TransportError("unsupported", `ssh refuses its configuration: ${oneLine(words)}`, {
    hint: "Change ssh_config, or install a later release of OpenSSH's client",
  });
}

function refusal(code: ErrorCode, reason: string, details: TransportErrorDetails): TransportError {
  return new TransportError(code, reason, details);
}

function failed(reason: string, details: TransportErrorDetails = {}): TransportError {
  return new TransportError("connection-failed", reason, details);
}
