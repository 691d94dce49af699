import { TransportError } from "../../errors/transport-error.ts";
import type { ConfirmHostKey, HostKeyAnswer, SshOptions } from "../../transport/ssh-options.ts";
import type { AskUnhurried } from "../../transport/ask-unhurried.ts";
import { oneLine } from "../../url/printable.ts";
import { appendKnownHost } from "./append-known-host.ts";
import type { Destination } from "./destination.ts";
import { urlOf } from "./destination.ts";
import { hostKeyError } from "./host-key-error.ts";
import { fingerprintOf, isFingerprint, keyTypeOf, orderHostKeyAlgorithms } from "./host-key.ts";
import type { HostIdentity } from "./known-hosts.ts";
import { defaultKnownHostsFiles, readKnownHosts } from "./known-hosts.ts";
import type { StrictHostKeyChecking } from "./ssh-config.ts";
import { isGiven, listOf } from "./given-option.ts";

const nothingToDo = (): void => undefined;

/** Whom a connection trusts to be its server. */
export class HostKeyPolicy {
  readonly #identity: HostIdentity;
  readonly #url: string;
  readonly #pins: readonly string[] | undefined;
  readonly #userFiles: readonly string[];
  readonly #globalFiles: readonly string[];
  readonly #unknown: HostKeyAnswer | ConfirmHostKey;
  readonly #hashed: boolean;
  /** The key that a callback accepted: it is not asked again when the connection heals. */
  #accepted: Buffer | undefined;

  constructor(destination: Destination, options: SshOptions) {
    const { host, port, config } = destination;
    const defaults = defaultKnownHostsFiles();
    const alias = options.hostKeyAlias === undefined ? config.hostKeyAlias : (options.hostKeyAlias ?? undefined);
    this.#identity = { host, port, alias };
    this.#url = urlOf(destination);
    this.#pins = isGiven(options.hostKeyFingerprints) ? listOf(options.hostKeyFingerprints) : undefined;
    const given = options.knownHosts;
    this.#userFiles = given === undefined ? (config.userKnownHostsFiles ?? defaults.user) : listOf(given);
    this.#globalFiles = given === undefined ? (config.globalKnownHostsFiles ?? defaults.global) : [];
    this.#unknown = options.unknownHostKey ?? answers[config.strictHostKeyChecking ?? "ask"];
    this.#hashed = config.hashKnownHosts ?? false;
  }

  /** The algorithms to offer, in order: those first that the record has a key for. */
  algorithms(supported: readonly string[]): readonly string[] {
    if (this.#pins !== undefined) return orderHostKeyAlgorithms([], supported);
    return orderHostKeyAlgorithms(this.#knownHosts().keyTypesFor(this.#identity), supported);
  }

  /** Rejects unless the key is trusted; resolves with what to do once the server has proved that it is its own. */
  async verify(key: Buffer, ask: AskUnhurried): Promise<() => void> {
    if (this.#pins !== undefined) return this.#verifyPinned(key, this.#pins);
    const verdict = this.#knownHosts().verify(this.#identity, key);
    if (verdict.kind === "known") return nothingToDo;
    const refusal = hostKeyError(verdict, { ...this.#identity, url: this.#url });
    if (verdict.kind !== "unknown") throw refusal;
    if (this.#accepted?.equals(key)) return nothingToDo;
    const { host, port } = this.#identity;
    const { keyType, fingerprint } = verdict;
    const unknown = this.#unknown;
    const answer =
      typeof unknown === "function"
        ? await ask((signal) => unknown({ host, port, keyType, fingerprint }, { signal }))
        : unknown;
    if (answer !== "accept" && answer !== "accept-and-record") throw refusal;
    return () => {
      this.#accepted = key;
      if (answer === "accept-and-record") this.#record(key);
    };
  }

  #verifyPinned(key: Buffer, pins: readonly string[]): () => void {
    const fingerprint = fingerprintOf(key);
    if (pins.some((pin) => pin.replace(/^SHA256:/, "").replace(/=+$/, "") === fingerprint.slice("SHA256:".length)))
      return nothingToDo;
    const shown = `${this.#identity.host} showed the ${keyTypeOf(key) ?? "unknown"} key ${fingerprint}`;
    const place = { operation: "connect", url: this.#url };
    const malformed = pins.find((pin) => !isFingerprint(pin));
    if (malformed !== undefined) {
      throw new TransportError(
        "host-key-unknown",
        `${shown}, and the pin "${oneLine(malformed)}" is no SHA256 fingerprint`,
        {
          ...place,
          hint: 'A fingerprint is "SHA256:" and 43 characters, as ssh-keygen -lf prints it for the file of the server\'s public key',
        },
      );
    }
    throw new TransportError("host-key-changed", `${shown}, and only ${pins.join(", ")} is accepted`, {
      ...place,
      hint: "Somebody may be listening in between, or the server has a new key: compare the fingerprint with one from a source you trust",
    });
  }

  #knownHosts(): ReturnType<typeof readKnownHosts> {
    return readKnownHosts([...this.#userFiles, ...this.#globalFiles]);
  }

  #record(key: Buffer): void {
    const [file] = this.#userFiles;
    if (file === undefined) {
      throw new TransportError("unsupported", "there is no known_hosts file to record the host key in", {
        operation: "connect",
        url: this.#url,
        hint: "Name one with ssh: { knownHosts: … }",
      });
    }
    appendKnownHost(file, this.#identity, key, { hashed: this.#hashed });
  }
}

/** StrictHostKeyChecking of ssh_config. `ask` wants a person, and without a callback there is none. */
const answers: Readonly<Record<StrictHostKeyChecking, HostKeyAnswer>> = {
  yes: "refuse",
  ask: "refuse",
  "accept-new": "accept-and-record",
  no: "accept-and-record",
};
