import type { LookupFunction } from "node:net";

import type { Connector, OpenContext, WireTraffic } from "../../connection/connector.ts";
import type { FtpServerFacts, FtpWire } from "../../drivers/basic-ftp.ts";
import { isRefusal, noFacts, openFtp } from "../../drivers/basic-ftp.ts";
import { TransportError, isTransportError } from "../../errors/transport-error.ts";
import { Answers, maxAttempts } from "../../transport/answers.ts";
import type { ConnectionRequest } from "../../transport/connection-request.ts";
import { askOf } from "../../transport/option-values.ts";
import { proxySettings } from "../../transport/proxy-options.ts";
import type { FtpDestination } from "./ftp-destination.ts";
import { anonymous, destinationOf, urlOf } from "./ftp-destination.ts";

/** What anonymous users give for a password: RFC 1635 asks for an address, and nobody checks it. */
const anonymousPassword = "anonymous@";

/** Opens FTP sessions for one connection key, and keeps what they have in common: what was answered, what the server knows. */
export class FtpConnector implements Connector<FtpWire> {
  readonly label: string;
  readonly leasesPerWire: number = 1;
  readonly #request: ConnectionRequest;
  readonly #destination: FtpDestination;
  readonly #facts: FtpServerFacts = noFacts();
  readonly #answers: Answers;

  constructor(request: ConnectionRequest) {
    this.#request = request;
    this.#destination = destinationOf(request);
    this.label = urlOf(this.#destination);
    this.#answers = new Answers(askOf(request.options));
  }

  async open(context: OpenContext): Promise<FtpWire> {
    const { user, host, port, security, tls } = this.#destination;
    const { options } = this.#request;
    const account = options.ftp?.account ?? undefined;
    refuseLineBreaks({ user, password: this.#given, account });
    const ended = new AbortController();
    const signal = AbortSignal.any([context.signal, ended.signal]);
    try {
      return await openFtp(
        {
          user,
          host,
          port,
          account,
          proxy: proxySettings(options),
          localAddress: options.localAddress ?? undefined,
          family: options.family ?? undefined,
          lookup: (options.lookup ?? undefined) as LookupFunction | undefined,
          encoding: options.ftp?.encoding ?? "utf8",
          tls: security === "none" ? undefined : { ...tls, host, how: security },
          facts: this.#facts,
          password: (attempt) => this.#password(attempt, context, signal),
          hasOther: (attempts) => this.#given === undefined && this.#answers.askable && attempts < maxAttempts,
        },
        context,
      );
    } catch (error) {
      if (isTransportError(error, "authentication-failed")) this.#answers.clear();
      throw error;
    } finally {
      ended.abort();
    }
  }

  async check(wire: FtpWire): Promise<void> {
    try {
      await wire.request("NOOP", [200, 250]);
    } catch (error) {
      // A server that does not know it is there all the same.
      if (!isRefusal(error)) throw error;
    }
  }

  async close(wire: FtpWire): Promise<void> {
    await wire.end();
  }

  destroy(wire: FtpWire, reason: TransportError): void {
    wire.destroy(reason);
  }

  hold(wire: FtpWire, held: boolean): void {
    wire.hold(held);
  }

  traffic(wire: FtpWire): WireTraffic {
    return wire.traffic();
  }

  /** The password that need not be asked for. */
  get #given(): string | undefined {
    const { location, options } = this.#request;
    const given = location.password ?? options.password;
    if (typeof given === "string") return given;
    return this.#destination.user === anonymous ? anonymousPassword : undefined;
  }

  async #password(attempt: number, context: OpenContext, signal: AbortSignal): Promise<string | undefined> {
    if (this.#given !== undefined) return attempt === 1 ? this.#given : undefined;
    if (this.#request.options.password === null) return undefined;
    const { user, host } = this.#destination;
    const question = { kind: "password", url: this.label, user, host } as const;
    const answers = await this.#answers.to(question, attempt, (ask) =>
      context.pauseClock(async () => await ask(signal)),
    );
    const [answer] = answers ?? [];
    refuseLineBreaks({ password: answer });
    return answer;
  }
}

/** A line break in what is sent would make two commands of one: refused before anything is. */
function refuseLineBreaks(texts: Readonly<Record<string, string | undefined>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (text === undefined || !/[\r\n\0]/.test(text)) continue;
    throw new TransportError(
      "invalid-url",
      `the ${name} holds a line break or NUL, which cannot be sent to an FTP server`,
      {
        hint: "Was it read from a file with a line end?",
      },
    );
  }
}
