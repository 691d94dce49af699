import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { createServer } from "node:tls";

import type { TlsIdentity } from "samewire/testing";

import { FrameReader, frameOf } from "./frames.ts";
import type { Element } from "./xml.ts";
import { escapeXml, find, findAll, parseXml } from "./xml.ts";

export interface RegistryOptions {
  readonly identity: TlsIdentity;
  readonly users: Readonly<Record<string, string>>;
  /** Sessions that are logged in at a time; the next login is refused. Default: any number. */
  readonly maxSessions?: number;
  /** Called before a command is carried out: `lose` closes the session without an answer, after it was carried out. */
  readonly onCommand?: (name: string) => "answer" | "lose" | "ignore";
}

interface Session {
  user: string | undefined;
}

/** A registry for domain names, as much of one as a client can tell: RFC 5730's sessions and results, RFC 5734's frames over TLS. Counts what it sees. */
export class RegistryServer implements AsyncDisposable {
  readonly port: number;
  readonly domains: Map<string, { readonly registrant: string; readonly createdAt: Date }> = new Map();
  /** TLS handshakes, logins that were accepted, commands that were carried out, by name. */
  readonly counts: { handshakes: number; logins: number; refusedLogins: number; commands: Map<string, number> } = {
    ...{ handshakes: 0, logins: 0, refusedLogins: 0 },
    commands: new Map(),
  };
  /** The most that were logged in at once. */
  mostSessions = 0;
  readonly #server: Server;
  readonly #options: RegistryOptions;
  readonly #sessions = new Map<TLSSocket, Session>();

  constructor(server: Server, options: RegistryOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    server.on("secureConnection", (socket) => this.#accept(socket));
  }

  /** Sessions that are logged in now. */
  get sessions(): number {
    return [...this.#sessions.values()].filter(({ user }) => user !== undefined).length;
  }

  /** Closes every session, as registries do with those that nobody uses. */
  closeSessions(): void {
    for (const socket of this.#sessions.keys()) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sessions.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(socket: TLSSocket): void {
    this.counts.handshakes++;
    const session: Session = { user: undefined };
    this.#sessions.set(socket, session);
    socket.on("close", () => this.#sessions.delete(socket)).on("error", () => socket.destroy());
    const frames = new FrameReader();
    send(socket, greeting);
    socket.on("data", (chunk: Buffer) => {
      try {
        for (const xml of frames.push(chunk)) this.#take(socket, session, parseXml(xml));
      } catch {
        socket.destroy(); // It speaks no EPP.
      }
    });
  }

  #take(socket: TLSSocket, session: Session, document: Element): void {
    if (find(document, "hello") !== undefined) return send(socket, greeting);
    const command = find(document, "command");
    const [verb] = command?.children ?? [];
    const id = find(document, "clTRID")?.text ?? "";
    if (verb === undefined) return send(socket, result(2001, "Command syntax error", id));
    const reaction = this.#options.onCommand?.(verb.name) ?? "answer";
    if (reaction === "ignore") return;
    const answer = this.#carryOut(session, verb, id);
    this.counts.commands.set(verb.name, (this.counts.commands.get(verb.name) ?? 0) + 1);
    if (reaction === "lose") return void socket.destroy();
    send(socket, answer);
    if (verb.name === "logout" || /code="25\d\d"/.test(answer)) socket.end();
  }

  #carryOut(session: Session, verb: Element, id: string): string {
    if (verb.name === "login") return this.#login(session, verb, id);
    if (session.user === undefined) return result(2002, "Command use error: login first", id);
    if (verb.name === "logout") return result(1500, "Command completed successfully; ending session", id);
    const names = [...findAll(verb, "name")].map(({ text }) => text);
    if (names.some((name) => !/^[a-z\d-]+(\.[a-z\d-]+)+$/i.test(name)))
      return result(2005, `Parameter value syntax error: ${names.join()}`, id);
    if (verb.name === "check") return result(1000, "Command completed successfully", id, this.#checked(names));
    const [name = ""] = names;
    const found = this.domains.get(name);
    if (verb.name === "info") {
      if (found === undefined) return result(2303, "Object does not exist", id);
      const { registrant, createdAt } = found;
      return result(
        ...([1000, "Command completed successfully", id] as const),
        `<infData><name>${escapeXml(name)}</name><registrant>${registrant}</registrant><crDate>${createdAt.toISOString()}</crDate></infData>`,
      );
    }
    if (verb.name !== "create") return result(2101, "Unimplemented command", id);
    if (found !== undefined) return result(2302, "Object exists", id);
    this.domains.set(name, { registrant: session.user, createdAt: new Date() });
    return result(1000, "Command completed successfully", id);
  }

  #login(session: Session, verb: Element, id: string): string {
    const [user = "", password] = [find(verb, "clID")?.text, find(verb, "pw")?.text];
    if (session.user !== undefined) return result(2002, "Command use error: logged in already", id);
    if (this.#options.users[user] !== password) {
      this.counts.refusedLogins++;
      return result(2200, "Authentication error", id);
    }
    if (this.sessions >= (this.#options.maxSessions ?? Infinity))
      return result(2502, "Session limit exceeded; server closing connection", id);
    session.user = user;
    this.counts.logins++;
    this.mostSessions = Math.max(this.mostSessions, this.sessions);
    return result(1000, "Command completed successfully", id);
  }

  #checked(names: readonly string[]): string {
    const checked = names.map(
      (name) => `<cd><name avail="${this.domains.has(name) ? 0 : 1}">${escapeXml(name)}</name></cd>`,
    );
    return `<chkData>${checked.join("")}</chkData>`;
  }
}

const greeting = "<greeting><svID>Example registry</svID><svDate>2026-01-01T00:00:00Z</svDate></greeting>";

function result(code: number, message: string, id: string, data = ""): string {
  const content = data === "" ? "" : `<resData>${data}</resData>`;
  return `<response><result code="${code}"><msg>${escapeXml(message)}</msg></result>${content}<trID><clTRID>${escapeXml(id)}</clTRID><svTRID>1</svTRID></trID></response>`;
}

function send(socket: TLSSocket, xml: string): void {
  socket.write(frameOf(`<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0">${xml}</epp>`));
}

/** Starts a registry on a free port of this machine. */
export async function startRegistry(options: RegistryOptions): Promise<RegistryServer> {
  const { cert, key } = options.identity;
  const server = createServer({ cert, key }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return new RegistryServer(server, options);
}
