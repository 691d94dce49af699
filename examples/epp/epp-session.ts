import type { TLSSocket } from "node:tls";

import { TransportError } from "samewire";
import { toTransportError } from "samewire/extend";

import { eppError } from "./epp-error.ts";
import { FrameReader, frameOf } from "./frames.ts";
import type { Element } from "./xml.ts";
import { escapeXml, find, parseXml } from "./xml.ts";

interface Pending {
  readonly resolve: (document: Element) => void;
  readonly reject: (reason: TransportError) => void;
}

export interface EppLogin {
  readonly user: string;
  readonly password: string;
}

/** A session with a registry, the wire of this protocol: one command at a time, each with one answer. */
export class EppSession {
  readonly socket: TLSSocket;
  readonly #frames = new FrameReader();
  readonly #pending: Pending[] = [];
  readonly #lost: (reason: TransportError, idle: boolean) => void;
  #ended: TransportError | undefined;
  #commands = 0;

  /** Takes over a secured socket; `lost` is told once why it is of no use any more, and whether nothing was awaited. */
  constructor(socket: TLSSocket, lost: (reason: TransportError, idle: boolean) => void) {
    this.socket = socket;
    this.#lost = lost;
    socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    socket.on("error", (cause) => this.end(closed("the connection broke", cause)));
    socket.on("close", () => this.end(closed("the registry closed the session")));
  }

  /** The greeting that a registry begins with. */
  async greeting(): Promise<void> {
    const document = await this.#next();
    if (find(document, "svID") === undefined)
      throw new TransportError("protocol-error", "what answers is no registry: it does not greet");
  }

  async login({ user, password }: EppLogin): Promise<void> {
    await this.command(
      `<login><clID>${escapeXml(user)}</clID><pw>${escapeXml(password)}</pw><options><version>1.0</version><lang>en</lang></options>` +
        "<svcs><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcs></login>",
    );
  }

  /** Sends a command and resolves with the answer. Rejects with the registry's refusal. */
  async command(xml: string): Promise<Element> {
    const id = `samewire-${++this.#commands}`;
    const answer = await this.#ask(`<command>${xml}<clTRID>${id}</clTRID></command>`);
    const result = find(answer, "result");
    const code = Number(result?.attributes.get("code"));
    if (result === undefined || !Number.isInteger(code))
      throw new TransportError("protocol-error", "the registry's answer has no result");
    if (code >= 2000) throw eppError(code, find(result, "msg")?.text ?? "");
    if (find(answer, "clTRID")?.text !== id)
      throw new TransportError("protocol-error", "the registry answered another command");
    return answer;
  }

  /** A sign of life: asks for the greeting again. */
  async hello(): Promise<void> {
    await this.#ask("<hello/>");
  }

  /** Ends it: what is pending rejects. */
  end(reason: TransportError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.socket.destroy();
    const pending = this.#pending.splice(0);
    for (const { reject } of pending) reject(reason);
    this.#lost(reason, pending.length === 0);
  }

  async #ask(xml: string): Promise<Element> {
    const answer = this.#next();
    if (this.#ended === undefined)
      this.socket.write(
        frameOf(`<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${xml}</epp>`),
      );
    return await answer;
  }

  #next(): Promise<Element> {
    return new Promise((resolve, reject) => {
      if (this.#ended === undefined) this.#pending.push({ resolve, reject });
      else reject(this.#ended);
    });
  }

  #hear(chunk: Buffer): void {
    try {
      for (const xml of this.#frames.push(chunk)) {
        const pending = this.#pending.shift();
        if (pending === undefined)
          throw new TransportError("protocol-error", "the registry speaks without being asked");
        pending.resolve(parseXml(xml));
      }
    } catch (error) {
      this.end(toTransportError(error));
    }
  }
}

function closed(reason: string, cause?: unknown): TransportError {
  return new TransportError("connection-lost", reason, { temporary: true, cause });
}
