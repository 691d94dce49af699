import { randomUUID } from "node:crypto";

import type { PolicyOptions } from "../../src/connection/policy.ts";
import { connectionPolicy } from "../../src/connection/policy.ts";
import { SharedConnection } from "../../src/connection/shared-connection.ts";
import type { WireLimit } from "../../src/connection/wire-limit.ts";
import type { EchoServer, EchoWire } from "../connection/echo-wire.ts";
import { echoConnector, startEchoServer } from "../connection/echo-wire.ts";

/** A server, and whoever connects to it, each by wires that carry one operation at a time. */
export class EchoSite implements AsyncDisposable {
  readonly server: EchoServer;
  /** No other site is called that, now or in another test. */
  readonly name: string = randomUUID();
  readonly #connections: SharedConnection<EchoWire>[] = [];

  constructor(server: EchoServer) {
    this.server = server;
  }

  /** One more who connects. */
  user(wireLimit: WireLimit, policy: PolicyOptions = {}, endpoint: string = ""): EchoUser {
    const connection = new SharedConnection<EchoWire>({
      key: { endpoint: `${this.name}/${endpoint}`, identity: new Map() },
      connector: echoConnector(this.server, 1),
      policy: connectionPolicy({ keepaliveIntervalMs: 0, ...policy, wireLimit }),
    });
    this.#connections.push(connection);
    return new EchoUser(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.server.close();
  }
}

export async function startEchoSite(): Promise<EchoSite> {
  return new EchoSite(await startEchoServer());
}

export class EchoUser {
  readonly connection: SharedConnection<EchoWire>;
  #loops: Promise<void>[] = [];
  #isBusy = false;
  failures: unknown[] = [];

  constructor(connection: SharedConnection<EchoWire>) {
    this.connection = connection;
  }

  say(line: string, signal?: AbortSignal): Promise<string> {
    return this.connection.use({ operation: "say", repeatable: true, signal }, (wire) => wire.say(line));
  }

  /** Says something all the time, in so many places at once, until it is told to rest, or fails. */
  work(places: number): void {
    this.#isBusy = true;
    this.#loops = Array.from({ length: places }, async () => {
      try {
        while (this.#isBusy) await this.say("busy");
      } catch (error) {
        this.failures.push(error);
      }
    });
  }

  async rest(): Promise<void> {
    this.#isBusy = false;
    await Promise.all(this.#loops);
  }
}
