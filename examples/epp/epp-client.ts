import type { ConnectionPolicy, PoolFactory } from "samewire/extend";
import { SharedConnection, connectionPolicy } from "samewire/extend";

import type { RegistryAddress } from "./epp-connector.ts";
import { eppConnector } from "./epp-connector.ts";
import type { EppSession } from "./epp-session.ts";
import type { Element } from "./xml.ts";
import { escapeXml, find, findAll } from "./xml.ts";

export interface EppClientOptions extends RegistryAddress {
  /** Sessions at most. Default 1. */
  readonly connections?: number;
  /** Limits that are other than the defaults. */
  readonly limits?: Partial<ConnectionPolicy>;
  /** Another pool than samewire's own. */
  readonly createPool?: PoolFactory;
}

export interface Domain {
  readonly name: string;
  readonly registrant: string;
  readonly createdAt: Date;
}

/**
 * A client of a registry for domain names (RFC 5730, 5731, 5734). Sessions are opened when they are needed, shared by all that is asked at once, replaced when the registry closes
 * them, and closed when nobody needs them: nothing of that is here.
 */
export class EppClient implements AsyncDisposable {
  readonly #connection: SharedConnection<EppSession>;

  constructor({ connections = 1, limits = {}, createPool, ...address }: EppClientOptions) {
    const connector = eppConnector(address);
    this.#connection = new SharedConnection({
      connector,
      key: { endpoint: connector.label, identity: new Map() },
      policy: connectionPolicy({ ...limits, connections }),
      ...(createPool === undefined ? {} : { createPool }),
    });
  }

  /** Whether names can be registered. */
  async check(...names: string[]): Promise<Map<string, boolean>> {
    const answer = await this.#ask("check", true, `<check>${domain("check", names.map(nameElement).join(""))}</check>`);
    return new Map(
      [...findAll(answer, "name")].map((element) => [element.text, element.attributes.get("avail") === "1"]),
    );
  }

  /** @throws TransportError `not-found` */
  async info(name: string): Promise<Domain> {
    const answer = await this.#ask("info", true, `<info>${domain("info", nameElement(name))}</info>`);
    const text = (element: string): string => find(answer, element)?.text ?? "";
    return { name: text("name"), registrant: text("registrant"), createdAt: new Date(text("crDate")) };
  }

  /**
   * Registers a name. It is not sent twice: where the session is lost before the answer came it rejects with the effect `unknown`, and `info` tells.
   *
   * @throws TransportError `already-exists`
   */
  async create(name: string): Promise<void> {
    await this.#ask("create", false, `<create>${domain("create", nameElement(name))}</create>`);
  }

  /** Sessions opened, commands done, bytes. */
  report(): ReturnType<SharedConnection<EppSession>["report"]> {
    return this.#connection.report();
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask(operation: string, repeatable: boolean, xml: string): Promise<Element> {
    return await this.#connection.use({ operation, repeatable }, (session) => session.command(xml));
  }
}

function domain(command: string, xml: string): string {
  return `<domain:${command} xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">${xml}</domain:${command}>`;
}

function nameElement(name: string): string {
  return `<domain:name>${escapeXml(name)}</domain:name>`;
}
