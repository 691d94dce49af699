import { resolve } from "node:path";

import { TransportError } from "../errors/transport-error.ts";
import type { OpenSshTarget } from "./openssh-target.ts";

/** What is settled for every process, whatever ssh_config says: the process is one wire, it asks nobody, and it does nothing but carry SFTP. */
const always: readonly string[] = [
  // Nobody sits at its terminal: what would be asked there is an error.
  "BatchMode=yes",
  // A connection of its own: one that somebody else logged in with is not ours to count, nor to trust.
  "ControlMaster=no",
  "ControlPath=none",
  // Nothing is written without being asked for.
  "UpdateHostKeys=no",
  "ClearAllForwardings=yes",
  "ForwardAgent=no",
  "ForwardX11=no",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "RequestTTY=no",
  // How far it has come, on stderr. Not -v, which would have jump hosts say so as well.
  "LogLevel=DEBUG1",
];

/** Reads as empty, and keeps nothing. */
const noFile = "/dev/null";

/**
 * The arguments of `ssh` for a target: each is one argument of the process, and no shell sees them.
 *
 * @throws TransportError `unsupported` for what cannot be said to ssh without being taken for something else
 */
export function openSshArguments(target: OpenSshTarget): string[] {
  const { host, port, user, configFile } = target;
  for (const name of [host, user ?? "", ...(target.jumpHosts ?? [])]) refuseOption(name);
  return [
    ...(configFile === undefined ? [] : ["-F", configFile === null ? "none" : resolve(configFile)]),
    ...[...always, ...optionsFor(target)].map((option) => `-o${option}`),
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "-s",
    "--",
    host,
    "sftp",
  ];
}

function* optionsFor(target: OpenSshTarget): Generator<string> {
  const { identityFiles, agent, hostKeyAlias, jumpHosts, ciphers, localAddress, family, connectTimeoutMs } = target;
  if (identityFiles?.length === 0) yield "IdentityFile=none";
  else if (identityFiles !== undefined) yield "IdentitiesOnly=yes";
  for (const file of identityFiles ?? []) yield `IdentityFile=${expanded(resolve(file))}`;
  if (agent !== undefined) yield `IdentityAgent=${agent === null ? "none" : expanded(resolve(agent))}`;
  yield* hostKeyOptions(target);
  if (hostKeyAlias !== undefined) yield `HostKeyAlias=${quoted(hostKeyAlias)}`;
  if (jumpHosts !== undefined) yield `ProxyJump=${jumpHosts.length === 0 ? "none" : jumpHosts.join(",")}`;
  if (ciphers !== undefined) yield `Ciphers=${quoted(ciphers.join(","))}`;
  if (localAddress !== undefined) yield `BindAddress=${quoted(localAddress)}`;
  if (family !== undefined) yield `AddressFamily=${family === null ? "any" : family === 4 ? "inet" : "inet6"}`;
  if (connectTimeoutMs !== undefined) yield `ConnectTimeout=${Math.ceil(connectTimeoutMs / 1000)}`;
}

function* hostKeyOptions({ knownHostsFiles, unknownHostKey }: OpenSshTarget): Generator<string> {
  if (unknownHostKey !== undefined) yield `StrictHostKeyChecking=${unknownHostKey === "refuse" ? "yes" : "accept-new"}`;
  if (knownHostsFiles === undefined) return;
  const files = knownHostsFiles.map((file) => expanded(resolve(file)));
  // What ssh records goes to the first file.
  const records = unknownHostKey !== "accept" && files.length > 0;
  yield `UserKnownHostsFile=${(records ? files : [noFile, ...files]).join(" ")}`;
  yield `GlobalKnownHostsFile=${noFile}`;
}

/** A file name in a place where ssh expands `%h` and `${NAME}`. */
function expanded(file: string): string {
  if (file.includes("${")) refuse(file);
  return quoted(file.replaceAll("%", "%%"));
}

/** One word, whatever it holds. Releases of OpenSSH differ on a quote in quotes, and on a backslash there. */
function quoted(word: string): string {
  if (/["\\\p{Cc}]/u.test(word)) refuse(word);
  return `"${word}"`;
}

/** Locations are refused such names already, and ssh is told where its options end. */
function refuseOption(name: string): void {
  if (name.startsWith("-")) refuse(name);
}

function refuse(word: string): never {
  throw new TransportError("unsupported", `OpenSSH's client cannot be told of ${JSON.stringify(word)}`, {
    hint: 'Give it another name, or leave out ssh: { client: "openssh" }',
  });
}
