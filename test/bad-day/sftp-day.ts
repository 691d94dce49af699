import { afterAll, afterEach, beforeEach, describe, expect } from "vitest";

import type { Transport, TransportOptions } from "../../src/index.ts";
import { TransportScope } from "../../src/index.ts";
import { hasProgram, titleNeeding } from "../servers/find-servers.ts";
import type { OpenSshServer } from "../servers/openssh.ts";
import { startOpenSsh } from "../servers/openssh.ts";
import type { BadDaySite } from "./sites.ts";
import { embeddedSite, openSshSite } from "./sites.ts";
import { Witness } from "./witness.ts";

/** Small limits: what ends by itself ends soon. */
export const hurried: TransportOptions = { connectTimeoutMs: 1_000, silenceTimeoutMs: 600, drainTimeoutMs: 200 };

/** The same bad day on the in-process server and, where there is one, on a real sshd. */
export function onSftpServers(title: string, badDay: (day: SftpDay) => void): void {
  describe(`${title} on the in-process server`, () => {
    badDay(new SftpDay(() => embeddedSite()));
  });

  describe.runIf(hasProgram("openssh-server"))(titleNeeding("openssh-server", `${title} on a real sshd`), () => {
    let server: Promise<OpenSshServer> | undefined;
    afterAll(async () => {
      await (await server)?.stop();
    });
    badDay(new SftpDay(async () => openSshSite(await (server ??= startOpenSsh()))));
  });
}

interface Today {
  readonly site: BadDaySite;
  readonly witness: Witness;
  scope: TransportScope;
}

/** A site for each test of the suite that it is made in, a scope, and a witness of all that is said. */
export class SftpDay {
  #today: Today | undefined;

  constructor(openSite: () => Promise<BadDaySite>) {
    beforeEach(async () => {
      const site = await openSite();
      this.#today = { site, witness: new Witness(site.secrets), scope: new TransportScope() };
    });
    afterEach(async () => {
      const { site, witness, scope } = this.#now;
      site.tap.stall(false); // Who is stalled is not told of an end.
      witness.hear(scope.report());
      await scope.close();
      witness.hear(scope.report());
      await expect.poll(() => site.tap.open, { message: "connections that remain" }).toBe(0);
      await site.close();
      await witness.swear();
    });
  }

  get site(): BadDaySite {
    return this.#now.site;
  }

  get witness(): Witness {
    return this.#now.witness;
  }

  get scope(): TransportScope {
    return this.#now.scope;
  }

  /** Closes the scope, and goes on with another one. */
  async closeScope(): Promise<void> {
    const { witness, scope } = this.#now;
    await scope.close();
    witness.hear(scope.report());
    this.#now.scope = new TransportScope();
  }

  /** A transport of the site, through the scope, that says whatever it has to say to the witness. */
  transportWith({ ssh, ...options }: TransportOptions = {}): Transport {
    const { url, options: usual } = this.site;
    return this.scope.getTransport(url, { ...this.trusted(), ...options, ssh: { ...usual.ssh, ...ssh } });
  }

  trusted(): TransportOptions {
    return { logger: this.witness.logger, ...this.site.options };
  }

  async works(transport: Transport): Promise<void> {
    await transport.put("after", "the fault is gone");
    expect(await this.site.reread("after")).toBe("the fault is gone");
    expect(String(await transport.getBytes("after"))).toBe("the fault is gone");
  }

  get #now(): Today {
    if (this.#today === undefined) throw new Error("no test has begun");
    return this.#today;
  }
}
